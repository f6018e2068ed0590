"""A state from a snapshot is the state from the whole journal."""

from __future__ import annotations

from pathlib import Path

import pytest

import surefoot
from surefoot.api import Home
from surefoot.core.ids import RunId
from surefoot.core.kernel import apply
from surefoot.engines.snapshots import decode_state, encode_state, keep_snapshot, load_state

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
    assert decode_state(encode_state(state)) == state


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_snapshot_at_any_point_gives_the_same_state(home: Home, cut: int) -> None:
    """Whatever was folded before the snapshot, the rest gives the same end."""
    whole, part = home.state(RUN), None
    for recorded in list(home.journal.events(RUN))[:cut]:
        part = apply(part, recorded.event)
    assert part is not None
    keep_snapshot(home.journal, part)
    assert load_state(home.journal, RUN) == whole


def test_a_useless_snapshot_is_passed_over(home: Home) -> None:
    """A snapshot that cannot be read costs time, nothing else."""
    whole = home.state(RUN)
    home.journal.save_snapshot(RUN, 3, b'{"not": "a state"}')
    assert load_state(home.journal, RUN) == whole
