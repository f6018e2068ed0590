"""Kills while a run is landed or removed, and between runs.

Read `test_matrix.py` for kills while it is not.
"""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from surefoot import api

if TYPE_CHECKING:
    from conftest import Setting, Stage


PLAN = """
goal: Write a file
steps:
  - {id: write, run: echo written > written.txt}
"""


@pytest.mark.parametrize("end", ["before", "after"])
def test_a_killed_landing_can_be_done_again(setting: Setting, end: str) -> None:
    """The checkout ends up with the work, once."""
    stage = setting(PLAN)
    stage.git("reset", "-q", "--hard")
    stage.work()
    assert stage.work({"SUREFOOT_FAULT": f"workspace.land.{end}:1"}, act="land").code == -signal.SIGKILL
    landed = stage.work(act="land").said["landed"]
    assert (stage.git("rev-parse", "HEAD"), (stage.user / "written.txt").read_text("utf-8")) == (landed, "written\n")


@pytest.mark.parametrize("end", ["before", "after"])
def test_a_killed_removal_can_be_done_again(setting: Setting, end: str) -> None:
    """Nothing is left of the run, and the user's repository is as it was before."""
    stage = setting(PLAN)
    stage.work()
    assert stage.work({"SUREFOOT_FAULT": f"workspace.remove.{end}:1"}, act="remove").code == -signal.SIGKILL
    assert stage.work(act="remove").said["removed"] == stage.run
    with api.Home(stage.home) as home:
        assert (api.runs(home), stage.run_folder.exists(), stage.changed()) == ([], False, [])
    assert stage.git("for-each-ref", "refs/surefoot", "refs/heads/surefoot") == ""


TWO_FILES = """
goal: Write two files
steps:
  - {id: first, run: echo first > first.txt}
  - {id: second, needs: [first], run: echo second > second.txt}
"""


def garbage(stage: Stage, age_s: float) -> int:
    """Collect garbage when the run's folder is so old; return how much there was."""
    then = stage.run_folder.stat().st_mtime - age_s
    os.utime(stage.run_folder, (then, then))
    with api.Home(stage.home) as home:
        assert api.runs(home) == []
        return api.collect_garbage(home).deleted


def test_what_a_killed_creation_left_is_garbage_once_it_is_old(setting: Setting) -> None:
    """A run without a first event is no run; but a folder that is new may belong to one in the making."""
    stage = setting(PLAN)
    stage.killed("run.create.workspace:1")
    assert (garbage(stage, 60), garbage(stage, 7200)) == (0, 1)
    assert (stage.run_folder.exists(), stage.changed()) == (False, [])


def test_garbage_collection_takes_the_refs_of_a_killed_creation_along(setting: Setting) -> None:
    """Nothing keeps objects alive in the user's repository for a run that never was."""
    stage = setting(PLAN)
    stage.killed("run.create.workspace:1")
    garbage(stage, 7200)
    assert stage.git("for-each-ref", "refs/surefoot") == ""


@pytest.mark.parametrize("point", ["workspace.write_commit.after:1", "workspace.publish.after:2", "inspect.before:2"])
def test_a_killed_run_on_a_plain_folder_touches_nothing_before_it_is_landed(setting: Setting, point: str) -> None:
    """Without git the history lies in a shadow repository; landing copies the result over, once, killed or not."""
    stage = setting(TWO_FILES)
    shutil.rmtree(stage.user / ".git")
    stage.before.clear()
    stage.before.update(stage.look())
    assert stage.killed(point) == -signal.SIGKILL
    assert (stage.work().said["outcome"], stage.changed(), stage.left_over()) == ("completed", [], [])
    assert stage.work({"SUREFOOT_FAULT": "workspace.land.before:1"}, act="land").code == -signal.SIGKILL
    stage.work(act="land")
    assert sorted(stage.changed()) == ["first.txt has changed", "second.txt has changed"]
