"""Kills while a run is landed or removed, and between runs.

Owns what people do with a run that is over. Read `test_matrix.py` for kills while it is not.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from surefoot import api

if TYPE_CHECKING:
    from conftest import Setting


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


def test_what_a_killed_creation_left_is_garbage(setting: Setting) -> None:
    """A run without a first event is no run; `gc` removes its folder."""
    stage = setting(PLAN)
    stage.killed("run.create.workspace:1")
    with api.Home(stage.home) as home:
        assert (api.runs(home), api.collect_garbage(home), stage.run_folder.exists()) == ([], 1, False)
    assert stage.changed() == []
