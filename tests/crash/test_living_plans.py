"""Killed at each event of a plan that changes: the next engine ends the run as if nobody had been killed."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Setting, Stage

RAN = "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran"
PLAN = """
goal: Change the plan
steps:
  - {id: STEP, agent: Make it say two., writes: [a.txt], checks: [{run: grep -q two a.txt, expect: fail_to_pass}]}
  - {id: OTHER, needs: [STEP], run: "RAN; rm b.txt"}
""".replace("RAN", RAN)
PROPOSING = PLAN.replace("STEP", "proposes").replace("OTHER", "after")
DOUBTING = PLAN.replace("STEP", "doubts").replace("OTHER", "after")
WARNING = PLAN.replace("STEP", "warns").replace("OTHER", "wrong")
YES: dict[str, Any] = {"answers": {"*": "yes"}}
NO: dict[str, Any] = {"answers": {"*": "no"}}
GO_ON: dict[str, Any] = {"answers": {"*": "go_on"}}
PLANNED: dict[str, Any] = {"planner": True, "yes": True}
EVENTS = (
    ("amendment_proposed", PROPOSING, YES),
    ("question_asked", PROPOSING, YES),
    ("amendment_accepted", PROPOSING, YES),
    ("plan_amended", PROPOSING, YES),
    ("amendment_refused", PROPOSING, NO),
    ("replan_wanted", DOUBTING, GO_ON),
    ("plan_stopped", WARNING, PLANNED),
    ("stock_taken", WARNING, PLANNED),
    ("amendment_proposed", WARNING, PLANNED),
    ("plan_amended", WARNING, PLANNED),
)
FAST = ("amendment_accepted", "stock_taken")
KILLS = [pytest.param(*one, marks=() if one[0] in FAST else pytest.mark.slow) for one in EVENTS]


@pytest.mark.parametrize(("event", "plan", "order"), KILLS)
def test_a_run_killed_at_an_event_of_its_plan_ends_as_an_unkilled_one(
    setting: Setting, event: str, plan: str, order: dict[str, Any]
) -> None:
    """M46: it is in the journal, and nothing came of it yet; nothing is asked, changed or done twice."""
    usual, stage = setting(plan), setting(plan)
    assert usual.work(**order).said["outcome"] == "completed"
    assert stage.work(die_at=f"{event}:1", **order).code == -signal.SIGKILL
    verified = stage.verified()
    assert (stage.work(**order).said["outcome"], stage.wrongs(verified)) == ("completed", [])
    assert stage.ending() == usual.ending()
    assert kept(stage) == kept(usual)


def kept(stage: Stage) -> list[tuple[str, object, object]]:
    """Return what came of each change of the plan."""
    return [(one.proposed.why, one.revision, one.refused) for one in stage.state().amendments.values()]


TALKING = """
goal: Say two
steps:
  - {id: fix, agent: Make it say two., writes: [a.txt], checks: [{run: grep -q two a.txt, expect: fail_to_pass}]}
"""
POINTS = [pytest.param(one, marks=() if one == "committed" else pytest.mark.slow) for one in ("written", "committed")]


@pytest.mark.parametrize("point", POINTS)
def test_a_word_whose_program_is_killed_was_said_or_was_not(setting: Setting, point: str) -> None:
    """M46, M61: said once more where it was not, it reaches the agent once."""
    stage = setting(TALKING)
    assert stage.killed("model.request.after:1") == -signal.SIGKILL
    fault = {"SUREFOOT_FAULT": f"journal.append.{point}:1"}
    assert stage.work(fault, act="tell", text="Mind the gap.").code == -signal.SIGKILL
    if not stage.state().messages:
        stage.work(act="tell", text="Mind the gap.")
    assert (stage.work().said["outcome"], stage.wrongs()) == ("completed", [])
    assert [(one.sent.text, list(one.given)) for one in stage.state().messages.values()] == [("Mind the gap.", ["fix"])]


UNDOING = "\ngoal: Write\nsteps:\n  - {id: write, run: echo written > written.txt}\n"


@pytest.mark.parametrize("number", [pytest.param(one, marks=pytest.mark.slow if one > 1 else ()) for one in (1, 2, 3)])
def test_an_undo_killed_at_its_events_is_done_once(setting: Setting, number: int) -> None:
    """M131: asked for, taken off the checkout, done; the checkout and the branch end where they were."""
    stage = setting(UNDOING)
    stage.git("reset", "-q", "--hard")
    before = stage.git("rev-parse", "HEAD")
    stage.work()
    stage.work(act="land")
    fault = {"SUREFOOT_FAULT": f"journal.append.committed:{number}"}
    assert stage.work(fault, act="undo", yes=True).code == -signal.SIGKILL
    stage.work(act="undo", yes=True)
    assert stage.state().outcome == "cancelled"
    assert [stage.git("rev-parse", one) for one in ("HEAD", f"surefoot/{stage.run}")] == [before, before]


FORKED = """
goal: Write
steps:
  - {id: one, run: "RAN; echo 1 > one.txt"}
  - {id: two, needs: [one], run: "RAN; echo 2 > two.txt"}
""".replace("RAN", RAN)


@pytest.mark.parametrize(
    "point", ["journal.append.committed:1", pytest.param("body.reversible.before:1", marks=pytest.mark.slow)]
)
def test_a_fork_that_is_killed_goes_on_at_its_step(
    setting: Setting, unkilled: Callable[[str], Any], point: str
) -> None:
    """What the other run had done by then is not done again."""
    stage = setting(FORKED)
    stage.work()
    more = {"run": f"{stage.run[:9]}ffffff", "text": f"{stage.run}@one"}
    fault = {"SUREFOOT_FAULT": point}
    codes = [stage.work(fault, act=act, **more).code for act in ("fork", "work")]
    assert -signal.SIGKILL in codes
    stage.work(act="fork", **more)
    assert stage.work(**more).said["outcome"] == "completed"
    assert stage.git("rev-parse", f"surefoot/{more['run']}^{{tree}}") == unkilled(FORKED).ending.tree
    assert stage.lines("meeting/ran")["one"] == 1
