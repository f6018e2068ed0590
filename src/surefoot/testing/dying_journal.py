"""A journal that fails after a number of commits: a killed program, simulated."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.errors import ClaimLost, JournalConflict, JournalError
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Appended, Batch


class DyingJournal(SqliteJournal):
    """Takes so many commits and nothing after that, as if the program had been killed."""

    left: int | None = None
    """How many commits it takes before the fatal one; None: it never dies."""
    is_written = False
    """Whether the fatal commit reaches the disk: nobody is told of it in either case."""
    taken = 0

    def append(self, batches: Sequence[Batch]) -> list[Appended | JournalConflict | ClaimLost]:
        """Append while the program lives.

        Raises:
            JournalError: the program is dead.
        """
        if self.left is None or self.left > 0:
            self.left = None if self.left is None else self.left - 1
            self.taken += 1
            return super().append(batches)
        if self.left == 0 and self.is_written:
            super().append(batches)
            self.taken += 1
        self.left = -1
        raise JournalError("the program is dead: its journal takes no more", path="")
