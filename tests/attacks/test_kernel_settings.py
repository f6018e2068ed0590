"""A step of root that changes settings of the kernel, which the whole machine shares.

Read `tests/sandbox/test_confinement.py` for what else is out of reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.attacks.conftest import attack

if TYPE_CHECKING:
    from conftest import Stage

OPENING = """
import os, stat
tops = [f"/proc/{name}" for name in os.listdir("/proc") if not name.isdigit() and not os.path.islink(f"/proc/{name}")]
tops += ["/sys/kernel", "/sys/power", "/sys/fs"]
paths = [os.path.join(folder, name) for top in tops for folder, _, names in os.walk(top) for name in names]
opened = []
for path in [*filter(os.path.isfile, tops), *paths]:
    try:
        if os.lstat(path).st_mode & 0o222 and stat.S_ISREG(os.lstat(path).st_mode):
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            opened.append(path)
    except OSError:
        pass
# A command of an ordinary user owns its name spaces, with their queues, memory, semaphores and process numbers. What it
# writes to `pressure` asks to be told of load, and changes nothing.
own = ("/fs/mqueue/", "/kernel/msg", "/kernel/auto_msgmni", "/kernel/sem", "/kernel/shm", "/kernel/ns_last_pid")
own += ("/kernel/pid_max", "/proc/pressure/")
is_own = lambda path: os.getuid() != 0 and any(name in path for name in own)
print(len(paths) > 100, [path for path in opened if not is_own(path)][:5])
"""


def test_no_setting_of_the_kernel_opens_for_writing(staged: Stage) -> None:
    """Root writes below `/proc/sys` by its user id, whatever capabilities it has lost."""
    assert attack(staged, OPENING) == "True []"
