"""A program that a step leaves behind without its environment, while engine and guard are killed together.

Read `tests/crash/test_left_overs.py` for those that keep their environment.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surefoot.sandbox.guard import descendants
from tests.acceptance.conftest import RUN
from tests.attacks.conftest import RUNGS

if TYPE_CHECKING:
    from conftest import Stage

    from tests.programs import Program

PLAN = """
goal: Leave something behind
steps:
  - id: hold
    run: |
      env -i setsid sleep SECONDS &
      until test -e GO; do sleep 0.05; done
      echo held > held.txt
    checks: [{file: held.txt, exists: true}]
"""


def with_words(words: str, pids: set[int] | None = None) -> set[int]:
    """Find programs by a part of their command line; all there are, or some."""
    found = set[int]()
    for pid in pids if pids is not None else {int(path.name) for path in Path("/proc").glob("[0-9]*")}:
        try:
            if words.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
        except OSError:
            continue
    return found


def kill_together(engine: Program) -> None:
    """Kill the engine and its guards, so that no guard sees the end of its engine."""
    guards = with_words("guard.main()", descendants([engine.pid]))
    for pid in guards:
        os.kill(pid, signal.SIGSTOP)
    engine.kill()
    for pid in guards:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("rung", [*RUNGS[1:], "plain"])
def test_what_dropped_its_environment_does_not_survive_the_resume(stage: Stage, rung: str) -> None:
    """It would go on writing beside the next attempt."""
    staged = replace(stage, env={**stage.env, "SUREFOOT_RUNG": rung})
    seconds, go = f"300.{os.getpid()}{time.time_ns() % 10**6}", staged.user / ".git" / "go"
    plan = staged.plan(PLAN.replace("SECONDS", seconds).replace("GO", str(go)))
    with staged.begin("run", plan, "--run-id", RUN) as engine:
        while not with_words(f"sleep\0{seconds}"):
            assert engine.is_running, engine.wait().out
            time.sleep(0.02)
        kill_together(engine)
    go.touch()
    assert (staged.say("resume", RUN).code, with_words(f"sleep\0{seconds}")) == (0, set())
