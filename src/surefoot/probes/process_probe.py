"""`process` probes: whether a process runs, by Linux' `/proc`."""

from __future__ import annotations

import os
from pathlib import Path

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import ProcessProbe
from surefoot.expressions import CURE, Expression, expression
from surefoot.probes.reply import ProbeReply

_PROC = Path("/proc")


def ask_process(kind: ProcessProbe, root: Path) -> ProbeReply:
    """Look for a process whose command line fits, or whether the one that the file names is such."""
    try:
        pattern = expression(kind.pattern)
        # The first process is there on every Linux; where it is not seen, most are not.
        (_PROC / "1" / "cmdline").read_bytes()
        answer, text = _search(kind.pattern, pattern) if kind.pid_file is None else _ask_one(kind, pattern, root)
    except ValueError as error:
        answer, text = Applied.UNKNOWN, f"{kind.pattern!r} cannot be searched for: {error}; {CURE}"
    except OSError as error:
        answer, text = Applied.UNKNOWN, f"{error.filename} cannot be read: {error.strerror}"
    return ProbeReply(answer=answer, text=text)


def _search(written: str, pattern: Expression) -> tuple[Applied, str]:
    """Look at all processes. Where one is hidden from us, none can be said to be missing."""
    hidden: OSError | None = None
    for process in _all():
        try:
            line = _command_line(process)
        except PermissionError as error:
            hidden = error
            continue
        if line and pattern.is_in(line):
            return Applied.APPLIED, f"process {process} fits {written!r}"
    if hidden is not None:
        raise hidden
    return Applied.NOT_APPLIED, f"no process fits {written!r}"


def _ask_one(kind: ProcessProbe, pattern: Expression, root: Path) -> tuple[Applied, str]:
    """Judge the process that a file names: what does not run, or runs as something else, is left over from before."""
    assert kind.pid_file is not None
    file = root / kind.pid_file
    try:
        process = file.read_text("ascii", "replace").strip()
    except FileNotFoundError:
        answer, text = _search(kind.pattern, pattern)
        # It runs, or something like it: the file may be about to be written.
        return (Applied.UNKNOWN if answer is Applied.APPLIED else answer), f"there is no {file}, and {text}"
    if not process.isdecimal():
        return Applied.UNKNOWN, f"{file} names no process"
    line = _command_line(process)
    if line and pattern.is_in(line):
        return Applied.APPLIED, f"process {process} of {file} fits {kind.pattern!r}"
    return Applied.NOT_APPLIED, f"process {process} of {file} does not run, or as something else"


def _all() -> list[str]:
    """Return the ids of all processes but our own and those that have started us: our command line is no effect."""
    own = {str(os.getpid())}
    parent = os.getppid()
    while parent > 0:
        own.add(str(parent))
        try:
            stat = (_PROC / str(parent) / "stat").read_text("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError):
            break
        # What stands in the brackets is the program's name, which may hold anything.
        parent = int(stat.rpartition(")")[2].split()[1])
    return [entry.name for entry in _PROC.iterdir() if entry.name.isdecimal() and entry.name not in own]


def _command_line(process: str) -> bytes:
    """Return the words of a command line with blanks between them; nothing, when the process is no more."""
    try:
        words = (_PROC / process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
    return words.rstrip(b"\0").replace(b"\0", b" ")
