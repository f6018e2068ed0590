"""Checks that are held back from agents: where the plan that names them lies."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from surefoot.api.home import Home
from surefoot.api.options import Options
from surefoot.api.running import Source, create_run
from surefoot.core.talking import Casting
from surefoot.planfile import load_plan

PLAN = """\
goal: g
steps:
  - id: a
    agent: Do it.
    checks: [{run: ./look, held_back: true}]
"""


@pytest.mark.parametrize(("place", "kinds"), [("repo", {"held-back-in-sight"}), ("elsewhere", set[str]())])
def test_a_plan_among_the_files_of_agents_gives_its_held_back_checks_away(
    tmp_path: Path, place: str, kinds: set[str]
) -> None:
    """The person is told before the run begins."""
    for name in ("repo", "elsewhere"):
        (tmp_path / name).mkdir()
    repo, path = tmp_path / "repo", tmp_path / place / "plan.yaml"
    path.write_text(PLAN, "utf-8")
    git = ("git", "-c", "user.name=n", "-c", "user.email=e@localhost")
    subprocess.run([*git, "init", "-q", "."], cwd=repo, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], cwd=repo, check=True)
    with Home(tmp_path / "home") as home:
        source = Source(repository=repo, plan_path=path)
        state = create_run(home, load_plan(path).plan, source, options=Options(casting=Casting()))
    assert {finding.kind for finding in state.created.findings if finding.kind.startswith("held")} == kinds
