"""Keys that a person presses while rows at the bottom of the terminal are redrawn."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import field

from surefoot.core.record import record

_READ_MOST = 1024


@record(frozen=False, kw_only=False)
class Keys:
    """Reads single keys in the running loop, and does what belongs to them; all others do nothing."""

    acts: Mapping[str, Callable[[], None]]
    _is_reading: bool = field(default=False)

    def listen(self) -> None:
        """Read from here on."""
        if not self._is_reading:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._read)
            self._is_reading = True

    def rest(self) -> None:
        """Read no more: what is typed from here on is for others."""
        if self._is_reading:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._is_reading = False

    def _read(self) -> None:
        terminal = sys.stdin.fileno()
        try:
            # In the background, reading would stop this program.
            typed = os.read(terminal, _READ_MOST) if os.tcgetpgrp(terminal) == os.getpgrp() else b""
        except OSError:  # the terminal is gone
            typed = b""
        if not typed:
            self.rest()
        for key in typed.decode("utf-8", "replace").lower():
            self.acts.get(key, _nothing)()


def _nothing() -> None:
    pass
