"""Processes left over from commands whose engine is gone: found by their mark, and ended.

The mark stands in their environment and, as a number, in a resource limit (`RLIMIT_LOCKS`, which the kernel keeps and
does nothing with). A program can drop its environment; it inherits the limit and cannot raise it. Must never touch this
process, its ancestors or, but for root, processes of other users.
"""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from surefoot.sandbox.guard import descendants

MARK_VARIABLE = "SUREFOOT_EFFECT"
"""The variable that marks a command, and all it starts, as belonging to one effect."""

_LIMIT_NAME = b"Max file locks"
_MARK_BITS = 30
"""So many bits tell the commands of a run apart."""
_MARKED = 1 << 32
"""Set above the bits of a run, so that a mark is larger than any limit somebody would choose."""
_GRACE_S = 2.0
_KILL_S = 5.0


def mark_prefix_of(folder: Path) -> str:
    """Return how the marks of all commands begin that belong to the run whose folder this is, and to no other.

    Runs in different homes may have the same id, so the id alone would not do.
    """
    where = hashlib.blake2b(os.fsencode(folder.resolve()), digest_size=6).hexdigest()
    return f"{folder.name}/{where}/"


def limit_of(mark: str) -> int:
    """Return the number that stands for a mark: its upper half for the run, its lower half for the whole of it."""
    return _limit_of_run(mark) << _MARK_BITS | _number(mark) % (1 << _MARK_BITS)


def _limit_of_run(mark: str) -> int:
    """Return the upper half for all marks that are equal up to the second slash: those of one run."""
    return _MARKED | _number("/".join(mark.split("/", 2)[:2]))


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(os.fsencode(text), digest_size=4).digest(), "big")


def sweep(mark_prefix: str) -> tuple[int, ...]:
    """End every process of this user whose mark begins with `mark_prefix`, and their descendants; return their ids.

    Those that have lost their environment are known by their limit, if the prefix is that of a run. Each is asked to
    end, and killed two seconds later. Blocks until they are gone. Finds nothing where there is no `/proc`.
    """
    assert mark_prefix, "an empty prefix would end every marked process of all runs"
    run = _limit_of_run(mark_prefix)
    return _end(lambda mark: mark.startswith(os.fsencode(mark_prefix)), lambda limit: limit >> _MARK_BITS == run)


def sweep_exactly(mark: str) -> tuple[int, ...]:
    """End every process of this user that carries exactly this mark, as `sweep` does."""
    assert mark, "every process without a mark would match"
    number = limit_of(mark)
    return _end(lambda found: found == os.fsencode(mark), lambda limit: limit == number)


def _end(is_meant: Callable[[bytes], bool], is_limit: Callable[[int], bool]) -> tuple[int, ...]:
    ended: set[int] = set()
    for number, patience_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, _KILL_S)):
        deadline = time.monotonic() + patience_s
        asked: set[int] = set()
        # Looked for anew each time: what is being ended may still be starting others.
        while found := _find(is_meant, is_limit):
            for pid in found - asked if number == signal.SIGTERM else found:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)
            asked |= found
            ended |= found
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        if not ended:
            break  # nothing was there, as a rule
    return tuple(sorted(ended))


def _find(is_meant: Callable[[bytes], bool], is_limit: Callable[[int], bool]) -> set[int]:
    own = os.getuid()
    marked = {
        int(entry.name)
        for entry in (Path("/proc").iterdir() if Path("/proc").is_dir() else ())
        if entry.name.isdigit() and _is_own(entry, own)
        if ((mark := _mark(entry)) is not None and is_meant(mark)) or is_limit(_limit(entry))
    }
    if not marked:
        return marked
    # What has ended is left out, whether or not it was collected.
    return {pid for pid in marked | descendants(marked) if _status(pid)[:1] not in ([b"Z"], [])}.difference(forebears())


def _is_own(entry: Path, own: int) -> bool:
    """Whether a process is this user's. Root's are those of all users: its commands may have changed theirs."""
    try:
        return own in (0, entry.stat().st_uid)
    except OSError:
        return False


def _mark(entry: Path) -> bytes | None:
    """Return the mark in the environment of one process; None when it has none or is gone."""
    try:
        variables = (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    start = f"{MARK_VARIABLE}=".encode()
    return next((variable[len(start) :] for variable in variables if variable.startswith(start)), None)


def _limit(entry: Path) -> int:
    """Return the limit of one process that may be a mark; 0 when it is no number or the process is gone."""
    try:
        lines = (entry / "limits").read_bytes().splitlines()
    except OSError:
        return 0
    hard = next((line.split()[-2] for line in lines if line.startswith(_LIMIT_NAME)), b"")
    return int(hard) if hard.isdigit() else 0


def forebears() -> list[int]:
    """Return this process, what started it, and so on."""
    pid, found = os.getpid(), list[int]()
    while pid > 0 and pid not in found:
        found.append(pid)
        pid = int((_status(pid)[1:2] or [b"0"])[0])
    return found


def _status(pid: int) -> list[bytes]:
    """Return the fields of `/proc/PID/stat` from the state on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []
