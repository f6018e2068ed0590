"""Requirements of the goal that no step of the plan covers: told when a plan is made, accepted and amended (M83)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.amendments import DropStep
from surefoot.core.event_words import Severity
from surefoot.core.ids import StepId
from surefoot.core.kernel.plan_question import words_of
from surefoot.core.monitor_table import Say, Watch, Watches
from surefoot.core.plan import Plan, RunBody, Step
from surefoot.core.requirements import uncovered
from surefoot.core.tool_payload import Planned
from tests.core.test_kernel_phases import goal, plan_of

WANTED = ("dates are read", "times are read", "errors have a place")


def step(name: str, *covers: str) -> Step:
    """Make a step that says what it covers."""
    return Step(id=StepId(name), body=RunBody(command=name), covers=covers)


def planning(play: Any, *made: Step, say: Say = Say.WARN) -> Any:
    """Begin a goal whose planner ends with these steps, for three requirements."""
    found = plan_of(*made, requirements=WANTED)
    watches = Watches(own={"uncovered_requirements": Watch(say=say)})
    run = (
        goal(play)
        .say(ev.MonitorsConfigured, watches=watches)
        .go(do.UseTool, "2.1")
        .let(do.UseTool)
        .go(do.UseTool, "1.1")
    )
    return run.will(do.UseTool, "2.1", payload=Planned(made=found))


def told(run: Any) -> list[str]:
    """Return what was reported, in order."""
    found = [event.finding for event in run.told(ev.FindingReported)]
    return [one.text for one in found if one.kind == "uncovered-requirements"]


def places(run: Any) -> list[str]:
    """Return the events at which the places of the first finding point, in order."""
    found = next(one.finding for one in run.told(ev.FindingReported) if one.finding.kind == "uncovered-requirements")
    return [run.journal[seq - 1].kind for seq in found.evidence]


@pytest.mark.parametrize(
    ("covers", "left"),
    [(("1", "2", "3"), []), (("1", "times are read"), [3]), ((), []), (("7",), [1, 2, 3])],
)
def test_requirements_are_covered_by_number_or_by_their_words(covers: tuple[str, ...], left: list[int]) -> None:
    """Where no step says what it covers, nothing can be told."""
    plan = Plan(goal="g", steps=(step("a", *covers),), requirements=WANTED)
    assert [number for number, _ in uncovered(plan)] == left


def test_a_made_plan_that_leaves_a_requirement_out_is_reported_once(play: Any) -> None:
    """As a finding of the planner's attempt; the run goes on, and says it no second time as EXECUTE begins."""
    run = planning(play, step("a", "1"), step("b", "3")).go()
    assert told(run) == ["no step covers requirement 2: times are read"]
    [found] = [event.finding for event in run.told(ev.FindingReported)]
    assert (found.step, found.severity) == ("(plan)", Severity.WARNING)
    assert places(run) == ["model_responded"]
    assert run.report["outcome"] == "completed"


def test_a_plan_that_covers_all_raises_nothing(play: Any) -> None:
    """Neither do steps that serve several, nor the same requirement twice."""
    assert told(planning(play, step("a", "1", "2"), step("b", "2", "3")).go()) == []


def test_a_planner_plans_anew_where_that_is_wanted(play: Any) -> None:
    """With what was left out as the lesson."""
    run = planning(play, step("a", "1"), step("b", "3"), say=Say.FAIL).go()
    assert "no step covers requirement 2" in run.state.nodes["(plan)"].lessons[0].said


def test_nothing_is_said_where_the_monitor_is_off(play: Any) -> None:
    """The plan is what it is."""
    assert told(planning(play, step("a", "1"), say=Say.OFF).go()) == []


def test_an_amendment_that_drops_the_only_step_of_a_requirement_is_reported(play: Any) -> None:
    """By whomever it comes; what was covered as the plan was accepted was not reported."""
    run = play({"a": {"covers": ("1", "2")}, "b": {"covers": ("3",)}}, requirements=WANTED).go(do.RunStep, "a")
    assert told(run) == []
    run.say(ev.AmendmentProposed, amendment="m1", operations=(DropStep(step=StepId("b")),), why="").go()
    assert told(run) == ["no step covers requirement 3: errors have a place"]
    assert places(run) == ["amendment_proposed"]


def test_a_plan_that_a_person_wrote_is_looked_at_as_it_begins(play: Any) -> None:
    """There is no attempt that it would belong to."""
    run = play({"a": {"covers": ("1",)}}, requirements=WANTED[:2]).go()
    assert told(run) == ["no step covers requirement 2: times are read"]
    assert places(run) == ["run_created"]
    assert run.report["outcome"] == "completed"


def test_the_question_about_a_plan_names_what_no_step_covers(play: Any) -> None:
    """So that a person decides with that in view."""
    plan = replace(plan_of(step("a", "1")).plan, requirements=WANTED[:2])
    assert "Look: no step covers requirement 2: times are read" in words_of(goal(play).go().state, plan, ())
