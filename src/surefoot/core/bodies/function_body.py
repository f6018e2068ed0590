"""Bodies that are a function of the calling program."""

from __future__ import annotations

from surefoot.core.bodies.body import Body
from surefoot.core.record import record


@record
class FunctionBody(Body):
    """An async function of the calling program, run in the engine's own process; only plans made in Python have it."""

    kind = "function"
    lead = "calls: "
    in_program = True
    takes_outputs = True
    has_outputs = True

    name: str
    """The function's qualified name, for reports. The function itself is handed to the engine by step id."""

    @property
    def text(self) -> str:
        """The function's name."""
        return self.name
