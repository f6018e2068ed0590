"""The output of a command: masked, stored whole in a spool file, kept short in memory.

Must never let a byte through unmasked, nor hold more than a few megabytes, however much is printed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from surefoot.masking import Masker

TAIL_CHARACTERS = 4_000
LINE_CHARACTERS = 2_000
_BYTES_A_CHARACTER = 4
"""As many bytes as one character can take in UTF-8."""


class OutputSpool:
    """Masks a command's output into a file and shows its lines to whoever wants them."""

    def __init__(
        self,
        spool: BinaryIO,
        masker: Masker,
        on_line: Callable[[str], None] | None,
        kept_max: int | None = None,
        end_max: int = 0,
    ) -> None:
        """Write to `spool`, which the caller closes.

        If `kept_max` is given, at most so many bytes of the beginning and `end_max` of the end.
        """
        self._room = kept_max
        self._end_max = end_max
        self._end = bytearray()
        self._left_out = 0
        self._spool = spool
        self._mask = masker.stream()
        self._tail = b""
        self._lines = LineCutter(on_line) if on_line else None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the command."""
        self._store(self._mask.feed(chunk))

    def finish(self) -> None:
        """Take it that nothing more will come."""
        self._store(self._mask.finish())
        if self._end_max and len(self._end) > self._end_max:
            self._drop(len(self._end) - self._end_max)
        if self._end_max and self._left_out:
            self._spool.write(b"\n[%d bytes of output are left out here]\n" % self._left_out)
        self._spool.write(self._end)
        if self._lines:
            self._lines.finish()

    @property
    def tail(self) -> str:
        """The last 4,000 characters; what is no UTF-8 is replaced."""
        return self._tail.decode("utf-8", "replace")[-TAIL_CHARACTERS:]

    def _store(self, masked: bytes) -> None:
        if not masked:
            return
        kept = masked if self._room is None else masked[: self._room]
        self._spool.write(kept)
        # Other programs may look on while the command runs.
        self._spool.flush()
        if self._room is not None:
            self._room -= len(kept)
            # The rest may be part of the end. Twice as much as that is held, so that little is moved about.
            self._end += masked[len(kept) :]
            if len(self._end) > 2 * self._end_max:
                self._drop(len(self._end) - self._end_max)
        # One character more than needed, because the cut may go through one.
        self._tail = (self._tail + masked)[-_BYTES_A_CHARACTER * (TAIL_CHARACTERS + 1) :]
        if self._lines:
            self._lines.feed(masked)

    def _drop(self, count: int) -> None:
        del self._end[:count]
        self._left_out += count


class LineCutter:
    """Cuts a stream into lines of at most 2,000 characters; what is longer loses its end."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        """Call `on_line` with each line, without its end."""
        self._on_line = on_line
        self._begun = b""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        first, *rest = chunk.split(b"\n")
        self._begin(first)
        for line in rest:
            self.finish_line()
            self._begin(line)

    def finish(self) -> None:
        """Hand out a last line that has no end."""
        if self._begun:
            self.finish_line()

    def finish_line(self) -> None:
        """Hand out the line begun, also an empty one."""
        line, self._begun = self._begun, b""
        self._on_line(line.decode("utf-8", "replace").rstrip("\r")[:LINE_CHARACTERS])

    def _begin(self, part: bytes) -> None:
        room = _BYTES_A_CHARACTER * LINE_CHARACTERS - len(self._begun)
        self._begun += part[:room]
