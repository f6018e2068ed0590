"""What an agent is told of the checks while it is at work, and what becomes of work that passes them at any end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from surefoot.core import events as ev
from surefoot.core.agent_types import Fault
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Moment
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, AgentLimits, Check, Limits, Plan, RetryPolicy, Step
from surefoot.models.scripts import ScriptedReply, ScriptedRequest
from tests.scripted_runs import DONE, FIX, TESTS, carried_out

RED = Check(name="sums", ask=CommandCheck(command=TESTS), expect=Expect.FAIL_TO_PASS)
HIDDEN = Check(name="hidden", ask=CommandCheck(command="grep -q '+' calc.py"), held_back=True)
SLOW = Check(name="slow", ask=CommandCheck(command=f"{TESTS} # slow"), expect=Expect.FAIL_TO_PASS, timeout_s=1_800.0)
WRONG = ("edit", {"edits": [{"path": "calc.py", "old": "a - b", "new": "a * b"}]})
RIGHT = ("edit", {"edits": [{"path": "calc.py", "old": "a * b", "new": "a + b"}]})
SHELL = ("run", {"command": "sed -i 's/a - b/a + b/' calc.py"})
LOOK = ("read", {"path": "calc.py"})


def plan_of(*checks: Check, run: Limits | None = None, timeout_s: float = 1_800.0, **body: Any) -> Plan:
    """Return a plan of one step of an agent, with one attempt."""
    step = Step(
        id=StepId("fix"),
        body=AgentBody(**{"instructions": "Make add add.", **body}),
        writes=("calc.py",),
        checks=checks,
        retry=RetryPolicy(maximum_attempts=1),
        timeout_s=timeout_s,
    )
    return Plan(goal="g", steps=(step,), limits=run or Limits())


def played(folder: Path, plan: Plan, *replies: Any) -> tuple[list[str], str, list[Any]]:
    """Let a model reply like this, the last one for ever; return the ends of its requests, and how the step ended."""
    ends: list[str] = []

    def play(request: ScriptedRequest) -> Any:
        ends.append(request.messages[-1].text)
        return replies[min(len(ends), len(replies)) - 1]

    state, events = carried_out(folder, plan, play)
    return ends, state.nodes[StepId("fix")].status.value, events


def test_an_agent_is_told_after_each_change_how_its_checks_stand(tmp_path: Path) -> None:
    """In words, with what a red one printed, and what to do once all are green."""
    ends, status, _ = played(tmp_path, plan_of(RED), [WRONG], [RIGHT], [DONE])
    assert "Not passed as the files stand now" in ends[1]
    assert "add gave 2" in ends[1]
    assert ends[2].startswith("All checks pass: call finish.")
    assert status == "verified"


def test_what_is_told_names_no_check_that_is_held_back(tmp_path: Path) -> None:
    """All that the agent may know of are green; the other one is asked in the end alone."""
    ends, _, events = played(tmp_path, plan_of(RED, HIDDEN), [WRONG], [RIGHT], [DONE])
    asked = [one.check for one in events if isinstance(one, ev.CheckAnswered) and one.moment is Moment.DURING]
    assert asked == [0, 0]
    assert ends[2].startswith("All checks pass: call finish.")


def test_a_check_that_may_take_long_is_not_asked_after_each_change(tmp_path: Path) -> None:
    """The agent is told that it was not."""
    ends, _, _ = played(tmp_path, plan_of(RED, SLOW), [FIX], [DONE])
    assert "These checks pass" in ends[1]
    assert "Not asked yet" in ends[1]


def test_a_tree_is_asked_about_once(tmp_path: Path) -> None:
    """Looking changes nothing."""
    _, _, events = played(tmp_path, plan_of(RED), [FIX], [LOOK], [LOOK, LOOK], [DONE])
    asked = [one for one in events if isinstance(one, ev.CheckAnswered) and one.moment is Moment.DURING]
    assert len(asked) == 1


ENDS: Mapping[str, tuple[dict[str, Any], list[Any]]] = {
    "loop": ({}, [[FIX], [LOOK]]),
    "turns": ({"turns_max": 2}, [[FIX], [LOOK]]),
    "requests of the step": ({"limits": AgentLimits(requests=2)}, [[FIX], [LOOK]]),
    "requests of the run": ({"run": Limits(requests=1)}, [[FIX]]),
    "timeout": ({"timeout_s": 1.0}, [[FIX], ScriptedReply(calls=[LOOK], delay_s=1.1)]),
    "no calls": ({}, [[FIX], "Done."]),
    "misuse": ({}, [[FIX], [("read", {"path": "../x"})] * 12]),
    "refusal": ({}, [[FIX], ScriptedReply(fault=Fault.REFUSED)]),
    "no model": ({}, [[FIX], ScriptedReply(fault=Fault.AUTH)]),
    "unusable replies": ({}, [[FIX], ScriptedReply(fault=Fault.MALFORMED)]),
    "too long": ({}, [[FIX], ScriptedReply(fault=Fault.CONTEXT)]),
    "a change by a command": ({"turns_max": 1}, [[SHELL]]),
}


@pytest.mark.parametrize("end", ENDS)
def test_work_that_passes_its_checks_counts_whatever_ended_the_agent(tmp_path: Path, end: str) -> None:
    """It never called `finish`."""
    fields, replies = ENDS[end]
    _, status, events = played(tmp_path, plan_of(RED, **fields), *replies)
    assert status == "verified"
    assert [one for one in events if isinstance(one, ev.FindingReported)][-1].finding.kind == "ended-without-finish"


def test_work_that_is_red_does_not_count_at_any_end(tmp_path: Path) -> None:
    """The checks decide, and only they."""
    _, status, _ = played(tmp_path, plan_of(RED, turns_max=2), [WRONG], [LOOK])
    assert status == "failed"
