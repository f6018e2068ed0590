"""Turns on the branch: who waits for whom where several steps are under way."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import Ending, Status
from surefoot.core.plan import Check, Effect, Limits, Tier


def test_a_step_to_be_made_again_starts_beside_as_many_as_the_plan_allows(play: Any) -> None:
    """Those that run wait for its turn: a step that a person let go on must not keep it from starting."""
    run = play({"d": {"tier": Tier.CONFIRM}, "c": {}, "a": {}, "b": {}}, limits=Limits(parallel=2))
    run.will(do.MergeResult, "a", ev.MergeRefused, reason="they conflict", conflicts=("f",))
    run.go(do.MergeResult, "a").go(do.RunStep, "b")
    run.reply("yes").go()
    assert set(run.states.values()) == {"verified"}


def test_a_resource_is_kept_for_a_result_that_is_yet_to_be_checked_on_the_head(play: Any) -> None:
    """A step that a person lets go on meanwhile waits: else its body would run beside the checks of the result."""
    check = Check(name="k", ask=CommandCheck(command="k"), expect=Expect.PASS)
    steps = {"b": {"uses": ("gpu",), "tier": Tier.CONFIRM}, "z": {}, "a": {"uses": ("gpu",), "checks": (check,)}}
    run = play(steps, limits=Limits(parallel=3)).go(do.RunStep, "a").let(do.RunStep)
    run.go(do.WriteCommit, "z").let(do.Inspect)
    run.reply("yes").go(do.OpenLane, "3").let(do.OpenLane).go(do.TakeCheckpoint, "b").let(do.TakeCheckpoint)
    run.go(do.AskCheck, "k")
    assert run.bodies == ["z", "a"]
    assert run.go().bodies == ["z", "a", "b"]


def in_doubt(play: Any) -> Any:
    """Play until nothing goes on: the effect of `d` is in doubt, and `a`, which came too late, may not start."""
    steps = {"d": {"effect": Effect.IRREVERSIBLE}, "z": {}, "a": {}, "b": {}}
    run = play(steps, limits=Limits(parallel=4)).say(ev.ApprovalsGiven, allow=("d",))
    run.will(do.RunStep, "d", ending=Ending(status=Status.EXIT, exit_code=1))
    for _ in range(2):
        run.will(do.MergeResult, "a", ev.MergeRefused, reason="they conflict", conflicts=("f",))
    return run.go()


def test_a_step_kept_by_one_in_doubt_lets_the_results_behind_it_past(play: Any) -> None:
    """Nobody else has to wait until a person has looked at what they share files with."""
    run = in_doubt(play)
    assert run.states == {"d": "in_doubt", "z": "verified", "a": "pending", "b": "verified"}


@pytest.mark.parametrize(("answer", "order"), [("applied", "zbda"), ("not_applied", "zba")])
def test_a_step_kept_by_one_in_doubt_comes_after_it(play: Any, answer: str, order: str) -> None:
    """Its turn comes once the effect is known, on a head that holds what the effect left."""
    run = in_doubt(play).reply(answer).go()
    assert [event.step for event in run.told(ev.StepVerified)][: len(order)] == list(order)


def test_what_has_come_too_late_twice_begins_when_its_turn_comes(play: Any) -> None:
    """Begun beside others, it would come too late a third time."""
    run = in_doubt(play)
    late = [event.step for event in run.reply("applied").go().told(ev.AttemptFailed)]
    assert late == ["a", "a"]
