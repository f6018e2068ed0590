"""A step that reads what lies below files: disks, memory, the text on a console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.attacks.conftest import attack

if TYPE_CHECKING:
    from conftest import Stage

READING = """
import glob, os
names = ["console", "fuse", "kmsg", "kvm", "mem", "tty0", "tty1", "vcs", "vcsa", "vsock", "hwrng"]
found = [f"/dev/{name}" for name in names] + glob.glob("/dev/[svh]d*") + glob.glob("/dev/loop*") + glob.glob("/dev/z*0")
opened = []
for path in found:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY))
        opened.append(path)
    except OSError:
        pass
print(opened)
"""


def test_devices_of_the_machine_cannot_be_read(staged: Stage) -> None:
    """Secret places are closed to a step; the disk on which they lie, and the swap, hold them all the same."""
    assert attack(staged, READING) == "[]"
