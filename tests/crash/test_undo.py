"""Killed while a run is taken back: no effect is undone twice, and what is in doubt is settled first (M132)."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Setting, Stage

PLAN = """
goal: Have an effect
env: {WORLD: "@WORLD@"}
steps:
  - {id: write, run: "echo written > written.txt"}
  - id: send
    needs: [write]
    confine: false
    run: echo send >> $WORLD/effects
    effect: irreversible
    PROBE
    undo:
      run: |
        BEFORE
        until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done
        AFTER
"""
GONE = "sed -i /send/d $WORLD/effects; echo gone >> $WORLD/undone"
PROBE = 'probe: {run: "grep -qx send $WORLD/effects"}'
UNDO: dict[str, Any] = {"act": "undo", "yes": True}


def plan_of(moment: str, probe: str = PROBE) -> str:
    """Return a plan whose undo has its effect before or after it waits to be let go."""
    before, after = ("echo begun", GONE) if moment == "before" else (f"{GONE}; echo begun", "true")
    return PLAN.replace("PROBE", probe).replace("BEFORE", before).replace("AFTER", after)


def killed_in_the_middle(stage: Stage) -> None:
    """Carry the plan out, and kill the engine while its effect is being undone."""
    stage.work(allow=["send"])
    with stage.begin(**UNDO) as engine:
        engine.hear("(undo:send): begun")
        engine.kill()
    while stage.left_over():
        time.sleep(0.02)
    stage.go()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_undo_cut_short_is_done_exactly_once(setting: Setting, moment: str) -> None:
    """The probe of the step tells, asked the other way round, whether its effect is there still."""
    stage = setting(plan_of(moment))
    killed_in_the_middle(stage)
    assert stage.work(**UNDO).said["outcome"] == "cancelled"
    assert (stage.lines("world/undone"), stage.lines("world/effects")) == ({"gone": 1}, {})


def test_an_undo_in_doubt_without_a_probe_is_asked_about(setting: Setting) -> None:
    """It is not run again before somebody has looked."""
    stage = setting(plan_of("after", probe=""))
    killed_in_the_middle(stage)
    ((_, step, about, _),) = stage.work(**UNDO).said["questions"]
    assert (step, about, stage.lines("world/undone")) == ("(undo:send)", "in_doubt", {"gone": 1})
    stage.work(act="answer", answers={"*": "applied"})
    assert (stage.work(**UNDO).said["outcome"], stage.lines("world/undone")) == ("cancelled", {"gone": 1})


@pytest.mark.parametrize("point", ["take_back.before", "take_back.after", "publish.before", "publish.after"])
def test_an_undo_that_was_killed_can_be_done_again(setting: Setting, point: str) -> None:
    """Whether the checkout was back, or the branch of the run; both end where they were."""
    stage = setting("\ngoal: Write\nsteps:\n  - {id: write, run: echo written > written.txt}\n")
    stage.git("reset", "-q", "--hard")
    before = stage.git("rev-parse", "HEAD")
    stage.work()
    stage.work(act="land")
    assert stage.work({"SUREFOOT_FAULT": f"workspace.{point}:1"}, **UNDO).code == -signal.SIGKILL
    assert stage.work(**UNDO).said["outcome"] == "cancelled"
    assert [stage.git("rev-parse", one) for one in ("HEAD", f"surefoot/{stage.run}")] == [before, before]


@pytest.mark.parametrize("end", ["before", "after"])
def test_a_killed_landing_can_be_undone(setting: Setting, end: str) -> None:
    """It is in the journal from before it began; where it came is looked up."""
    stage = setting("\ngoal: Write\nsteps:\n  - {id: write, run: echo written > written.txt}\n")
    stage.git("reset", "-q", "--hard")
    before = stage.git("rev-parse", "HEAD")
    stage.work()
    assert stage.work({"SUREFOOT_FAULT": f"workspace.land.{end}:1"}, act="land").code == -signal.SIGKILL
    assert (stage.work(**UNDO).said["outcome"], stage.git("rev-parse", "HEAD")) == ("cancelled", before)
