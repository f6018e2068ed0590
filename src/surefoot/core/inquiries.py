"""What is known of a search for the step after which a check fails: the question, and the answers so far."""

from __future__ import annotations

from dataclasses import field

from surefoot.core.event_words import Verdict
from surefoot.core.events import BlameEnded, BlameRequested
from surefoot.core.ids import BlobId, StepId
from surefoot.core.record import record


@record
class InquiryAnswer:
    """What a check said of one commit."""

    commit: str
    tree: str
    verdict: Verdict
    text: str = ""
    evidence: BlobId | None = None
    results: BlobId | None = None
    changed_files: tuple[str, ...] = ()
    is_asking: bool = True
    """Whether the check was asked for it; else its answer was known, or it cannot be asked there."""


@record(frozen=False, kw_only=False)
class BlameState:
    """A search for the step after which a check fails."""

    asked: BlameRequested
    answers: list[InquiryAnswer] = field(default_factory=list[InquiryAnswer])
    """In the order in which they came."""
    ended: BlameEnded | None = None
    lane_at: str | None = None
    """The commit that the lane was made anew for, and that was not asked about since."""
    is_stopped: bool = False
    """Whether nothing more is asked until an engine goes on with it."""

    @property
    def askings(self) -> int:
        """Count how often the check was asked."""
        return sum(one.is_asking for one in self.answers)


def blame_key(asked: BlameRequested) -> str:
    """Name the question of a search: equal questions share their answers."""
    return "\n".join((asked.check.digest, asked.check.expect, asked.step or "", asked.since or ""))


@record(kw_only=False)
class Stop:
    """A commit of the run at which a check can be asked."""

    step: StepId | None
    """The step that left it; None: the base."""
    commit: str
    tree: str
