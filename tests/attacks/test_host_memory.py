"""A step that reads System V shared memory of the host.

On the Landlock rung only root gets a name space for it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.attacks.conftest import attack

if TYPE_CHECKING:
    from conftest import Stage

READING = """
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
place = libc.shmat(NUMBER, None, 0)
print("read:", "" if place == ctypes.c_void_p(-1).value else ctypes.string_at(place).decode())
"""


@pytest.fixture
def memory() -> Iterator[int]:
    """Make a piece of shared memory with a secret in it."""
    libc = ctypes.CDLL(None)
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(0, 4096, 0o1600)
    ctypes.memmove(libc.shmat(number, None, 0), b"of-somebody\0", 12)
    yield number
    libc.shmctl(number, 0, None)


def test_shared_memory_of_the_host_is_out_of_reach(staged: Stage, memory: int) -> None:
    """It belongs to the user, not to the file system."""
    if staged.env["SUREFOOT_RUNG"] == "landlock" and os.getuid() != 0:
        pytest.skip("on the Landlock rung only root gets a name space for shared memory")
    assert attack(staged, READING.replace("NUMBER", str(memory))) == "read:"
