"""Other programs that hold a run, for the tests of claims."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from surefoot.core.ids import RunId

RUN = RunId("20260102-abcdef")
HOLDER = """
import os, signal, subprocess, sys
from pathlib import Path
from {module} import {name} as Claims
claim = Claims(Path(sys.argv[1])).acquire(sys.argv[2])
if "polite" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "copied" in sys.argv and os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
child = subprocess.Popen(["sleep", "60"]) if "child" in sys.argv else None
print(child.pid if child else 0, flush=True)
sys.stdin.read()
"""

Program = subprocess.Popen[str]
Start = Callable[..., Program]


def child_of(program: Program) -> int:
    """Wait until the program holds the run; the pid of its child, if it has one."""
    assert program.stdout is not None
    return int(program.stdout.readline())


@contextmanager
def holders(claims: type, folder: Path) -> Iterator[Start]:
    """Give what starts programs that hold the run by claims of this kind; they end with the block."""
    started: list[Program] = []
    script = HOLDER.format(module=claims.__module__, name=claims.__name__)

    def one(*words: str) -> Program:
        argv = [sys.executable, "-c", script, str(folder), RUN, *words]
        started.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        if "child" not in words:
            child_of(started[-1])
        return started[-1]

    yield one
    for program in started:
        program.kill()
        if program.stdout is not None and not program.stdout.closed:
            program.communicate()
