"""Bodies that are a Python function in a child process."""

from __future__ import annotations

from surefoot.core.bodies.body import Body
from surefoot.core.record import record


@record
class CallBody(Body):
    """A Python function run by Surefoot's own interpreter in a child process, confined like a command."""

    kind = "call"
    lead = "calls: "
    starts_program = True
    takes_outputs = True
    has_outputs = True

    function: str
    """`package.module:function`, imported from the plan's folder or installed packages."""

    @property
    def text(self) -> str:
        """The function's name."""
        return self.function

    @property
    def calls(self) -> str:
        """The function's name."""
        return self.function
