"""What `prepare` made in a lane: what counts as a change of it, and how it is made anew.

Read `tests/attacks/test_prepared_files.py` for the attacks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.plan import Plan, Prepare
from surefoot.workers.prepared import Spoiled, spoiled
from tests.workers.conftest import SPEC, Lane

if TYPE_CHECKING:
    from pathlib import Path

MAKE = """
mkdir -p .venv/bin .venv/__pycache__; echo made > .venv/bin/tool; echo code > .venv/__pycache__/tool.pyc
ln -s tool .venv/bin/link; mkdir -p "$HOME/.config"; touch "$HOME/.config/made"
"""


@pytest.fixture
def prepared(lane: Lane) -> Lane:
    """Return a lane in which `prepare` has made an environment, and something in the home."""
    lane.context.adopt(Plan(goal="g", steps=(SPEC,), prepare=Prepare(run=MAKE)))
    ready = lane.perform(do.OpenLane(lane="0", commit=lane.context.space.base, fresh=True))
    assert isinstance(ready, ev.LaneReady), ready
    return lane


def _home(lane: Lane) -> Path:
    return lane.context.space.home_path("0")


def _placed(lane: Lane) -> ev.TreeCheckedOut:
    space = lane.context.space
    tree = space.tree("0", exclude=("*.data",))
    command = do.CheckOutTree(
        step=SPEC.id, attempt=1, lane="0", commit=space.base, tree=tree, scratch=("*.data",), prepare=True
    )
    placed = lane.perform(command)
    assert isinstance(placed, ev.TreeCheckedOut), placed
    return placed


def test_what_nobody_has_touched_is_as_prepare_made_it(prepared: Lane) -> None:
    """Looking at it, and running it, changes nothing."""
    (prepared.root / ".venv/bin/tool").read_text("utf-8")
    assert spoiled(prepared.context, "0", ()) == Spoiled()


@pytest.mark.parametrize("path", [".venv/bin/tool", ".venv/__pycache__/tool.pyc"])
def test_a_file_that_is_written_in_place_with_its_old_times_is_changed(prepared: Lane, path: str) -> None:
    """Size and time of the last write can be given back; bytecode is code."""
    file = prepared.root / path
    status = file.stat()
    file.write_text("evil\n"[: status.st_size], "utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert spoiled(prepared.context, "0", ()).changed == (path,)


def test_a_link_that_leads_elsewhere_is_changed(prepared: Lane) -> None:
    """The interpreter of a virtual environment is such a link."""
    link = prepared.root / ".venv/bin/link"
    link.unlink()
    link.symlink_to("/bin/true")
    assert spoiled(prepared.context, "0", ()).changed == (".venv/bin/link",)


def test_a_folder_that_became_a_link_is_gone_with_all_its_files(prepared: Lane, tmp_path: Path) -> None:
    """Nothing is looked at through the link."""
    (prepared.root / ".venv").rename(tmp_path / "moved")
    (prepared.root / ".venv").symlink_to(tmp_path / "moved")
    found = spoiled(prepared.context, "0", ())
    assert set(found.changed) == {".venv/bin/tool", ".venv/bin/link", ".venv/__pycache__/tool.pyc"}


def test_a_file_among_what_prepare_made_is_added(prepared: Lane) -> None:
    """A program there is found before the machine's own."""
    (prepared.root / ".venv/bin/grep").touch()
    assert spoiled(prepared.context, "0", ()) == Spoiled(added=(".venv/bin/grep",))


def test_what_a_step_declares_may_change(prepared: Lane) -> None:
    """A build folder that `prepare` fills changes with each build."""
    (prepared.root / ".venv/bin/tool").write_text("built", "utf-8")
    assert spoiled(prepared.context, "0", (".venv/**",)) == Spoiled()


def test_what_lies_elsewhere_is_no_concern_of_prepare(prepared: Lane) -> None:
    """It is a product of the step, and other rules hold for it."""
    (prepared.root / ".tox").mkdir()
    (prepared.root / ".tox/x").touch()
    assert spoiled(prepared.context, "0", ()) == Spoiled()


def test_a_changed_file_is_made_anew(prepared: Lane) -> None:
    """And everything beside it."""
    (prepared.root / ".venv/bin/tool").write_text("evil", "utf-8")
    (prepared.root / ".venv/bin/grep").touch()
    _placed(prepared)
    assert prepared.text(".venv/bin/tool") == "made\n"
    assert not (prepared.root / ".venv/bin/grep").exists()


def test_the_result_of_the_step_is_still_there_afterwards(prepared: Lane) -> None:
    """What the step wrote, what it may keep to itself, and what it took away."""
    for name in ("new.txt", "own.data"):
        (prepared.root / name).write_text(name, "utf-8")
    (prepared.root / "a.txt").unlink()
    (prepared.root / ".venv/bin/tool").write_text("evil", "utf-8")
    placed = _placed(prepared)
    assert prepared.context.space.tree("0", exclude=("*.data",)) == placed.tree
    assert [(prepared.root / name).exists() for name in ("new.txt", "own.data", "a.txt")] == [True, True, False]


def test_the_environment_is_made_from_the_result(prepared: Lane) -> None:
    """A step that changes what is to be installed is checked with that installed."""
    prepared.context.adopt(Plan(goal="g", steps=(SPEC,), prepare=Prepare(run=f"{MAKE}cat a.txt > .venv/bin/tool")))
    (prepared.root / "a.txt").write_text("newer", "utf-8")
    (prepared.root / ".venv/bin/tool").write_text("evil", "utf-8")
    _placed(prepared)
    assert prepared.text(".venv/bin/tool") == "newer"


def test_what_was_left_in_the_home_is_gone_when_the_lane_is_prepared_anew(prepared: Lane) -> None:
    """A configuration there could tell an installer where to install from."""
    (_home(prepared) / ".config/pip").mkdir(parents=True)
    (prepared.root / ".venv/bin/tool").write_text("evil", "utf-8")
    _placed(prepared)
    assert [path.name for path in (_home(prepared) / ".config").iterdir()] == ["made"]


def test_what_was_only_added_is_removed_without_preparing_anew(prepared: Lane) -> None:
    """Tools keep caches there, and preparing may take minutes."""
    before = (prepared.root / ".venv/bin/tool").stat().st_ctime_ns
    (prepared.root / ".venv/bin/grep").touch()
    _placed(prepared)
    assert not (prepared.root / ".venv/bin/grep").exists()
    assert (prepared.root / ".venv/bin/tool").stat().st_ctime_ns == before


def test_a_checkpoint_finds_what_a_check_has_changed(prepared: Lane) -> None:
    """A check runs what the step wrote, tests for example."""
    (prepared.root / ".venv/bin/tool").write_text("evil", "utf-8")
    commit = prepared.context.space.base
    taken = prepared.perform(do.TakeCheckpoint(step=SPEC.id, attempt=1, lane="0", commit=commit, scratch=()))
    assert isinstance(taken, ev.Checkpointed), taken
    assert prepared.text(".venv/bin/tool") == "made\n"
