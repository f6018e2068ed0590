"""Signals that stop a run and arrive at once, as `timeout` sends them: to the program, and then to its group.

Read `tests/acceptance/test_stopping.py` for single signals.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

PLAN = """
goal: Stop while a probe works
limits: {parallel: 2}
steps:
  - id: effect
    run: "true"
    effect: idempotent
    probe: {run: "touch HOME/probing; until test -e HOME/go; do sleep 0.02; done; exit 1"}
  - {id: other, run: echo b > b.txt, writes: [b.txt], checks: [{file: b.txt, contains: b}]}
"""
TERM, INT, HUP = signal.SIGTERM, signal.SIGINT, signal.SIGHUP


def stopped(stage: Stage, numbers: Sequence[signal.Signals]) -> tuple[int, str]:
    """Send the signals at once while the probe works; return the exit code and what was said.

    They differ: of two that are the same, the system hands on one if the program has not taken the first yet.
    """
    plan = stage.plan(PLAN.replace("HOME", str(stage.home)))
    with stage.begin("run", plan, "--yes", "--run-id", "20260101-abc123") as program:
        while not (stage.home / "probing").exists():
            assert program.is_running, program.wait().out
            time.sleep(0.02)
        for number in numbers:
            program.send(number)
        program.hear("Ctrl-C again")
        (stage.home / "go").touch()
        said = program.wait()
        return said.code, said.out


@pytest.mark.parametrize(
    "numbers", [(TERM, HUP), pytest.param((INT, TERM, HUP), marks=pytest.mark.slow)], ids=["two", "three"]
)
def test_signals_at_once_are_one_stop(stage: Stage, numbers: Sequence[signal.Signals]) -> None:
    """Effects are waited for, the run is paused, and it can be resumed to its end."""
    code, said = stopped(stage, numbers)
    assert (code, "Stopping at once" in said) == (6, False)
    assert stage.say("resume", "--yes").code == 0
