"""Dead letters that people take up again or close."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Usage
from surefoot.core.budget import used_of
from surefoot.core.escalations import escalations_of
from surefoot.core.event_words import Ending, Status
from surefoot.core.graph_state import closing_of
from surefoot.core.ids import StepId
from surefoot.core.plan import RetryPolicy
from surefoot.errors import IllegalTransition

A = StepId("a")
FAILING: dict[str, Any] = {"a": {"retry": RetryPolicy(maximum_attempts=1)}, "b": {"needs": ("a",)}}
LOST: dict[str, Any] = {"ending": Ending(status=Status.EXIT, exit_code=1)}


def failed(play: Any) -> Any:
    """Play until the first step is given up, and the second waits for it in vain."""
    run = play(FAILING).will(do.RunStep, "a", **LOST).go()
    assert run.states == {"a": "failed", "b": "blocked"}
    return run


def closed(run: Any) -> Any:
    """Close what was given up."""
    return run.say(ev.DeadLetterClosed, step=A, attempt=1, why="not ours")


def test_a_closed_letter_holds_for_what_waits_for_it(play: Any) -> None:
    """The step that was given up, and the one that needs it."""
    state = closed(failed(play)).state
    said = [closing_of(state, state.nodes[name]) for name in state.nodes]
    assert [one.why for one in said if one is not None] == ["not ours", "not ours"]
    assert escalations_of(state)[0]["closed"] == {"by": "una", "why": "not ours"}


def test_what_fails_again_is_another_letter(play: Any) -> None:
    """Whoever tries it again, and by whatever command."""
    run = closed(failed(play)).say(ev.StepsInvalidated, steps=(A,))
    run.claim().will(do.RunStep, "a", **LOST).go()
    assert run.states["a"] == "failed"
    assert closing_of(run.state, run.state.nodes[A]) is None


def test_what_is_taken_up_has_its_own_limits_anew(play: Any) -> None:
    """What it took before stays in the report, and counts against the run."""
    run = failed(play)
    run.state.nodes[A].usage = Usage(requests=7, output_tokens=3)
    run.say(ev.DeadLetterTakenUp, step=A)
    assert (used_of(run.state, run.state.nodes[A]).requests, run.state.nodes[A].usage.requests) == (0, 7)


def test_a_letter_is_closed_once(play: Any) -> None:
    """The second one is told that it comes too late."""
    with pytest.raises(IllegalTransition, match="closed before"):
        closed(closed(failed(play)))


def test_what_is_done_is_no_dead_letter(play: Any) -> None:
    """Neither to be closed nor to be taken up."""
    run = play({"a": {}}).go()
    for kind, more in ((ev.DeadLetterClosed, {"attempt": 1, "why": ""}), (ev.DeadLetterTakenUp, {})):
        with pytest.raises(IllegalTransition, match="is verified"):
            run.say(kind, step=A, **more)


def test_a_run_that_was_closed_is_listed_again_once_an_engine_took_it_up(play: Any) -> None:
    """Closing it is about the standstill that was there."""
    run = play({"a": {}}).go(do.RunStep).say(ev.DeadLetterClosed, step=None, attempt=0, why="")
    assert "" in run.state.closed_letters
    assert run.claim().state.closed_letters == {}
