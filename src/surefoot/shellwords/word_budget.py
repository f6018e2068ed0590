"""The budget for reading one command, in steps.

Nested quotes, expansions and wrappers can make a short text stand for more than any machine could read; beyond the
budget the command is unclear.
"""

from __future__ import annotations

from surefoot.core.record import record
from surefoot.shellwords.syntax import Unreadable

STEPS_MAX = 2_000_000
"""So many steps one command may take. A script of 100,000 characters in a here-document takes a tenth of them."""


@record(frozen=False, kw_only=False)
class Budget:
    """What is left of the steps. A step is one character read, or one thing looked at."""

    steps: int = STEPS_MAX
    """So many may still be taken."""

    @property
    def is_spent(self) -> bool:
        """Whether more was asked for than there was."""
        return self.steps < 0

    def spend(self, steps: int) -> None:
        """Take so many steps.

        Raises:
            Unreadable: there are not so many left.
        """
        self.steps -= steps
        if self.steps < 0:
            raise Unreadable("it stands for too much to look at")
