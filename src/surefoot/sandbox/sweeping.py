"""Find and end what is left of commands whose engine is gone.

Owns the search for processes by the mark in their environment. Must never touch this process, those it descends from or
those of other users. Read `surefoot.sandbox.guard` next: while it lives there is nothing to sweep.
"""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from surefoot.sandbox.guard import descendants

MARK_VARIABLE = "SUREFOOT_EFFECT"
"""The variable that marks a command, and all it starts, as belonging to one effect."""

_GRACE_S = 2.0
_KILL_S = 5.0


def mark_prefix_of(folder: Path) -> str:
    """Return how the marks of all commands begin that belong to the run whose folder this is, and to no other.

    Runs in different homes may have the same id, so the id alone would not do.
    """
    where = hashlib.blake2b(os.fsencode(folder.resolve()), digest_size=6).hexdigest()
    return f"{folder.name}/{where}/"


def sweep(mark_prefix: str) -> tuple[int, ...]:
    """End every process of this user whose mark begins with `mark_prefix`, and their descendants; return their ids.

    Each is asked to end, and killed two seconds later. Blocks until they are gone. Finds nothing where there is no
    `/proc`.
    """
    assert mark_prefix, "an empty prefix would end every marked process of all runs"
    return _end(lambda mark: mark.startswith(os.fsencode(mark_prefix)))


def sweep_exactly(mark: str) -> tuple[int, ...]:
    """End every process of this user that carries exactly this mark, as `sweep` does."""
    assert mark, "every process without a mark would match"
    return _end(lambda found: found == os.fsencode(mark))


def _end(is_meant: Callable[[bytes], bool]) -> tuple[int, ...]:
    ended: set[int] = set()
    for number, patience_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, _KILL_S)):
        deadline = time.monotonic() + patience_s
        asked: set[int] = set()
        # Looked for anew each time: what is being ended may still be starting others.
        while found := _find(is_meant):
            for pid in found - asked if number == signal.SIGTERM else found:
                _send(pid, number)
            asked |= found
            ended |= found
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
    return tuple(sorted(ended))


def _find(is_meant: Callable[[bytes], bool]) -> set[int]:
    own = os.getuid()
    marked = {
        int(entry.name)
        for entry in (Path("/proc").iterdir() if Path("/proc").is_dir() else ())
        if entry.name.isdigit() and (mark := _mark(entry, own)) is not None and is_meant(mark)
    }
    return {pid for pid in marked | descendants(marked) if not _is_zombie(pid)} - _ancestry()


def _mark(entry: Path, own: int) -> bytes | None:
    """Return the mark of one process; None when it has none, is gone or is another user's."""
    try:
        variables = (entry / "environ").read_bytes().split(b"\0") if entry.stat().st_uid == own else []
    except OSError:
        return None
    start = f"{MARK_VARIABLE}=".encode()
    return next((variable[len(start) :] for variable in variables if variable.startswith(start)), None)


def _is_zombie(pid: int) -> bool:
    return _status(pid)[:1] in ([b"Z"], [])


def _ancestry() -> set[int]:
    """Return this process and all it descends from."""
    pid, found = os.getpid(), set[int]()
    while pid > 0 and pid not in found:
        found.add(pid)
        pid = int((_status(pid)[1:2] or [b"0"])[0])
    return found


def _status(pid: int) -> list[bytes]:
    """Return the fields of `/proc/PID/stat` from the state on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return
