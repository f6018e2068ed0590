"""A run that is taken back: its outside effects in the reverse of their order, then its branch (M131, M132)."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.ids import StepId
from surefoot.core.plan import Effect
from surefoot.errors import IllegalTransition

A, B = StepId("a"), StepId("b")
STEPS: dict[str, Any] = {
    "a": {"effect": Effect.IRREVERSIBLE, "undo_run": "un-a"},
    "b": {"effect": Effect.IRREVERSIBLE, "undo_run": "un-b", "needs": ("a",)},
    "c": {"effect": Effect.IRREVERSIBLE, "undo": "say sorry", "needs": ("b",)},
}


def undoing(play: Any, **fields: Any) -> Any:
    """Return a run that has had its effects and is being taken back."""
    run = play(STEPS).say(ev.ApprovalsGiven, allow=("a", "b", "c")).go()
    return run.say(ev.UndoRequested, **fields).claim()


def test_effects_are_undone_the_last_one_first(play: Any) -> None:
    """Each after a yes; then the branch is at the base, and the run counts as cancelled."""
    run = undoing(play).go().reply("yes").go().reply("yes").go()
    assert run.bodies[3:] == ["(undo:b)", "(undo:a)"]
    assert (run.state.undone_by, run.state.branch.head, run.report["outcome"]) == ("una", "c0", "cancelled")
    assert [one["undone"] for one in run.report["outside_effects"]] == [True, True, False]


def test_a_no_leaves_the_run_as_it_was(play: Any) -> None:
    """With its outcome, its branch, and what was undone before."""
    run = undoing(play).go().reply("yes").go().reply("no", reason="keep it").go()
    assert (run.state.undoing, run.report["outcome"], run.state.branch.head) == (None, "completed", "c-c")
    assert [one["undone"] for one in run.report["outside_effects"]] == [False, True, False]


def test_an_undo_that_stopped_goes_on(play: Any) -> None:
    """What was undone before is not undone again; what is to be left stays."""
    run = undoing(play).go().reply("yes").go().reply("no", reason="keep it").go()
    run.say(ev.UndoRequested, leave=(A,)).claim().go()
    assert (run.bodies[3:], run.state.undone_by) == (["(undo:b)"], "una")


def test_an_undone_run_is_not_undone_again(play: Any) -> None:
    """Before anything is decided."""
    run = undoing(play, leave=(A, B)).go()
    with pytest.raises(IllegalTransition, match="undone already, by una"):
        run.say(ev.UndoRequested)


def test_an_effect_in_doubt_is_settled_before_anything_is_undone(play: Any) -> None:
    """A person is asked whether it was applied; then it is undone like the others."""
    run = play(STEPS).say(ev.ApprovalsGiven, allow=("a", "b", "c")).go(do.RunStep, "b")
    run.say(ev.UndoRequested).claim().go()
    assert [one.asked.step for one in run.state.open_questions] == ["b"]
    run.reply("applied").go().reply("yes").go().reply("yes").go()
    assert (run.bodies[2:], run.state.undone_by) == (["(undo:b)", "(undo:a)"], "una")


def test_an_effect_that_comes_again_can_be_undone_again(play: Any) -> None:
    """The retried step has an undo of its own."""
    run = undoing(play).go().reply("yes").go().reply("yes").go()
    run.say(ev.StepsInvalidated, steps=("a",)).go().reply("yes").go()
    assert run.state.nodes[A].is_undone is False
    assert "(undo:a)" not in run.state.nodes
