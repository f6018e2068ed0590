"""A state from a snapshot is the state from the whole journal."""

from __future__ import annotations

from pathlib import Path

import pytest

import surefoot
from surefoot.api import Home
from surefoot.core import events as ev
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply, decide
from surefoot.core.plan import ForEach, Plan, RunBody, Step
from surefoot.core.state import RunState
from surefoot.engines.snapshots import decode_state, encode_state, fold_digest, keep_snapshot, load_state

RUN = RunId("20260101-aaaaaa")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one run of five steps, one of which failed."""

    async def body(argument: surefoot.StepArgument) -> None:
        assert argument.workspace is None

    async def fail(argument: surefoot.StepArgument) -> None:
        raise ValueError(argument.idempotency_key)

    steps = [surefoot.Step("a", body), surefoot.Step("b", fail), surefoot.Step("c", body, needs=["b"])]
    surefoot.run(surefoot.Plan(goal="g", steps=steps), home=tmp_path, run_id=RUN)
    return Home(tmp_path)


def test_a_state_survives_its_encoding(home: Home) -> None:
    """Encoding and decoding gives an equal state."""
    state = home.state(RUN)
    assert decode_state(state.created, encode_state(state)) == state


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_snapshot_at_any_point_gives_the_same_state(home: Home, cut: int) -> None:
    """Whatever was folded before the snapshot, the rest gives the same end."""
    whole, part = home.state(RUN), None
    for recorded in list(home.journal.events(RUN))[:cut]:
        part = apply(part, recorded.event)
    assert part is not None
    keep_snapshot(home.journal, part)
    assert load_state(home.journal, RUN) == whole


@pytest.fixture
def grouped() -> RunState:
    """A run whose plan has a group that was expanded, and a step that waits for it."""
    each = Step(id=StepId("g-{item}"), body=RunBody(command="wc {item}"), for_each=ForEach(items=("x", "y")))
    last = Step(id=StepId("last"), body=RunBody(command="the last command"), needs=("g-{item}",))
    state = apply(None, ev.RunCreated(at=0.0, run=RUN, plan=Plan(goal="the goal", steps=(each, last))))
    apply(state, ev.EngineStarted(at=1.0, engine="e", token=1, pid=1, host="h", rung="plain", release="r"))
    while "g-x" not in state.nodes:
        for proposal in decide(state, 2.0):
            apply(state, proposal.event)
        if state.expanding is not None:
            apply(state, ev.GroupExpanded(at=2.0, group=each.id, items=("x", "y")))
    return state


def test_members_of_a_group_survive_the_encoding(grouped: RunState) -> None:
    """They are in no plan: all of them is in the snapshot."""
    decoded = decode_state(grouped.created, encode_state(grouped))
    assert decoded == grouped
    assert "g-x" in grouped.nodes


def test_a_snapshot_does_not_say_again_what_the_plan_says(grouped: RunState) -> None:
    """It stays small beside the plan, however long the run."""
    content = encode_state(grouped)
    assert b"the last command" not in content
    assert b"the goal" not in content


def test_steps_of_a_decoded_state_are_those_of_its_plan(grouped: RunState) -> None:
    """They are not in memory twice."""
    decoded = decode_state(grouped.created, encode_state(grouped))
    assert decoded is not None
    assert [node.spec for node in decoded.nodes.values()][:2] == list(grouped.plan.steps)
    assert decoded.nodes[StepId("last")].spec is grouped.plan.steps[1]


@pytest.mark.parametrize("cut", range(3))
def test_a_snapshot_that_was_cut_short_is_refused(grouped: RunState, cut: int) -> None:
    """A step that is missing is not taken for one that has not begun."""
    lines = encode_state(grouped).split(b"\n")
    assert decode_state(grouped.created, b"\n".join(lines[:cut])) is None


def test_a_useless_snapshot_is_passed_over(home: Home) -> None:
    """A snapshot that cannot be read costs time, nothing else."""
    whole = home.state(RUN)
    home.journal.save_snapshot(RUN, 3, b'{"not": "a state"}', fold_digest())
    assert load_state(home.journal, RUN) == whole


def test_a_snapshot_of_other_code_is_passed_over(home: Home) -> None:
    """A build between two releases may fold an event in another way: what it kept is not trusted."""
    whole, part = home.state(RUN), None
    for recorded in list(home.journal.events(RUN))[:5]:
        part = apply(part, recorded.event)
    assert part is not None
    part.active_s += 1000.0  # as other code might have counted it
    home.journal.save_snapshot(RUN, part.seq, encode_state(part), "0.1.0")
    assert load_state(home.journal, RUN) == whole
