"""Groups in a batch and careful ones: who starts beside whom, what a failure means, and what is chosen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.batches import batch_choice
from surefoot.core.bodies import AgentBody, AgentLimits
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Ending, Status
from surefoot.core.ids import StepId
from surefoot.core.plan import AskBody, Batch, Check, ForEach, Limits, OnFailure, RetryPolicy, RunBody, Step
from surefoot.core.policy_types import Effect
from tests.core.conftest import Play

ONCE = RetryPolicy(maximum_attempts=1)
BAD: Any = Ending(status=Status.EXIT, exit_code=1)
CHECKED = Check(name="c", ask=CommandCheck(command="t"))
EACH: dict[str, Any] = {"for_each": ForEach(name="i", items=("1", "2", "3")), "retry": ONCE}
WIDE = Limits(parallel=3)


def group(mode: str, **fields: Any) -> dict[str, Any]:
    """Return the fields of a group that is taken up so."""
    return {**EACH, "batch": Batch(mode), **fields}


def chosen(**fields: Any) -> tuple[str, str]:
    """Return what is chosen for a group of such steps, and why."""
    step = Step(**{"id": StepId("g-{i}"), "body": RunBody(command="g"), **EACH, **fields})
    choice = batch_choice(step)
    return choice.mode.value, choice.why


def test_a_careful_member_begins_when_the_one_before_is_verified(play: Any) -> None:
    """M29, M30, M35: however many may run at once."""
    run = play({"g-{i}": group("careful")}, limits=WIDE).go()
    order = [(type(event), event.step) for event in run.journal if isinstance(event, ev.StepStarted | ev.StepVerified)]
    assert order == [(kind, f"g-{i}") for i in (1, 2, 3) for kind in (ev.StepStarted, ev.StepVerified)]


def test_a_careful_group_stops_at_its_first_failure(play: Any) -> None:
    """M30: nothing that is like what failed is begun."""
    run = play({"g-{i}": group("careful")}, limits=WIDE).will(do.RunStep, "g-2", ending=BAD).go()
    assert run.states == {"g-1": "verified", "g-2": "failed", "g-3": "blocked"}


def test_a_careful_group_goes_on_when_what_failed_is_tried_again(play: Any) -> None:
    """The members that waited are done after it."""
    run = play({"g-{i}": group("careful")}, limits=WIDE).will(do.RunStep, "g-1", ending=BAD).go()
    run.say(ev.StepsInvalidated, steps=("g-1",)).go()
    assert set(run.states.values()) == {"verified"}


def test_a_careful_member_that_is_passed_over_keeps_nobody_waiting(play: Any) -> None:
    """`on_failure: skip` says that a failure does not matter."""
    skip = group("careful", on_failure=OnFailure.SKIP)
    run = play({"g-{i}": skip}).will(do.RunStep, "g-1", ending=BAD).go()
    assert list(run.states.values()) == ["skipped", "verified", "verified"]


def test_a_member_that_a_person_refuses_keeps_no_other_from_being_asked_about(play: Any) -> None:
    """It has not begun: nothing went wrong."""
    run = play({"g-{i}": {**EACH, "effect": Effect.IRREVERSIBLE}}).go().reply("no").go()
    assert run.states == {"g-1": "failed", "g-2": "waiting", "g-3": "pending"}


def test_the_bodies_of_a_batch_come_before_its_checks(play: Any) -> None:
    """M30: as far as `parallel` lets them run side by side."""
    run = play({"g-{i}": group("batch", checks=(CHECKED,))}, limits=WIDE).go()
    order = [type(event) for event in run.journal if isinstance(event, ev.BodyFinished | ev.CheckRequested)]
    assert order[:3] == [ev.BodyFinished] * 3
    assert set(run.states.values()) == {"verified"}


def test_a_failure_in_a_batch_stops_no_other_member(play: Any) -> None:
    """M30: not even where it stops the run."""
    steps = {"g-{i}": group("batch", on_failure=OnFailure.STOP), "z": {}}
    run = play(steps).will(do.RunStep, "g-1", ending=BAD).go()
    assert run.states == {"g-1": "failed", "g-2": "verified", "g-3": "verified", "z": "blocked"}


def test_the_failures_of_a_batch_are_told_together(play: Any) -> None:
    """M30: in one finding, once all members have ended."""
    run = play({"g-{i}": group("batch")}).will(do.RunStep, "g-1", ending=BAD).will(do.RunStep, "g-3", ending=BAD).go()
    found = [one["text"] for one in run.report["findings"] if one["kind"] == "batch-failures"]
    assert found == ["2 of 3 members failed: g-1: exit status 1; g-3: exit status 1"]


@pytest.mark.parametrize(
    ("fields", "mode", "why"),
    [
        ({}, "batch", "members can be undone, a failure costs an attempt"),
        ({"estimate_s": 20.0}, "batch", "a failure costs about 20 s"),
        ({"effect": Effect.IRREVERSIBLE}, "careful", "cannot be undone"),
        ({"estimate_s": 7200.0}, "careful", "a failure costs about 2 h"),
        ({"on_failure": OnFailure.STOP}, "careful", "a failure stops the run"),
        ({"body": AskBody(question="Which?")}, "careful", "a person answers each"),
        ({"body": AgentBody(instructions="x", limits=AgentLimits(cost_usd=9.0))}, "careful", "a failure may cost $9"),
        ({"batch": Batch.BATCH, "effect": Effect.IRREVERSIBLE}, "batch", "the plan says so"),
    ],
)
def test_what_is_chosen_rests_on_what_the_plan_says(fields: dict[str, Any], mode: str, why: str) -> None:
    """M29, M133: reversibility, cost of failure, dependencies, feedback; what the plan says holds."""
    assert chosen(**fields)[0] == mode
    assert why in chosen(**fields)[1]


def test_members_that_write_one_file_go_carefully() -> None:
    """M29: each rests on the one before."""
    step = Step(id=StepId("g-{i}"), body=RunBody(command="g"), **EACH)
    assert batch_choice(step, shares_file=True).mode is Batch.CAREFUL


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_two_members_of_a_careful_group_overlap(data: st.DataObject) -> None:
    """M133: whatever answers come when, whatever fails, and whenever an engine dies."""
    steps = {"g-{i}": group("careful", retry=RetryPolicy(maximum_attempts=2)), "a": {}, "b": {}}
    run = Play(steps, limits=WIDE)
    for number in range(40):
        run.step()
        at_work = [name for name in run.state.active if run.state.nodes[name].group is not None]
        assert len(at_work) <= 1, at_work
        match data.draw(st.sampled_from(("go on", "go on", "fail", "die"))):
            case "fail":
                run.will(do.RunStep, f"g-{1 + number % 3}", ending=BAD)
            case "die":
                run.claim()
            case _:
                pass
