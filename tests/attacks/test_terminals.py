"""A step that writes to another terminal of the user, or listens at it.

Read `tests/attacks/test_devices.py` for disks and consoles.
"""

from __future__ import annotations

import os
import pty
from typing import TYPE_CHECKING

from tests.attacks.conftest import attack

if TYPE_CHECKING:
    from conftest import Stage

WRITING = r"""
import os
for mode in (os.O_RDONLY, os.O_WRONLY):
    try:
        terminal = os.open("TERMINAL", mode | os.O_NOCTTY | os.O_NONBLOCK)
        print("opened", mode)
        os.write(terminal, b"\x1b]0;owned\x07Approve? yes")
    except OSError:
        pass
print("tried")
"""


def test_other_terminals_of_the_user_are_out_of_reach(staged: Stage) -> None:
    """What is written there would look like the user's own programs; what is read there was typed for them."""
    master, slave = pty.openpty()
    try:
        assert attack(staged, WRITING.replace("TERMINAL", os.ttyname(slave))) == "tried"
    finally:
        os.close(slave)
        os.close(master)
