"""Goals in words of one file with a red acceptance check: carried out without a scout and a planner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.plan import Check, Limits, Plan
from surefoot.core.report import report_of
from surefoot.core.state import RunState
from surefoot.models.scripts import ScriptedRequest
from tests.scripted_runs import DONE, FIX, TESTS, carried_out

SUMS = Check(name="sums", ask=CommandCheck(command=TESTS))
GREEN = Check(name="green", ask=CommandCheck(command="true"))
GOAL = Plan(goal="Make add add.", steps=(), accept=(SUMS,), scope_write=("calc.py",), limits=Limits(requests=9))
WRONG = ("edit", {"edits": [{"path": "calc.py", "old": "a - b", "new": "a * b"}]})
GIVES_UP = ("finish", {**DONE[1], "gives_up": True})
STEP = {
    "id": "fix",
    "why": "w",
    "agent": "Make add add.",
    "writes": ["calc.py"],
    "checks": [{"name": "two", "run": TESTS, "expect": "fail_to_pass"}],
}
KNOWN = {
    "summary": "add subtracts",
    "files": [],
    "scope": [],
    "accept": [],
    "risks": [],
    "questions": [],
    "steps": [STEP],
}


def played(folder: Path, plan: Plan, worker: Sequence[Any]) -> tuple[RunState, list[ScriptedRequest], list[Any]]:
    """Carry a goal out; the worker replies like this, the scout ends at once with the step to be done."""
    asked: list[ScriptedRequest] = []

    def play(request: ScriptedRequest) -> Any:
        asked.append(request)
        count = sum(one.role == "worker" for one in asked)
        return [("understood", KNOWN)] if request.role == "scout" else worker[min(count, len(worker)) - 1]

    state, events = carried_out(folder, plan, play)
    return state, asked, events


def test_one_file_and_a_red_check_need_one_model(tmp_path: Path) -> None:
    """Its first request may change the file, and knows what it holds."""
    state, asked, events = played(tmp_path, GOAL, [[FIX, DONE]])
    assert [one.role for one in asked] == ["worker"]
    assert state.outcome == "completed"
    assert "All of the file calc.py" in asked[0].text
    assert [one.is_short_way for one in events if isinstance(one, ev.PlanAdopted)] == [True]


def test_the_report_tells_of_the_short_way(tmp_path: Path) -> None:
    """Nobody made the plan but the runtime."""
    state, _, _ = played(tmp_path, GOAL, [[FIX, DONE]])
    assert "short-way" in [one["kind"] for one in report_of(state)["findings"]]


def test_a_short_way_that_fails_goes_the_whole_way(tmp_path: Path) -> None:
    """The scout is told what came of it, and the failed step does not make the run partial."""
    state, asked, _ = played(tmp_path, GOAL, [[GIVES_UP], [GIVES_UP], [FIX, DONE]])
    assert [one.role for one in asked] == ["worker", "worker", "scout", "worker"]
    assert "Carrying the goal out in one step has failed." in asked[2].text
    assert {str(name): node.status.value for name, node in state.nodes.items() if not node.is_system_step} == {
        "short-way": "failed",
        "fix": "verified",
    }
    assert state.outcome == "completed"


@pytest.mark.parametrize(
    "plan",
    [
        replace(GOAL, accept=(GREEN,)),
        replace(GOAL, accept=()),
        replace(GOAL, accept=(replace(SUMS, held_back=True),)),
        replace(GOAL, scope_write=("*.py",)),
        replace(GOAL, scope_write=("**",)),
    ],
    ids=["green", "no acceptance", "held back", "two files", "no scope"],
)
def test_every_other_goal_begins_with_the_scout(tmp_path: Path, plan: Plan) -> None:
    """Nobody knows yet what is to be changed, or when it is done."""
    _, asked, _ = played(tmp_path, replace(plan, limits=Limits(requests=1)), [[FIX, DONE]])
    assert asked[0].role == "scout"
