"""A confined step that leaves programs and settings where a program outside the sandbox might find them.

Read `tests/workers/test_outside.py` for what such programs start with.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

PYTHON = Path(sys.base_prefix, "bin", "python3")
SITE = f"$HOME/.local/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
LOOK = f"git --version; cat /dev/null; {PYTHON} -c 'import sys'"
PLAN = f"""
goal: Look at the world
prepare: {{run: mkdir -p .venv/bin, path: [.venv/bin]}}
limits: {{resources: {{world: {{observe: "{LOOK}; {PYTHON} -c 'import json'"}}}}}}
steps:
  - id: poison
    run: |
      printf '#!/bin/sh\\necho $SUREFOOT_EFFECT >> PWNED\\n' > .venv/bin/git
      chmod +x .venv/bin/git
      cp .venv/bin/git cat
      mkdir -p {SITE}
      echo 'import os; open("PWNED", "a").write(os.environ["SUREFOOT_EFFECT"])' | tee json.py > {SITE}/usercustomize.py
  - {{id: probe, needs: [poison], run: 'true', effect: idempotent, uses: [world],
     probe: {{run: "{LOOK}; {PYTHON} -c 'import json'; exit 1"}}}}
  - {{id: body, needs: [probe], run: "{LOOK}", confine: false, effect: reversible}}
  - {{id: check, needs: [body], run: 'true', effect: reversible, checks: [{{run: "{LOOK}", confine: false}}]}}
"""
GIT = """
goal: Look at the changes
steps:
  - id: edit
    run: |
      BODY
    effect: reversible
    checks: [{run: git status --porcelain, confine: false}]
"""
BODIES = {
    "another repository": "rm .git; git init -q; git add .; git config core.fsmonitor 'touch PWNED'",
    "a repository in the lane": "git init -q in; cd in; git config user.name n; git config user.email e; "
    "git commit -q --allow-empty -m x; git config core.fsmonitor 'touch PWNED'; cd ..; git add in",
}
FIRST, *OTHERS = BODIES


def test_what_runs_outside_finds_nothing_that_a_step_left(staged: Stage, pwned: Path) -> None:
    """Neither programs on the PATH of the lane, nor settings in its scratch home, nor modules in its folder."""
    staged = replace(staged, env={**staged.env, "PATH": f".:{staged.env['PATH']}"})
    staged.run(PLAN.replace("PWNED", str(pwned)), "--yes")
    assert set(staged.states().values()) == {"verified"}
    assert not pwned.exists(), pwned.read_text("utf-8")


@pytest.mark.parametrize("body", [FIRST, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHERS)])
def test_git_outside_runs_nothing_that_a_body_configured(stage: Stage, pwned: Path, body: str) -> None:
    """Even a command that is known to be harmless would run the program that the settings of its lane name."""
    stage.run(GIT.replace("BODY", BODIES[body].replace("PWNED", str(pwned))), "--yes")
    assert not pwned.exists()
