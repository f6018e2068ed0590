"""Bodies that do nothing: the checks of the step are all that is asked."""

from __future__ import annotations

from surefoot.core.bodies.body import Body
from surefoot.core.record import record


@record
class VerifyBody(Body):
    """Nothing: what other steps have made is verified."""

    kind = "verify"
    changes = False

    @property
    def text(self) -> str:
        """What stands where other bodies have a command."""
        return "nothing but its checks"
