"""Plans that are changed while their run goes on: what becomes of each step, at any moment."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.amendments import AddAccept, AddStep, DropStep, MoveStep, Operation, ReplaceStep, SetGoal
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Outcome
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, Effect, ForEach, RunBody, Step
from surefoot.errors import IllegalTransition

THREE: dict[str, Any] = {"a": {}, "b": {"needs": ("a",)}, "c": {"needs": ("b",)}}
PAY: dict[str, Any] = {"effect": Effect.IRREVERSIBLE}


def step(name: str, command: str = "", **fields: Any) -> Step:
    """Make a step."""
    return Step(id=StepId(name), body=RunBody(command=command or name), **fields)


def edited(name: str, **fields: Any) -> ReplaceStep:
    """Have a step do something else."""
    return ReplaceStep(step=StepId(name), by=step(name, f"{name} anew", **fields))


def amend(run: Any, *operations: Operation, name: str = "m1") -> Any:
    """Propose an amendment."""
    return run.say(ev.AmendmentProposed, amendment=name, operations=operations, why="")


def commands(run: Any) -> list[str]:
    """Return the commands that were run, in order."""
    specs = {command.spec.id: command.spec for command in run.open if isinstance(command, do.RunStep)}
    return [spec.body.text for spec in specs.values()]


def test_a_step_is_added_dropped_and_moved_before_it_begins(play: Any) -> None:
    """What had not begun follows the amended plan."""
    run = play({"a": {}, "b": {}, "c": {}}).go(do.RunStep, "a")
    amend(run, AddStep(step=step("d"), before=StepId("b")), DropStep(step=StepId("c")))
    assert run.go().bodies == ["a", "d", "b"]
    assert run.report["outcome"] == Outcome.COMPLETED


def test_a_move_changes_what_is_taken_up_next(play: Any) -> None:
    """Where nothing else decides, the order of the plan does."""
    run = amend(play({"a": {}, "b": {}, "c": {}}).go(do.RunStep, "a"), MoveStep(step=StepId("c"), before=StepId("b")))
    assert run.go().bodies == ["a", "c", "b"]


@pytest.mark.parametrize("until", [do.OpenLane, do.TakeCheckpoint, do.RunStep, do.Inspect])
def test_a_step_under_way_that_is_edited_begins_anew(play: Any, until: type[do.Command]) -> None:
    """Its attempt is put back and does not count."""
    run = amend(play(THREE).go(until), edited("a")).go()
    assert run.states == {"a": "verified", "b": "verified", "c": "verified"}
    assert [one.body.text for one in run.state.plan.steps] == ["a anew", "b", "c"]
    assert run.state.nodes["a"].failures == 0
    assert run.bodies[-3:] == ["a", "b", "c"]


def test_what_is_under_way_and_stays_is_not_disturbed(play: Any) -> None:
    """An amendment interrupts nothing but what it changes."""
    run = amend(play(THREE).go(do.RunStep, "a"), edited("c")).go()
    assert run.bodies == ["a", "b", "c"]
    assert run.told(ev.InterruptRequested) == []


def test_a_verified_step_that_stays_is_never_run_again(play: Any) -> None:
    """Nor when its words, or what it waits for, are other ones."""
    run = play(THREE).go(do.RunStep, "c")
    amend(run, ReplaceStep(step=StepId("b"), by=step("b", title="Better words"))).go()
    assert run.bodies == ["a", "b", "c"]
    assert run.state.nodes["b"].spec.title == "Better words"


def test_a_verified_step_that_is_edited_is_done_again_with_what_rests_on_it(play: Any) -> None:
    """What needs none of it stays."""
    run = play({"a": {}, "b": {"needs": ("a",)}, "x": {}}).go()
    run = amend(run, edited("a")).claim().say(ev.RunResumed).go()
    assert run.bodies == ["a", "b", "x", "a", "b"]
    assert run.states == dict.fromkeys("abx", "verified")


@pytest.mark.parametrize("operation", [DropStep(step=StepId("a")), edited("a", **PAY)])
def test_an_outside_effect_that_was_applied_is_not_taken_out_of_the_plan(play: Any, operation: Operation) -> None:
    """It has happened, whatever the plan says."""
    run = play({"a": PAY, "b": {}}).say_yes().go()
    if run.asked:
        run.reply("yes").go()
    with pytest.raises(IllegalTransition, match="was applied"):
        amend(run, operation)


def test_an_amendment_that_no_longer_holds_is_refused_and_the_run_goes_on(play: Any) -> None:
    """The step that is to be dropped was verified meanwhile."""
    run = play({"a": {}, "b": {}}).go(do.RunStep, "a")
    amend(run, SetGoal(goal="h"), name="m1")
    amend(run, DropStep(step=StepId("b")), AddStep(step=step("d", needs=("a",))), name="m2")
    amend(run, AddStep(step=step("d")), name="m3").go()
    assert run.state.plan.goal == "h"
    assert "there is a step 'd' already" in run.told(ev.AmendmentRefused)[0].why
    assert run.report["outcome"] == Outcome.COMPLETED


def test_what_nobody_agreed_to_does_not_come_of_two_changes_at_once(play: Any) -> None:
    """The second was judged by the plan without the check that the first adds: it would drop it unasked."""
    check = Check(name="more", ask=CommandCheck(command="more"))
    run = amend(
        play(THREE).go(do.RunStep, "a"), ReplaceStep(step=StepId("c"), by=step("c", needs=("b",), checks=(check,)))
    )
    amend(run, edited("c", needs=("b",)), name="m2")
    refused = run.go().state.amendments["m2"].refused
    assert refused is not None
    assert "check 'more' of step 'c' is dropped" in refused
    assert run.state.nodes["c"].spec.checks == (check,)


def test_an_ended_run_goes_on_with_what_was_added(play: Any) -> None:
    """A run is never too late to be amended."""
    run = play(THREE).go()
    run = amend(run, AddStep(step=step("d", needs=("c",)))).claim().say(ev.RunResumed).go()
    assert run.bodies == ["a", "b", "c", "d"]
    assert run.report["outcome"] == Outcome.COMPLETED


def test_an_acceptance_check_that_is_added_is_asked(play: Any) -> None:
    """Also when the others have been asked already."""
    added = Check(name="more", ask=CommandCheck(command="more"))
    run = amend(play(THREE).go(), AddAccept(check=added)).claim().say(ev.RunResumed).go()
    assert [one["name"] for one in run.report["accept"]] == ["more"]
    assert run.report["outcome"] == Outcome.COMPLETED


def test_members_of_a_group_that_have_not_begun_follow_the_new_template(play: Any) -> None:
    """Its items stay; what was begun stays as it is."""
    each = ForEach(items=("x", "y"))
    run = play({"g-{item}": {"for_each": each}}).go(do.RunStep, "g-x").let(do.RunStep).go(do.RunStep, "g-y")
    amend(run, ReplaceStep(step=StepId("g-{item}"), by=step("g-{item}", "anew {item}", for_each=each))).go()
    assert run.states == {"g-x": "verified", "g-y": "verified"}
