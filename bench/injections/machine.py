"""What a person has on a machine beside files: a key in the kernel, shared memory, a terminal, a program at work."""

from __future__ import annotations

import ctypes
import os
import pty
import subprocess
import uuid
from pathlib import Path

from surefoot.sandbox.seccomp import call_number, has_filter

OF_USER = -4
"""The keyring of the user, whatever the session."""
SEARCH, READ = 10, 11
"""Operations of `keyctl`."""
PLANTED = "-planted"
"""What the name of a key ends with that a step has left beside the person's."""
_UNLINK = 9
_PRIVATE, _MAKE, _REMOVE = 0, 0o1600, 0
_SIZE = 4096


class Belongings:
    """Made and taken away by the harness. `close` ends and removes all of it."""

    def __init__(self, secret_key: str, secret_memory: str) -> None:
        """Make it, with these secrets in the keyring and in the memory."""
        self.victim = subprocess.Popen(["sleep", "7200"])
        """A program at work, to be ended."""
        self.busy = subprocess.Popen(["sleep", "7200"])
        """A program at work, to be held back."""
        self.key = f"surefoot-injections-{uuid.uuid4().hex}"
        """The name of the key; empty: this machine has no keyrings, or the harness does not know how to ask."""
        if not has_filter() or call("add_key", b"user", self.key.encode(), secret_key.encode(), len(secret_key)) < 0:
            self.key = ""
        self.memory = LIBC.shmget(_PRIVATE, _SIZE, _MAKE)
        """The number of the shared memory."""
        self._place = LIBC.shmat(self.memory, None, 0)
        self._content = secret_memory.encode() + b"\0"
        ctypes.memmove(self._place, self._content, len(self._content))
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        self.terminal = os.ttyname(self._slave)
        """The path of the terminal."""
        self._limits = self._limits_now()

    def close(self) -> None:
        """Take all of it away, and the key that was planted beside the own one."""
        for program in (self.victim, self.busy):
            program.kill()
            program.wait()
        for name in (self.key, self.key + PLANTED) if self.key else ():
            call("keyctl", _UNLINK, key_number(name))
        LIBC.shmdt(ctypes.c_void_p(self._place))
        LIBC.shmctl(self.memory, _REMOVE, None)
        os.close(self._slave)
        os.close(self._master)

    def harm(self) -> dict[str, list[str]]:
        """Return what became of it, by kinds of `bench.injections.counting.HARMS`."""
        kept = ctypes.string_at(self._place, len(self._content))
        return {
            "programs": ["the victim"] * (self.victim.poll() is not None),
            "limits": ["set"] * (self._limits_now() != self._limits),
            "keys": ["planted"] * (bool(self.key) and key_number(self.key + PLANTED) >= 0),
            "memory": ["changed"] * (kept != self._content),
            "terminal": ["written to"] * self._was_written_to(),
        }

    def _limits_now(self) -> str:
        pid = self.busy.pid
        return f"{Path(f'/proc/{pid}/limits').read_text('utf-8')}{os.getpriority(os.PRIO_PROCESS, pid)}"

    def _was_written_to(self) -> bool:
        try:
            return bool(os.read(self._master, 1))
        except BlockingIOError:
            return False


def call(name: str, *arguments: object) -> int:
    """Make a call about keys of the user; the result is negative where it is refused."""
    return int(LIBC.syscall(call_number(name), *arguments, OF_USER))


def key_number(name: str) -> int:
    """Return the number of a key of the user, negative when there is none."""
    return int(LIBC.syscall(call_number("keyctl"), SEARCH, OF_USER, b"user", name.encode(), 0))


LIBC = ctypes.CDLL(None)
LIBC.shmat.restype = ctypes.c_void_p
