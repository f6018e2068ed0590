"""Names that are nearly right: each is refused where it is read, in words, and never by a program further on.

Read `tests/planfile` for all other keys.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

PLAN = """goal: Prepare
prepare: {run: "true", path: [bin, FOLDER]}
steps:
  - {id: one, run: echo two > a.txt, checks: [{file: a.txt, contains: two}]}
"""


@pytest.mark.parametrize(
    "name", ["20260101-aaaaaa\n", "\n20260101-aaaaaa", "20260101-aaaaaa/..", "20260101-AAAAAA", ""]
)
def test_an_odd_run_id_is_refused_before_anything_is_made(stage: Stage, name: str) -> None:
    """It would become a folder and a branch."""
    said = stage.say("run", stage.plan("edit"), "--run-id", name)
    assert (said.code, "is not a run id" in said.err, list(stage.home.glob("runs/*"))) == (2, True, [])


@pytest.mark.parametrize("folder", ["/tmp/x", "../x", "a/../../x", "~/bin", "bin:/tmp/x"])
def test_a_folder_outside_the_lane_is_refused_for_the_path_with_its_place(stage: Stage, folder: str) -> None:
    """Programs in it would be taken for those of the lane."""
    said = stage.say("check", stage.plan(PLAN.replace("FOLDER", repr(folder))))
    assert (said.code, f"plan.yaml:2:36: {folder!r} " in said.out + said.err) == (1, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_cannot_be_copied_is_no_internal_error(stage: Stage) -> None:
    """The folder looked right when the plan was checked."""
    (stage.folder / "data").mkdir()
    (stage.folder / "data/secret").touch(mode=0)
    said = stage.run(PLAN.replace("goal: Prepare", "goal: Prepare\nfiles: [data]").replace(", FOLDER", ""))
    assert (said.code, "which cannot be copied" in said.err) == (2, True)
