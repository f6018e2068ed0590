"""What `surefoot status` loads: reading a run needs nothing of what carries one out."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

import surefoot

RUN = "20260101-status"
HEAVY = (
    "asyncio",
    "http.client",
    "genai_prices",
    "orjson",
    "pydantic_ai",
    "rich",
    "ruamel.yaml",
    "surefoot.api.running",
    "statistics",
    "subprocess",
    "surefoot.checks",
    "surefoot.core.kernel.run",
    "surefoot.engines.embedded",
    "surefoot.planfile",
    "surefoot.workers",
    "surefoot.workspace",
    "tempfile",
    "typer",
)
STATUS = """
import sys
from surefoot.cli import main
main(["status", "{run}"])
print("loaded", *sys.modules)
"""


async def nothing(_: surefoot.StepArgument) -> None:
    """Do nothing, as a body."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the modules that `surefoot status` loads."""
    home = tmp_path_factory.mktemp("home")
    plan = surefoot.Plan(goal="g", steps=[surefoot.Step("one", nothing)])
    asyncio.run(surefoot.run_plan(plan, home=home, run_id=RUN))
    env = {**os.environ, "SUREFOOT_HOME": str(home)}
    command = [sys.executable, "-c", STATUS.format(run=RUN)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env, cwd=Path(home))
    return set(done.stdout.split("loaded", 1)[1].split())


@pytest.mark.parametrize("module", HEAVY)
def test_status_does_not_load_what_carries_runs_out(loaded: set[str], module: str) -> None:
    """It starts within 0.3 s beyond the interpreter; `make bench` measures that, this keeps it so."""
    assert module not in loaded


def test_status_was_loaded_at_all(loaded: set[str]) -> None:
    """The list that the others look at is that of a command which ran."""
    assert "surefoot.cli.reading" in loaded
