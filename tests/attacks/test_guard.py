"""A step that reaches into its own guard: takes its descriptors, writes its memory.

A stopped guard would hold up the step until its time-out; one that is written to could report any end of the command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.attacks.conftest import attack

if TYPE_CHECKING:
    from conftest import Stage

REACHING = """
import ctypes, os
libc, guard = ctypes.CDLL(None), os.getppid()
while b"guard" + b".main()" not in open(f"/proc/{guard}/cmdline", "rb").read():
    guard = int(open(f"/proc/{guard}/stat").read().rpartition(")")[2].split()[1])
SEIZE = 0x4206
if libc.ptrace(SEIZE, guard, None, None) == 0:
    print("traced")
for name in ("mem", "environ"):
    try:
        os.close(os.open(f"/proc/{guard}/{name}", os.O_RDONLY))
        print("opened", name)
    except OSError:
        pass
opened = os.pidfd_open(guard)
if any(libc.syscall(438, opened, number, 0) >= 0 for number in range(3, 30)):
    print("took a descriptor")
print("tried")
"""


def test_the_guard_is_out_of_reach(staged: Stage) -> None:
    """On the bubblewrap rung it is the first program that the step sees, of the same user."""
    assert attack(staged, REACHING) == "tried"
