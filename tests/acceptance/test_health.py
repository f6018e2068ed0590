"""`surefoot health`: over all runs, what stands still or waits, with the command that goes on."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
ASKING = "goal: Ask\nsteps:\n  - {id: ask, ask: Which way?}\n"
FAILING = "goal: Fail\nsteps:\n  - {id: fail, run: exit 3}\n"


def test_a_home_in_which_all_is_done_needs_nobody(stage: Stage) -> None:
    """Its runs are counted, and so is what they take on disk."""
    stage.run("edit")
    said, found = stage.say("health"), stage.say("health", "--json").json
    assert (said.code, said.out.splitlines()[:2]) == (0, ["Nothing needs you.", "1 run: 1 completed"])
    assert (found["schema"], found["symptoms"], found["runs"]) == ("surefoot.health/1", [], {"completed": 1})
    assert min(found["journal_bytes"], found["lanes_bytes"], found["free_bytes"]) > 0


def test_a_run_whose_engine_was_killed_is_named_first(stage: Stage) -> None:
    """Before one that waits for a person, and one that has failed (M96)."""
    stage.say("run", stage.plan(ASKING), "--run-id", "20260101-asking")
    stage.say("run", stage.plan(FAILING), "--run-id", "20260101-failed")
    with stage.held() as engine:
        engine.send(signal.SIGKILL)
        engine.wait()
    said, found = stage.say("health"), stage.say("health", "--json").json["symptoms"]
    troubles = [(one["trouble"], one["run"]) for one in found]
    expected = [("stopped", RUN), ("waiting", "20260101-asking"), ("failed", "20260101-failed")]
    assert (said.code, troubles) == (1, expected)
    assert f"do: surefoot resume {RUN}" in said.out


def test_a_run_whose_acceptance_is_red_has_not_failed(stage: Stage) -> None:
    """All of its steps hold, and that is said (M114)."""
    step = "{id: a, run: echo b > b.txt, writes: [b.txt], checks: [{file: b.txt, contains: b}]}"
    assert stage.run(f"goal: g\nsteps: [{step}]\naccept: [{{run: test -e z.txt}}]\n").code == 3
    [found] = stage.say("health", "--json").json["symptoms"]
    assert (found["trouble"], found["text"]) == ("partial", "all steps are done, and the goal is not proved")


def test_a_run_at_work_is_healthy(stage: Stage) -> None:
    """An engine works on it, and something has just happened."""
    with stage.held() as engine:
        assert stage.say("health").code == 0
        stage.go()
        assert engine.wait().code == 0
