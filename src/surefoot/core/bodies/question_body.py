"""Bodies that are a question to a person."""

from __future__ import annotations

from surefoot.core.bodies.body import Body
from surefoot.core.record import record


@record
class AskBody(Body):
    """A question to a person; the answer `no` fails the step."""

    kind = "ask"
    lead = "asks: "
    acts = False

    question: str
    """The text a person sees."""
    options: tuple[str, ...] = ()
    """The answers allowed; empty: any text."""
    default: str | None = None
    """What an empty answer means."""
    show: tuple[str, ...] = ()
    """Globs of the files that are shown beside the question."""

    @property
    def text(self) -> str:
        """The question."""
        return self.question

    @property
    def shown_files(self) -> tuple[str, ...]:
        """What the question is about."""
        return self.show
