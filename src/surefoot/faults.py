"""Fault points: named places where a test can end this process.

`SUREFOOT_FAULT=NAME:N` kills this process with SIGKILL when the point NAME is passed for the N-th time;
`SUREFOOT_FAULT_TRACE=FILE` appends the name of every point passed, one a line.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

_passed: Counter[str] = Counter()
_wanted = os.environ.get("SUREFOOT_FAULT")
_trace = os.environ.get("SUREFOOT_FAULT_TRACE")


def point(name: str) -> None:
    """Pass the fault point `name`: a no-op unless the environment names it."""
    if _wanted is None and _trace is None:
        return
    _passed[name] += 1
    if _trace is not None:
        with Path(_trace).open("a", encoding="utf-8") as out:
            out.write(f"{name}\n")
    if _wanted == f"{name}:{_passed[name]}":
        os.kill(os.getpid(), signal.SIGKILL)
