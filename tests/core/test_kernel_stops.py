"""Plans that are stopped as wrong, and results that leave the acceptance red: stock is taken, then planned anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.amendment_state import StopStage
from surefoot.core.amendments import AddStep, DropStep, Operation, ReplaceStep
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Ending, Outcome, Status, Verdict
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, Check, Effect, RunBody, Step
from surefoot.core.tool_payload import PlanChange, ProposedAmendment
from surefoot.errors import IllegalTransition
from tests.core.test_kernel_phases import CASTING

PLANNED = replace(CASTING, with_planner=True)
THREE: dict[str, Any] = {"a": {}, "b": {"needs": ("a",)}, "c": {"needs": ("b",)}}
WHOLE = Check(name="whole", ask=CommandCheck(command="w"))
BAD = Ending(status=Status.EXIT, exit_code=3)
HIDDEN = replace(WHOLE, name="secret", held_back=True)


def stop(run: Any, why: str = "b is the wrong way") -> Any:
    """Say that the plan is wrong."""
    return run.say(ev.PlanStopped, why=why)


def added(name: str = "d", **fields: Any) -> AddStep:
    """Add a step."""
    return AddStep(step=Step(id=StepId(name), body=RunBody(command=name), **fields))


def with_planner(run: Any, *operations: Operation, number: str = "2.1", **fields: Any) -> Any:
    """Let the run have a planner that answers once, with these operations."""
    offered = ProposedAmendment(operations=operations, why="so", **fields)
    return run.say(ev.ModelsConfigured, routing=PLANNED).say_yes().will(do.UseTool, number, payload=offered)


def brief(run: Any) -> str:
    """Return what the planner was told when it was asked last."""
    asked = [event.spec for event in run.told(ev.StepStarted) if event.step == "(replan)" and event.spec is not None]
    return asked[-1].body.text


def test_a_stopped_plan_pauses_and_nothing_new_starts(play: Any) -> None:
    """What ran is ended, put back, and not counted."""
    run = stop(play(THREE).go(do.RunStep, "b")).go()
    assert (run.report["state"], run.bodies) == ("paused", ["a", "b"])
    assert run.told(ev.AttemptFailed)[-1].is_counted is False
    assert [one["step"] for one in run.report["stock"]["done"]] == ["a"]


def test_the_stock_names_failures_and_words(play: Any) -> None:
    """Whoever plans anew reads why, what failed, and what people said."""
    run = play({"a": {}, "b": {}}).will(do.RunStep, "a", ending=BAD).go(do.RunStep, "b")
    stock = stop(run).go().report["stock"]
    assert any(one.startswith("a failed: ") for one in stock["learnt"])
    assert "una said about the plan, which they stopped as wrong: b is the wrong way" in stock["learnt"]
    assert stock["ways"] == ["una: b is the wrong way"]


def test_a_resume_goes_on_with_the_plan_as_it_is(play: Any) -> None:
    """Whoever resumes has seen the stock."""
    run = stop(play(THREE).go(do.RunStep, "b")).go().say(ev.RunResumed).go()
    assert (run.report["outcome"], run.state.stops[0].settled) == (Outcome.COMPLETED, "gone on with by una")


def test_an_amendment_takes_the_place_of_the_plan(play: Any) -> None:
    """What is verified is not done again, and the stop is settled by whoever changed the plan."""
    run = stop(play(THREE).go(do.RunStep, "b")).go()
    drop = (DropStep(step=StepId("c")), DropStep(step=StepId("b")), added(needs=("a",)))
    run.say(ev.AmendmentProposed, amendment="m", operations=drop, why="").say(ev.RunResumed).go()
    assert (run.states, run.bodies) == ({"a": "verified", "d": "verified"}, ["a", "b", "d"])
    assert run.state.stops[0].settled == "the plan was changed by una"


def test_the_planner_is_asked_with_the_stock_in_its_brief(play: Any) -> None:
    """It answers with an amendment, by which the run goes on."""
    operations = (DropStep(step=StepId("c")), DropStep(step=StepId("b")), added(needs=("a",)))
    run = stop(with_planner(play(THREE), *operations).go(do.RunStep, "b")).go()
    assert run.states == {"a": "verified", "d": "verified"}
    assert "stopped as wrong by una" in brief(run)
    assert "The stock of the run. Done, and staying:\n- a, commit c-a" in brief(run)
    assert (run.report["outcome"], run.report["amendments"][0]["origin"]) == (Outcome.COMPLETED, "planner")


def test_nothing_but_the_planner_works_until_it_has_answered(play: Any) -> None:
    """Neither the step that ran nor another one starts."""
    plan: dict[str, Any] = {"a": {}, "b": {}, "c": {}}
    run = stop(with_planner(play(plan), added()).go(do.RunStep, "b")).go(do.RequestModel, "(replan)")
    assert not [one for one in run.open if isinstance(one, do.RunStep)]
    assert run.state.stop.stage is StopStage.PLANNING
    assert run.go().bodies == ["a", "b", "(replan)", "b", "c", "d"]


@pytest.mark.parametrize("gives_up", [False, True])
def test_a_planner_that_changes_nothing_leaves_the_stop_to_a_person(play: Any, gives_up: bool) -> None:
    """A person has said that the plan is wrong; the run rests with the stock."""
    run = stop(with_planner(play(THREE), gives_up=gives_up).go(do.RunStep, "b")).go()
    assert (run.report["state"], run.state.stop.stage) == ("paused", StopStage.RESTED)
    assert "the planner: so" in run.report["stock"]["ways"]


def test_an_outside_effect_under_way_comes_to_its_end(play: Any) -> None:
    """It is not broken off, and counts as done."""
    run = play({"a": {"effect": Effect.IRREVERSIBLE}, "b": {}}).say(ev.ApprovalsGiven, allow=("a",))
    stop(run.go(do.RunStep, "a")).go()
    assert (run.state.nodes["a"].applied, run.told(ev.InterruptRequested)) == (True, [])
    assert run.report["state"] == "paused"


def test_a_stop_survives_the_death_of_its_engine(play: Any) -> None:
    """The next engine takes stock before anything goes on, asked by a resume or not."""
    run = stop(play(THREE).go(do.RunStep, "b")).claim().say(ev.RunResumed).go()
    assert (run.report["state"], run.bodies, run.state.stop.stage) == ("paused", ["a", "b"], StopStage.RESTED)


def test_a_planner_that_is_killed_is_asked_again(play: Any) -> None:
    """The stop stands until it has answered."""
    run = stop(with_planner(play(THREE), added(needs=("a",))).go(do.RunStep, "b")).go(do.UseTool, "1.1")
    run.claim().go()
    assert (run.report["outcome"], run.states["d"]) == (Outcome.COMPLETED, "verified")


def test_a_run_that_ended_short_is_opened_by_a_stop(play: Any) -> None:
    """The next engine takes stock; a completed run has nothing to stop."""
    run = stop(play(THREE).will(do.RunStep, "b", ending=BAD).go())
    assert run.say(ev.RunResumed).go().report["state"] == "paused"
    with pytest.raises(IllegalTransition, match="nothing is under way"):
        stop(play({"a": {}}).go())


def test_an_acceptance_check_under_way_is_ended(play: Any) -> None:
    """In VALIDATE, too, the planner is asked, and the acceptance anew after that."""
    run = with_planner(play({"a": {}}, accept=(WHOLE,)), added()).go(do.AskCheck, "whole")
    assert stop(run).go().states == {"a": "verified", "d": "verified"}
    assert run.report["outcome"] == Outcome.COMPLETED


# --- an agent's word


def says_wrong(play: Any, **fields: Any) -> Any:
    """Play an agent that says that the plan is wrong, beside a command, with another step to come."""
    plan: dict[str, Any] = {"a": {"body": AgentBody(instructions="x"), "unproved": True}, "c": {"needs": ("a",)}}
    run = play(plan, **fields).say(ev.ModelsConfigured, routing=CASTING).say_yes()
    return run.will(do.UseTool, "1.1", payload=PlanChange(text="Drop c. Why: it deletes data", is_wrong=True))


def test_an_agent_that_says_the_plan_is_wrong_stops_it(play: Any) -> None:
    """Without a planner the run rests with the stock, and goes on as a person says."""
    run = says_wrong(play).go()
    assert (run.report["state"], run.bodies) == ("paused", ["a"])
    assert run.report["stops"][0]["step"] == "a"
    assert "the agent of step a: Drop c. Why: it deletes data" in run.report["stock"]["ways"]
    assert run.say(ev.RunResumed).go().report["stops"][0]["settled"] == "gone on with by una"


def test_a_step_stops_its_plan_once(play: Any) -> None:
    """What its agent says after that is a proposal like any other."""
    run = says_wrong(play).will(do.UseTool, "2.1", payload=PlanChange(text="Drop c, I say", is_wrong=True)).go()
    run.say(ev.RunResumed).go()
    assert (len(run.told(ev.PlanStopped)), run.asked) == (1, [])


def test_the_planner_answers_an_agent_and_the_run_goes_on(play: Any) -> None:
    """Its change says that it comes from an agent."""
    run = says_wrong(play).say(ev.ModelsConfigured, routing=PLANNED)
    offered = ProposedAmendment(operations=(DropStep(step=StepId("c")),), why="so")
    run.will(do.UseTool, "2.1", payload=offered).go()
    assert (run.states, run.report["amendments"][0]["origin"]) == ({"a": "unproved"}, "agent")


def test_the_step_whose_agent_stopped_the_plan_can_be_replaced(play: Any) -> None:
    """Its attempt is ended and put back first, although the planner alone is at work."""
    run = says_wrong(play).say(ev.ModelsConfigured, routing=PLANNED)
    instead = Step(id=StepId("a"), body=RunBody(command="a"))
    operations = (DropStep(step=StepId("c")), ReplaceStep(step=StepId("a"), by=instead))
    run.will(do.UseTool, "2.1", payload=ProposedAmendment(operations=operations, why="so")).go()
    assert (run.report["outcome"], run.states) == (Outcome.COMPLETED, {"a": "verified"})


# --- a red acceptance


def red(play: Any, *checks: Check, **fields: Any) -> Any:
    """Play a run whose acceptance stays red after its only step."""
    run = play({"a": {}}, accept=checks or (WHOLE,), **fields)
    for check in checks or (WHOLE,):
        run.will(do.AskCheck, check.name, verdict=Verdict.FAILED, text="1 is missing")
    return run


def test_a_red_acceptance_ends_with_its_stock_where_there_is_no_planner(play: Any) -> None:
    """As without a planner ever; the stock says what is red."""
    run = red(play).go()
    assert run.report["outcome"] == Outcome.PARTIALLY_COMPLETED
    assert run.report["stock"]["learnt"] == ["acceptance check 'whole': 1 is missing"]


def test_a_red_acceptance_is_put_to_the_planner(play: Any) -> None:
    """It adds what is missing, and the acceptance is asked anew."""
    run = with_planner(red(play), added()).go()
    assert (run.report["outcome"], run.states) == (Outcome.COMPLETED, {"a": "verified", "d": "verified"})
    assert "1 is missing" in brief(run)
    assert run.report["stock"] is None


def test_a_red_tree_is_put_to_the_planner_once(play: Any) -> None:
    """A planner that leaves the plan is not asked about it again, and nor is the check."""
    run = with_planner(red(play)).go()
    assert run.report["outcome"] == Outcome.PARTIALLY_COMPLETED
    assert [event.step for event in run.told(ev.StepStarted)].count("(replan)") == 1
    assert len([event for event in run.told(ev.CheckAnswered) if event.step == "(accept)"]) == 1


def test_the_planner_reads_nothing_of_a_red_check_that_is_held_back(play: Any) -> None:
    """Neither its name nor what it said."""
    told = brief(with_planner(red(play, HIDDEN), added()).go())
    assert "a check that agents are not told of" in told
    assert not [word for word in ("secret", "1 is missing") if word in told]


def test_a_refused_change_ends_a_run_with_a_red_acceptance_no_other_way(play: Any) -> None:
    """The outcome is the one without a planner."""
    offered = ProposedAmendment(operations=(added(),), why="so")
    run = red(play).say(ev.ModelsConfigured, routing=PLANNED).will(do.UseTool, "2.1", payload=offered).go()
    assert run.reply("no").go().report["outcome"] == Outcome.PARTIALLY_COMPLETED


# --- where a change comes from


def test_a_change_after_a_failure_is_a_recovery(play: Any) -> None:
    """The report says so."""
    run = play({"a": {}, "b": {}}).will(do.RunStep, "a", ending=BAD)
    with_planner(run, DropStep(step=StepId("a"))).go()
    assert [one["origin"] for one in run.report["amendments"]] == ["recovery"]
