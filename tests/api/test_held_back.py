"""Checks that are held back from agents: where the plan that names them lies."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from surefoot.api.engagement import Source, create_run
from surefoot.api.home import Home
from surefoot.api.preview import look_over
from surefoot.api.run_options import Options
from surefoot.core.agent_types import ModelRouting
from surefoot.planfile import load_plan

PLAN = """\
goal: g
steps:
  - id: a
    agent: Do it.
    checks: [{run: ./look, held_back: true}]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository with a tracked plan and one that git does not know."""
    repository = tmp_path / "repo"
    repository.mkdir()
    git = ("git", "-c", "user.name=n", "-c", "user.email=e@localhost")
    for name in ("tracked.yaml", "unknown.yaml", "../elsewhere.yaml"):
        (repository / name).write_text(PLAN, "utf-8")
    for command in (["init", "-q", "."], ["add", "tracked.yaml"], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], cwd=repository, check=True)
    return repository


@pytest.mark.parametrize(
    ("name", "dirty", "kinds"),
    [
        ("tracked.yaml", False, {"held-back-in-sight"}),
        ("unknown.yaml", False, set[str]()),
        ("unknown.yaml", True, {"held-back-in-sight"}),
        ("../elsewhere.yaml", True, set[str]()),
    ],
)
def test_a_plan_that_lanes_have_a_copy_of_gives_its_held_back_checks_away(
    tmp_path: Path, repository: Path, name: str, *, dirty: bool, kinds: set[str]
) -> None:
    """The person is told before the run begins."""
    path = repository / name
    with Home(tmp_path / "home") as home:
        source = Source(repository=repository, plan_path=path, include_dirty=dirty)
        state = create_run(home, load_plan(path).plan, source, options=Options(routing=ModelRouting()))
    assert {finding.kind for finding in state.created.findings if finding.kind.startswith("held")} == kinds


def test_a_look_over_tells_of_a_plan_that_lanes_have_a_copy_of(repository: Path) -> None:
    """So that it can be moved before a run is made."""
    path = repository / "tracked.yaml"
    found = look_over(load_plan(path).plan, repository, {}, path).findings
    assert "held-back-in-sight" in {finding.kind for finding in found}
