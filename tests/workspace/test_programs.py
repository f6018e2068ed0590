"""How many programs of git an operation starts: each takes milliseconds, in a large repository a tenth of a second."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

ENDINGS = (".py", "setup.cfg")


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file in which each call of git from now on is a line."""
    log, folder = tmp_path / "calls", tmp_path / "counting"
    folder.mkdir()
    tell = 'for word; do case $word in -c) ;; -*|*=*) ;; *) echo "$word"; break;; esac; done'
    (folder / "git").write_text(f'#!/bin/sh\n{{ {tell}; }} >> {log}\nexec {shutil.which("git")} "$@"\n', "utf-8")
    (folder / "git").chmod(0o755)
    log.touch()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return log


def test_a_new_lane_is_checked_out_at_once(stage: Stage, counted: Path) -> None:
    """Also where there are ignore rules, which are put back first in a lane that holds something."""
    stage.space.open_lane("2", stage.space.base)
    assert counted.read_text().split() == ["read-tree", "ls-files", "checkout-index", "ls-files", "write-tree"]


def test_a_settled_lane_is_put_to_its_commit_without_git(stage: Stage, counted: Path) -> None:
    """Nothing was run there since it was opened."""
    stage.space.restore("1", stage.space.base, settled=True)
    assert counted.read_text() == ""


def test_only_what_has_changed_is_searched_for_files_that_were_not_there(stage: Stage, counted: Path) -> None:
    """The whole list of a large repository takes long to read."""
    answers = [stage.space.tracks_any("1", ENDINGS[1:]) for _ in range(3)]
    assert (answers, counted.read_text().split()) == ([False] * 3, ["ls-files"])
    stage.step("setup.cfg")
    assert stage.space.tracks_any("1", ENDINGS[1:])


def test_files_with_an_ending_are_found(stage: Stage) -> None:
    """Of several endings one is enough."""
    assert stage.space.tracks_any("1", ENDINGS)
    assert not stage.space.tracks_any("1", (".pyx",))
