"""Which run a name means, and what a name that means none is told."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surefoot.cli.lookup import find_run, find_steps, root_of
from surefoot.errors import RunNotFound, UsageError

if TYPE_CHECKING:
    from conftest import Runs

OLD, NEW, OTHER = "20260101-abc123", "20260101-abd456", "20260301-aaaaaa"


@pytest.fixture
def three(runs: Runs, tmp_path: Path) -> Runs:
    """Make two runs of the current folder, the newer one first, and a still newer one of another folder."""
    runs.begin(NEW, at=3.0, repository=tmp_path)
    runs.begin(OLD, at=2.0, repository=tmp_path)
    runs.begin(OTHER, at=4.0, repository=tmp_path / "other")
    return runs


@pytest.mark.parametrize("name", [None, "latest"])
def test_the_latest_run_is_the_newest_of_the_current_folder(name: str | None, three: Runs) -> None:
    """It is also what no name means."""
    assert find_run(three.home, name, None) == NEW


def test_the_latest_run_of_another_folder_is_named_by_repo(three: Runs, tmp_path: Path) -> None:
    """Not by where one is."""
    (tmp_path / "other").mkdir()
    assert find_run(three.home, None, Path("other")) == OTHER


@pytest.mark.parametrize(("name", "run"), [(OLD, OLD), ("20260101-abc", OLD), ("202603", OTHER)])
def test_a_run_goes_by_its_id_or_a_unique_beginning(name: str, run: str, three: Runs) -> None:
    """Whichever repository it belongs to."""
    assert find_run(three.home, name, None) == run


def test_a_run_and_a_step_stand_in_one_word(three: Runs) -> None:
    """As `surefoot dead` writes them."""
    assert find_steps(three.home, (f"{OLD}:a", "b"), None) == (OLD, ("a", "b"))
    assert find_steps(three.home, ("latest:a",), None) == (NEW, ("a",))


def test_a_beginning_of_several_runs_names_them(three: Runs) -> None:
    """One can pick from the message."""
    with pytest.raises(RunNotFound, match=f"'202601' means several runs: {OLD}, {NEW}; give more of it"):
        find_run(three.home, "202601", None)


@pytest.mark.parametrize("name", ["2099", "abc123", "20260101-abc1234", "LATEST"])
def test_an_unknown_run_is_told_where_runs_are_listed(name: str, three: Runs) -> None:
    """The middle of an id is no name for it."""
    with pytest.raises(RunNotFound, match=f"there is no run '{name}'; `surefoot ls` lists"):
        find_run(three.home, name, None)


def test_a_folder_without_runs_is_named(runs: Runs, tmp_path: Path) -> None:
    """With the command that starts one."""
    with pytest.raises(RunNotFound, match=f"no run in {tmp_path} yet; `surefoot run PLAN` starts one"):
        find_run(runs.home, None, None)


def test_a_repository_is_meant_as_a_whole(tmp_path: Path) -> None:
    """From any folder in it."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "deep" / "down").mkdir(parents=True)
    assert root_of(tmp_path / "deep" / "down") == tmp_path


def test_a_plain_folder_is_meant_itself(tmp_path: Path) -> None:
    """Runs work on those, too."""
    assert root_of(tmp_path) == tmp_path


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """It names the option."""
    with pytest.raises(UsageError, match=r"there is no folder '.*missing'; name an existing one with --repo"):
        root_of(tmp_path / "missing")
