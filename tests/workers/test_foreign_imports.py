"""A `python` that imports from the user's checkout is refused, wherever a lane has something to import."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.plan import Plan, Prepare
from tests.workers.conftest import SPEC, Lane

if TYPE_CHECKING:
    from surefoot.core.events import Event

REFUSED = "imports from your checkout"


@pytest.fixture
def misled(lane: Lane, checkout: Path) -> Lane:
    """Return a lane whose `python` looks for modules in the user's checkout."""
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    lane.context.environ = {**lane.context.environ, "PATH": os.pathsep.join(folders)}
    lane.context.adopt(Plan(goal="g", steps=(SPEC,), env={"PYTHONPATH": str(checkout)}))
    return lane


def opened(lane: Lane, commit: str, *, fresh: bool = False) -> Event:
    """Open the lane at a commit and return its fact."""
    return lane.perform(do.OpenLane(lane="0", commit=commit, fresh=fresh))


def with_file(lane: Lane, name: str) -> str:
    """Return a commit on the base that has one more file."""
    (lane.root / name).write_text("x = 1\n", "utf-8")
    space = lane.context.space
    return space.write_commit(space.tree("0"), space.base, "one more", at=0.0)


def test_a_lane_without_python_is_not_asked(misled: Lane) -> None:
    """Nothing in it could be imported, and to start Python takes long."""
    ready = opened(misled, misled.context.space.base, fresh=True)
    assert isinstance(ready, ev.LaneReady), ready


@pytest.mark.parametrize("name", ["module.py", "pyproject.toml"])
def test_a_lane_is_asked_once_it_holds_python(misled: Lane, name: str) -> None:
    """A step may have written the first file; the lane was found prepared before that."""
    opened(misled, misled.context.space.base, fresh=True)
    failed = opened(misled, with_file(misled, name))
    assert isinstance(failed, ev.EffectFailed), failed
    assert REFUSED in failed.reason


def test_a_lane_in_which_prepare_ran_is_asked(misled: Lane) -> None:
    """What `prepare` makes is not in the commit."""
    plan = misled.context.plan
    misled.context.adopt(replace(plan, prepare=Prepare(run="true")))
    failed = opened(misled, misled.context.space.base, fresh=True)
    assert isinstance(failed, ev.EffectFailed), failed
    assert REFUSED in failed.reason


def test_what_is_noted_of_a_lane_outlives_its_first_python_file(lane: Lane) -> None:
    """The lane is the same one: to forget its caches would take them for changed."""
    opened(lane, lane.context.space.base, fresh=True)
    lane.context.write_note("0", {**lane.context.note("0"), "caches": "{}"})
    ready = opened(lane, with_file(lane, "module.py"))
    assert isinstance(ready, ev.LaneReady), ready
    assert lane.context.note("0")["caches"] == "{}"
