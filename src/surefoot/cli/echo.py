"""The terminal's echo and its lines, switched off while rows at the bottom are redrawn.

An echoed Enter would move the cursor and leave a stale row above, and keys are read one by one. A terminal that another
program uses is left alone.
"""

from __future__ import annotations

import atexit
import os
import sys
import termios
from collections.abc import Callable

_MODES = 3
"""Where the modes with the echo stand among a terminal's attributes."""
_OFF = termios.ECHO | termios.ICANON


def echo_off() -> Callable[[], None]:
    """Let the terminal show nothing that is typed; return what takes that back, which the program's end does, too."""
    try:
        terminal = sys.stdin.fileno()
        is_ours = os.tcgetpgrp(terminal) == os.getpgrp()
        modes = termios.tcgetattr(terminal)[_MODES] if is_ours else 0
    except (AttributeError, OSError, ValueError, termios.error):  # no terminal, or not the one that controls us
        return nothing
    if not modes & termios.ECHO:
        return nothing

    def echo_on() -> None:
        atexit.unregister(echo_on)
        _set_echo(terminal, is_on=True)

    atexit.register(echo_on)
    _set_echo(terminal, is_on=False)
    return echo_on


def _set_echo(terminal: int, *, is_on: bool) -> None:
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():  # it was put into the background, and would be stopped for this
            return
        attributes = termios.tcgetattr(terminal)
        attributes[_MODES] = attributes[_MODES] | _OFF if is_on else attributes[_MODES] & ~_OFF
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    except (OSError, termios.error):  # the terminal is gone
        pass


def nothing() -> None:
    """Do nothing: the echo was left as it was."""
