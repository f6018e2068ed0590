"""Lanes that cannot be made usable: the run goes on in the others, and ends only where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Diagnosis, Ending, Status
from surefoot.core.plan import Check, Effect, ForEach, Limits, OnFailure, Prepare

NO_ROOM = {"diagnosis": Diagnosis.STRUCTURAL, "reason": "no room"}


def short(play: Any) -> Any:
    """Begin a run of three steps at once in which one of three lanes cannot be made usable."""
    run = play({name: {} for name in "abcdef"}, limits=Limits(parallel=3))
    return run.will(do.OpenLane, "2", ev.EffectFailed, **NO_ROOM).go(do.RunStep)


def asked_for(run: Any) -> list[str]:
    """Return the lanes that were asked for, in order."""
    return [event.lane for event in run.told(ev.LaneRequested)]


def test_a_run_goes_on_in_the_lanes_it_has(play: Any) -> None:
    """All steps are done, and neither that lane is asked for again nor another one made for it."""
    run = short(play).go()
    assert (set(run.states.values()), asked_for(run)) == ({"verified"}, ["1", "2", "3"])


def test_a_lane_that_the_run_does_without_is_a_finding(play: Any) -> None:
    """A person should know why fewer steps ran at once."""
    [found] = short(play).go().report["findings"]
    assert (found["kind"], found["text"].startswith("lane 2 could not"), "no room" in found["text"]) == (
        "lane-unusable",
        True,
        True,
    )


def test_a_lane_on_its_way_is_waited_for_and_a_run_without_any_ends(play: Any) -> None:
    """What has failed twice names the cure; a retry begins with all lanes again."""
    run = play({"a": {}, "b": {}}, limits=Limits(parallel=2)).go(do.OpenLane, "2")
    run.will(do.OpenLane, "1", ev.EffectFailed, **NO_ROOM).will(do.OpenLane, "2", ev.EffectFailed, **NO_ROOM)
    assert run.let(do.OpenLane).report["state"] == "running"
    assert (run.go().report["reason"], run.report["findings"]) == ("no room", [])
    assert run.say(ev.StepsInvalidated, steps=()).claim().go().report["outcome"] == "completed"


@pytest.mark.parametrize("how", ["resume", "another engine"])
def test_a_lane_is_tried_again_where_the_run_is_taken_up_again(play: Any, how: str) -> None:
    """Whoever resumes may have done something about it."""
    run = short(play).say(ev.PauseRequested).go().say(ev.RunResumed) if how == "resume" else short(play).claim()
    run.go()
    assert (asked_for(run).count("2"), run.report["findings"], run.report["outcome"]) == (2, [], "completed")


def test_a_step_that_waits_for_a_lane_does_not_keep_those_from_their_turn_that_have_one(play: Any) -> None:
    """The send is first in the queue and has no lane; the results before which it stands have all there are."""
    run = play({"a": {}, "b": {}, "send": {"effect": Effect.IDEMPOTENT}}, limits=Limits(parallel=3))
    run.say(ev.ApprovalsGiven, yes=True).will(do.OpenLane, "3", ev.EffectFailed, **NO_ROOM).go()
    assert (set(run.states.values()), run.bodies[-1]) == ({"verified"}, "send")


def test_a_lane_is_left_to_a_step_in_the_queue(play: Any) -> None:
    """Else each lane that is free would go to a step that starts later, and whose result stands before it again."""
    checks = tuple(Check(name=name, ask=CommandCheck(command=name), expect=Expect.PASS) for name in ("k", "l"))
    steps = {name: {"checks": checks} for name in "abcdefgh"}
    first = {name: steps.pop(name) for name in "ab"}
    run = play({**first, "send": {"effect": Effect.IDEMPOTENT}, **steps}, limits=Limits(parallel=3))
    run.say(ev.ApprovalsGiven, yes=True).will(do.OpenLane, "2", ev.EffectFailed, **NO_ROOM).go()
    assert "send" in run.bodies[:4]


def test_the_lane_in_which_a_group_is_expanded_is_left_to_that(play: Any) -> None:
    """A step that starts meanwhile gets another one: taking its checkpoint there would end what lists the items."""
    run = play({"g-{item}": {"for_each": ForEach(lines="ls")}, "b": {}}, limits=Limits(parallel=2))
    run.go(do.ExpandGroup).go(do.OpenLane, "2")
    assert [command.lane for command in run.open] == ["1", "2"]


def test_a_lane_is_not_prepared_further_once_nothing_is_left_to_run_in_it(play: Any) -> None:
    """The run ends without waiting for an environment that nobody will use."""
    run = play({"a": {"on_failure": OnFailure.STOP}, "b": {}}, limits=Limits(parallel=2))
    run.will(do.RunStep, "a", ending=Ending(status=Status.EXIT, exit_code=1))
    run.go(do.OpenLane).let(do.OpenLane).go(do.OpenLane, "2")
    while others := [command for command in run.open if not isinstance(command, do.OpenLane)]:
        run.let(type(others[0])).go(do.OpenLane)
    assert [(one.effect, one.subject) for one in run.told(ev.EffectCancelled)] == [("lane", "2")]


def test_the_journal_says_which_try_at_a_lane_is_the_last(play: Any) -> None:
    """Another release may try oftener: what became of this run does not hang on that."""
    run = play({"a": {}})
    for _ in range(3):
        run.will(do.OpenLane, "1", ev.EffectFailed, diagnosis=Diagnosis.TRANSIENT, reason="no answer")
    assert run.go().report["reason"] == "no answer"
    assert [event.is_last_try for event in run.told(ev.LaneRequested)] == [False, False, True]


def test_one_lane_is_prepared_before_others_are_asked_for(play: Any) -> None:
    """They get a copy of what is made in it."""
    run = play({"a": {}, "b": {}, "c": {}}, limits=Limits(parallel=3), prepare=Prepare(run="make env"))
    assert asked_for(run.go(do.OpenLane)) == ["1"]
    assert asked_for(run.let(do.OpenLane).go(do.OpenLane)) == ["1", "2", "3"]


def test_all_lanes_are_prepared_at_once_where_none_can_be_cloned(play: Any) -> None:
    """As `clone: false` says."""
    prepare = Prepare(run="make env", clone=False)
    run = play({"a": {}, "b": {}, "c": {}}, limits=Limits(parallel=3), prepare=prepare)
    assert asked_for(run.go(do.OpenLane)) == ["1", "2", "3"]


def test_no_lane_is_prepared_for_steps_that_the_first_one_has_done(play: Any) -> None:
    """A lane that could not be prepared at first is tried again, and no other in its place."""
    prepare = Prepare(run="make env")
    run = play({"a": {}, "b": {"needs": ("a",)}}, limits=Limits(parallel=3), prepare=prepare)
    run.will(do.OpenLane, "1", ev.EffectFailed, diagnosis=Diagnosis.TRANSIENT, reason="no answer")
    assert asked_for(run.go()) == ["1", "1"]
