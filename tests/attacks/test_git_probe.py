"""A body that rewrites the git configuration of its lane before the engine asks a `git` probe.

Read `tests/probes/test_git.py` for what such a probe answers.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Stage

PLAN = """
goal: Push
steps:
  - id: push
    run: |
      BODY
      exit 1
    effect: idempotent
    probe: {git: origin, ref: main, is: HEAD}
"""
BODIES = {
    "a transport of its own": 'git config protocol.ext.allow always; git config remote.origin.url "ext::touch PWNED"',
    "an ssh of its own": 'git config remote.origin.url ssh://h/r; git config core.sshCommand "touch PWNED; false"',
}
FIRST, *OTHERS = BODIES


@pytest.mark.parametrize("body", [FIRST, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHERS)])
def test_the_git_probe_runs_nothing_that_a_body_configured(staged: Stage, pwned: Path, body: str) -> None:
    """The remote and all settings are those that the person had when the run began."""
    staged.run(PLAN.replace("BODY", BODIES[body].replace("PWNED", str(pwned))), "--yes")
    assert not pwned.exists()


def test_a_body_cannot_choose_the_remote_that_its_probe_asks(stage: Stage) -> None:
    """A repository that the body has made itself would say that the push is there."""
    subprocess.run(["git", "init", "-q", "--bare", str(stage.folder / "remote.git")], check=True)
    stage.git("remote", "add", "origin", str(stage.folder / "remote.git"))
    body = "git clone -q --bare . mine.git; git config remote.origin.url $PWD/mine.git"
    stage.run(PLAN.replace("BODY", body), "--yes")
    assert stage.states() == {"push": "failed"}


def test_a_body_cannot_choose_the_commit_that_its_probe_looks_for(stage: Stage) -> None:
    """The remote is where it was; a body that moves its HEAD there would have the push taken for done."""
    subprocess.run(["git", "clone", "-q", "--bare", str(stage.user), str(stage.folder / "remote.git")], check=True)
    stage.git("remote", "add", "origin", str(stage.folder / "remote.git"))
    stage.git("commit", "-q", "--allow-empty", "-m", "Later")
    stage.run(PLAN.replace("BODY", "git reset -q --hard HEAD~1"), "--yes")
    assert stage.states() != {"push": "verified"}
