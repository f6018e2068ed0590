"""Turns on the branch: who waits for whom where several steps are under way."""

from __future__ import annotations

from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.plan import Check, Expect, Limits, RunAsk, Tier


def test_a_step_to_be_made_again_starts_beside_as_many_as_the_plan_allows(play: Any) -> None:
    """Those that run wait for its turn: a step that a person let go on must not keep it from starting."""
    run = play({"d": {"tier": Tier.CONFIRM}, "c": {}, "a": {}, "b": {}}, limits=Limits(parallel=2))
    run.will(do.MergeResult, "a", ev.MergeRefused, reason="they conflict", conflicts=("f",))
    run.go(do.MergeResult, "a").go(do.RunStep, "b")
    run.reply("yes").go()
    assert set(run.states.values()) == {"verified"}


def test_a_resource_is_kept_for_a_result_that_is_yet_to_be_checked_on_the_head(play: Any) -> None:
    """A step that a person lets go on meanwhile waits: else its body would run beside the checks of the result."""
    check = Check(name="k", ask=RunAsk(command="k"), expect=Expect.PASS)
    steps = {"b": {"uses": ("gpu",), "tier": Tier.CONFIRM}, "z": {}, "a": {"uses": ("gpu",), "checks": (check,)}}
    run = play(steps, limits=Limits(parallel=3)).go(do.RunStep, "a").let(do.RunStep)
    run.go(do.WriteCommit, "z").let(do.Inspect)
    run.reply("yes").go(do.OpenLane, "3").let(do.OpenLane).go(do.TakeCheckpoint, "b").let(do.TakeCheckpoint)
    run.go(do.AskCheck, "k")
    assert run.bodies == ["z", "a"]
    assert run.go().bodies == ["z", "a", "b"]
