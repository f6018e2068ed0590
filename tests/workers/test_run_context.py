"""When a lane counts as settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.api.home import Home
from surefoot.clock import SystemClock
from surefoot.core.ids import RunId
from surefoot.core.plan import Plan
from surefoot.sandbox import Rung
from surefoot.workers.run_context import RunContext


@pytest.fixture
def context(tmp_path: Path) -> RunContext:
    """Return the context of a run of nothing."""
    with Home(tmp_path) as home:
        run = RunId("20260101-abcdef")
        folder = home.run_folder(run)
        plan = Plan(goal="nothing", steps=())
        return RunContext(
            run=run, folder=folder, plan=plan, blobs=home.journal.blobs, clock=SystemClock(), rung=Rung.BUBBLEWRAP
        )


def test_a_lane_is_settled_from_a_look_to_the_next_command_in_it(context: RunContext) -> None:
    """Commands in other lanes, which cannot write there, do not matter."""
    context.settle("0")
    context.settle("1")
    context.disturb("0", leaves_nothing=True)
    assert context.settled == {"1"}


def test_no_lane_is_settled_once_something_may_have_been_left_running(context: RunContext) -> None:
    """Not even after the next look: nobody knows when it writes."""
    context.settle("1")
    context.disturb("0", leaves_nothing=False)
    context.settle("0")
    assert not context.settled
