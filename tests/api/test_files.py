"""The files that a plan names, as a run copies them."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.api.engagement import create_run
from surefoot.api.home import Home
from surefoot.api.validation import Source
from surefoot.planfile import load_plan

PLAN = """\
goal: Read what lies beside the plan
files: [rules, one.txt]
steps:
  - {id: a, ask: "Is it so?"}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The copies that a run has of a folder, with links in it, and of a file."""
    beside, path = tmp_path / "rules" / "inner", tmp_path / "plan.yaml"
    beside.mkdir(parents=True)
    (beside / "two.txt").write_text("two")
    (beside / "again").symlink_to("two.txt")
    (beside / "around").symlink_to("..")
    (tmp_path / "one.txt").write_text("one")
    path.write_text(PLAN)
    with Home(tmp_path / "home") as home:
        state = create_run(home, load_plan(path).plan, Source(plan_path=path))
        return home.run_folder(state.created.run) / "files"


def test_links_inside_a_folder_are_copied_as_links(files: Path) -> None:
    """A link to a folder above it would else be copied without end."""
    links = {path.name: str(path.readlink()) for path in files.rglob("*") if path.is_symlink()}
    assert links == {"again": "two.txt", "around": ".."}


def test_no_copied_file_can_be_written(files: Path) -> None:
    """In a folder as little as by itself: what is read in the last step is what was read in the first."""
    modes = {path.name: path.stat().st_mode & 0o222 for path in files.rglob("*") if path.is_file()}
    assert modes == {"one.txt": 0, "two.txt": 0, "again": 0}
