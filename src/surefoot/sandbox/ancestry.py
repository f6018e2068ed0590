"""Whether this program was started by a step.

A command carries a mark in its environment, and so does its guard, which adopts orphans of the command. The mark of the
program itself is not trusted (`env -i` removes it), only that of its ancestors. Nothing is found without `/proc`, nor
for programs that somebody else, such as `cron`, started for a step, nor on the plain rung once the guard was killed.
"""

from __future__ import annotations

import os
from pathlib import Path

from surefoot.sandbox.orphans import MARK_VARIABLE, forebears

_GUARD = b"guard.main()"
"""What the command line of a guard holds, and that of nothing else."""


def step_above() -> str | None:
    """Return the mark of the step this program descends from: empty where it cannot be read, None if there is none."""
    own = os.environ.get(MARK_VARIABLE)
    if own is not None:
        return own
    start = f"{MARK_VARIABLE}=".encode()
    for pid in forebears():
        for variable in _words(pid, "environ"):
            if variable.startswith(start):
                return variable[len(start) :].decode("utf-8", "replace")
        # Another user's environment cannot be read, but the command line of its guard can.
        if any(word.endswith(_GUARD) for word in _words(pid, "cmdline")):
            return ""
    return None


def _words(pid: int, name: str) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().split(b"\0")
    except OSError:
        return []
