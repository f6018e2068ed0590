"""A clean lane that takes over the files of a used one holds what a new checkout would hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surefoot.workspace import RunWorkspace

if TYPE_CHECKING:
    from conftest import Folder, Stage

BODIES = (
    "true",
    "touch x.log new; mkdir -p ignored/deep fresh/__pycache__; touch ignored/deep/f fresh/__pycache__/m",
    "chmod 600 src/a.py; chmod 777 run.sh; chmod -x many/7",
    "ln many/1 many/linked; ln many/2 ignored-link.log",
    "mkfifo pipe src/pipe.log; mkdir -p empty/one many/empty; git init -q nested",
    "touch -r many/3 keep; echo other > many/3; touch -r keep many/3; rm keep",
    "rm link many/4; ln -s /etc link; ln -s 5 many/4; touch -h -d yesterday many/6; rm -r src/deep",
    "echo changed > src/a.py; echo b > '[n]ew'; echo '!x.log' >> .gitignore; touch x.log",
    "chmod 700 many; chmod 000 src/deep",
)


@pytest.fixture
def large(user: Folder, stage_on: Callable[..., Stage]) -> Stage:
    """Return a workspace on a repository with so many files that a checkout is worth saving."""
    (user.path / "many").mkdir()
    for number in range(1500):
        (user.path / f"many/{number}").write_text(f"{number}\n")
    user.commit("many")
    return stage_on(user)


def made(folder: Path, name: str = "many/1400") -> tuple[int, int]:
    """Return what tells a file from another one with the same content: an inode may be given out again."""
    found = (folder / name).stat()
    return found.st_ino, found.st_mtime_ns


def folders(top: Path) -> dict[str, int]:
    """Return all folders with their permissions."""
    return {os.path.relpath(place, top): Path(place).stat().st_mode for place, _, _ in os.walk(top)}


def without_link(lane: Folder) -> dict[str, tuple[int, bytes]]:
    """Return the files of a lane, without the way to its repository."""
    return {name: found for name, found in lane.look().items() if name != ".git"}


def test_untouched_files_are_taken_over_and_the_used_lane_is_gone(large: Stage) -> None:
    """Nothing is written again."""
    before = made(large.lane.path)
    clean = large.space.open_lane("clean", large.space.base, fresh=True, used=("1",))
    assert made(clean) == before
    assert not large.lane.path.exists()


@pytest.mark.parametrize("body", BODIES)
def test_nothing_that_a_body_left_is_in_the_clean_lane(large: Stage, body: str) -> None:
    """Files and folders are those of a new checkout, with their permissions."""
    large.lane.sh(body)
    clean = type(large.lane)(large.space.open_lane("clean", large.space.base, fresh=True, used=("1",)))
    new = type(large.lane)(large.space.open_lane("2", large.space.base))
    assert without_link(clean) == without_link(new)
    assert folders(clean.path) == folders(new.path)
    assert clean.git("status", "--porcelain", "--ignored") == ""


@pytest.mark.parametrize("body", ["chmod 700 many", "for at in {0..1100}; do echo x >> many/$at; done"])
def test_a_lane_with_too_much_to_put_back_is_made_anew(large: Stage, body: str) -> None:
    """A folder's permissions are not put back, and not file after file."""
    large.lane.sh(body)
    before = made(large.lane.path)
    assert made(large.space.open_lane("clean", large.space.base, fresh=True, used=("1",))) != before


def test_the_clean_lane_holds_what_later_steps_changed(large: Stage) -> None:
    """The used lane may be at an earlier commit."""
    second = large.step("many/1", "changed\n", parent=large.step("step.txt"))
    large.space.restore("1", large.space.base)
    clean = large.space.open_lane("clean", second, fresh=True, used=("1",))
    assert (clean / "many/1").read_text() == "changed\n"
    assert (clean / "step.txt").exists()


def test_a_lane_whose_files_were_taken_is_made_anew(large: Stage) -> None:
    """A step that is tried again after the acceptance has its lane."""
    large.space.open_lane("clean", large.space.base, fresh=True, used=("1",))
    large.space.restore("1", large.space.base)
    assert large.space.tree("1") == large.space.base_tree
    assert (large.lane.path / "many/1400").exists()


def test_files_are_taken_by_a_program_that_did_not_make_the_lane(large: Stage) -> None:
    """And a lane that was taken before a kill is not needed."""
    for is_taken in (True, False):
        before = made(large.run_dir / "lanes/clean" if not is_taken else large.lane.path)
        space = RunWorkspace.open(large.run_dir, large.user.path, large.run_dir.name)
        clean = space.open_lane("clean", space.base, fresh=True, used=("1",))
        assert (made(clean) == before) is is_taken
        assert space.tree("clean") == space.base_tree


def test_a_small_lane_is_not_taken_over(stage_with_submodule: Stage) -> None:
    """It is checked out as quickly as it is looked through."""
    stage = stage_with_submodule
    stage.space.open_lane("clean", stage.space.base, fresh=True, used=("1",))
    assert stage.lane.path.exists()
