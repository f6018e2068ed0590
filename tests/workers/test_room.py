"""When a lane counts as settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.api.home import Home
from surefoot.clock import SystemClock
from surefoot.core.ids import RunId
from surefoot.core.plan import Plan
from surefoot.sandbox import Rung
from surefoot.workers.run_context import Room


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Return the room of a run of nothing."""
    with Home(tmp_path) as home:
        run = RunId("20260101-abcdef")
        folder = home.run_folder(run)
        plan = Plan(goal="nothing", steps=())
        return Room(
            run=run, folder=folder, plan=plan, blobs=home.journal.blobs, clock=SystemClock(), rung=Rung.BUBBLEWRAP
        )


def test_a_lane_is_settled_from_a_look_to_the_next_command_in_it(room: Room) -> None:
    """Commands in other lanes, which cannot write there, do not matter."""
    room.settle("0")
    room.settle("1")
    room.disturb("0", leaves_nothing=True)
    assert room.settled == {"1"}


def test_no_lane_is_settled_once_something_may_have_been_left_running(room: Room) -> None:
    """Not even after the next look: nobody knows when it writes."""
    room.settle("1")
    room.disturb("0", leaves_nothing=False)
    room.settle("0")
    assert not room.settled
