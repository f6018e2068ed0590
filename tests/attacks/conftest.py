"""What the attacks stand on: the stage of the acceptance tests, on each rung that promises something."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from surefoot.sandbox.landlock import landlock_abi
from tests.acceptance.conftest import RUN, Said, Stage, environment, launcher, stage

__all__ = ["RUNGS", "Said", "Stage", "attack", "environment", "launcher", "pwned", "stage", "staged"]

PLAN = """
goal: Attack from inside a step
steps:
  - id: attack
    run: |
      PYTHON - > said.txt <<'END'
SCRIPT
      END
    checks: [{run: test -s said.txt}]
"""

RUNGS = [
    "bubblewrap",
    pytest.param("landlock", marks=pytest.mark.skipif(landlock_abi() == 0, reason="no Landlock in this kernel")),
]
HELD_BY_ENGINE = (
    *("attributes", "cache_of_installers", "changed_script", "git_probe", "masked_everywhere", "outside_programs"),
    *("plan_is_read", "prepared_files", "scratch_home", "service_links", "sizes", "weighed_is_run"),
    "weighed_variables",
)
"""Findings that the engine closes and not the sandbox: `make test` attacks on one rung, `make test-all` on both."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the second rung to `make test-all` where the sandbox is not what holds an attack."""
    for item in items:
        if item.path.stem.removeprefix("test_") in HELD_BY_ENGINE and "[landlock" in item.name:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(params=RUNGS)
def staged(request: pytest.FixtureRequest, stage: Stage) -> Stage:
    """Return the stage on each of the rungs that promise something."""
    return replace(stage, env={**stage.env, "SUREFOOT_RUNG": cast("str", request.param)})


@pytest.fixture
def pwned(stage: Stage) -> Path:
    """Return the file that an attack makes outside its lane when it comes through; it is not there yet."""
    return stage.folder / "pwned"


def attack(staged: Stage, script: str) -> str:
    """Run a Python script as the body of a sealed step; return what it printed.

    `--yes`, because on the Landlock rung a script that cannot be read counts as reaching others.
    """
    plan = PLAN.replace("PYTHON", sys.executable).replace("SCRIPT", textwrap.indent(script, 6 * " "))
    said = staged.run(plan, "--yes")
    assert staged.states() == {"attack": "verified"}, said.err
    return staged.git("show", f"surefoot/{RUN}:said.txt")
