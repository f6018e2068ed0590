"""A step that reads keys out of the user's keyring in the kernel, and leaves one of its own there.

Read `tests/sandbox/test_seccomp.py` for the calls.
"""

from __future__ import annotations

import ctypes
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from surefoot.sandbox.seccomp import call_number, has_filter
from tests.attacks.conftest import attack

if TYPE_CHECKING:
    from conftest import Stage

pytestmark = pytest.mark.skipif(not has_filter(), reason="no filter of system calls on this machine")

OF_USER, SEARCH, UNLINK = -4, 10, 9
READING = """
import ctypes
libc = ctypes.CDLL(None)
words = ctypes.create_string_buffer(64)
key = libc.syscall(KEYCTL, SEARCH, -4, b"user", b"NAME", 0)
libc.syscall(KEYCTL, 11, key, words, 64)
libc.syscall(ADD, b"user", b"NAME-planted", b"x", 1, -4)
print("read:", words.value.decode())
"""


def call(name: str, *arguments: object) -> int:
    """Make a system call of the table."""
    return int(ctypes.CDLL(None).syscall(call_number(name), *arguments))


@pytest.fixture
def key() -> Iterator[str]:
    """Put a key into the user's keyring; take it away at the end, and with it what was planted."""
    name = f"surefoot-test-{uuid.uuid4().hex}"
    if call("add_key", b"user", name.encode(), b"of-somebody", 11, OF_USER) < 0:
        pytest.skip("this kernel has no keyrings, or they are closed to the tests")
    yield name
    for each in (name, f"{name}-planted"):
        call("keyctl", UNLINK, found(each), OF_USER)


def found(name: str) -> int:
    """Return the number of a key of the user, negative when there is none."""
    return call("keyctl", SEARCH, OF_USER, b"user", name.encode(), 0)


def test_keys_of_the_user_are_neither_read_nor_planted(staged: Stage, key: str) -> None:
    """Keyrings belong to the user, not to the file system."""
    numbers = {"KEYCTL": call_number("keyctl"), "ADD": call_number("add_key"), "SEARCH": SEARCH, "NAME": key}
    script = READING
    for word, value in numbers.items():
        script = script.replace(word, str(value))
    assert attack(staged, script) == "read:"
    assert found(f"{key}-planted") < 0
