"""The live rows at the bottom of a terminal, below lines that stay.

Not rich's live display: it blanks rows that did not change, leaves rows behind when the terminal shrinks, and counts
columns differently from how rich prints. Here each drawing is one write that overwrites in place and erases only what
is left over, so that nothing flickers; no row can wrap meanwhile. When the terminal is resized, the screen is cleared
and the last lines that stay are written again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import field

from surefoot.core.record import record

_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_ERASE_RIGHT, _ERASE_BELOW, _CLEAR = "\x1b[K", "\x1b[J", "\x1b[H\x1b[2J"
_REMEMBERED = 200

Size = tuple[int, int]
"""Columns and rows."""


@record(frozen=False, kw_only=False)
class Region:
    """Those rows, on one terminal."""

    write: Callable[[str], None]
    size: Callable[[], Size]
    draw: Callable[[Size], Sequence[str]]
    """Makes the rows, each no wider than it may be."""
    kept: deque[str] = field(default_factory=lambda: deque[str](maxlen=_REMEMBERED))
    _rows: int = 0
    """How many rows are on the screen, above the cursor."""
    _size: Size = (0, 0)
    _shown: str = ""

    def refresh(self) -> None:
        """Draw the rows as they are now."""
        self._put(())

    def above(self, lines: Sequence[str]) -> None:
        """Write lines that stay, above the rows."""
        self.kept.extend(lines)
        self._put(lines)

    def erase(self) -> None:
        """Take the rows away, for others to write."""
        self.write(self._up() + _ERASE_BELOW)
        self._rows, self._shown = 0, ""

    def _put(self, lines: Sequence[str]) -> None:
        size = self.size()
        rows = list(self.draw(size))[: max(1, size[1] - 1)]
        below = _NO_WRAP + "".join(f"{row}{_ERASE_RIGHT}\r\n" for row in rows) + _ERASE_BELOW + _WRAP
        has_changed = self._size not in (size, (0, 0))
        if not lines and not has_changed and below == self._shown:
            return
        if has_changed:
            begin, lines = _CLEAR, list(self.kept)[-max(1, size[1] - len(rows)) :]
        else:
            begin = self._up()
        self.write(begin + "".join(f"{line}{_ERASE_RIGHT}\r\n" for line in lines) + below)
        self._rows, self._size, self._shown = len(rows), size, below

    def _up(self) -> str:
        return f"\r\x1b[{self._rows}A" if self._rows else "\r"
