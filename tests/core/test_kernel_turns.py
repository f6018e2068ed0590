"""Turns on the branch: who waits for whom where several steps are under way."""

from __future__ import annotations

from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.plan import Limits, Tier


def test_a_step_to_be_made_again_starts_beside_as_many_as_the_plan_allows(play: Any) -> None:
    """Those that run wait for its turn: a step that a person let go on must not keep it from starting."""
    run = play({"d": {"tier": Tier.CONFIRM}, "c": {}, "a": {}, "b": {}}, limits=Limits(parallel=2))
    run.will(do.MergeResult, "a", ev.MergeRefused, reason="they conflict", conflicts=("f",))
    run.go(do.MergeResult, "a").go(do.RunStep, "b")
    run.reply("yes").go()
    assert set(run.states.values()) == {"verified"}
