"""What quick answers load: the version, and reading a run, need nothing of what carries a run out."""

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
    "surefoot.api.engagement",
    "statistics",
    "subprocess",
    "surefoot.checks",
    "surefoot.core.claim_check",
    "surefoot.core.kernel.run_rules",
    "surefoot.engines.embedded",
    "surefoot.planfile",
    "surefoot.workers",
    "surefoot.workspace",
    "tempfile",
    "typer",
)
ANSWER = """
import sys
from surefoot.cli import main
main(sys.argv[1:])
print("loaded", *sys.modules)
"""
ALSO_FOR_GIT = {"subprocess", "surefoot.workspace"}
"""Which repository is meant, git is asked."""


async def nothing(_: surefoot.StepArgument) -> None:
    """Do nothing, as a body."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a run."""
    home = tmp_path_factory.mktemp("home")
    plan = surefoot.Plan(goal="g", steps=[surefoot.Step("one", nothing)])
    asyncio.run(surefoot.run_plan(plan, home=home, run_id=RUN))
    return home


def modules(home: Path, *words: str) -> set[str]:
    """Return the modules that a command line loads."""
    env = {**os.environ, "SUREFOOT_HOME": str(home)}
    command = [sys.executable, "-c", ANSWER, *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env, cwd=home)
    return set(done.stdout.split("loaded", 1)[1].split())


@pytest.fixture(scope="module")
def loaded(home: Path) -> set[str]:
    """Return the modules that `surefoot status` loads."""
    return modules(home, "status", RUN)


@pytest.mark.parametrize("module", HEAVY)
def test_status_does_not_load_what_carries_runs_out(loaded: set[str], module: str) -> None:
    """It starts within 0.3 s beyond the interpreter; `make bench` measures that, this keeps it so."""
    assert module not in loaded


def test_status_was_loaded_at_all(loaded: set[str]) -> None:
    """The list that the others look at is that of a command which ran."""
    assert "surefoot.cli.overview" in loaded


def test_the_latest_run_is_found_without_what_carries_runs_out(home: Path) -> None:
    """Of the workspace only git is loaded."""
    found = modules(home, "status", "--json")
    assert found & (set(HEAVY) - ALSO_FOR_GIT) == set()
    assert {name for name in found if name.startswith("surefoot.workspace.")} == {"surefoot.workspace.git"}


def test_the_version_is_told_without_the_parser_and_the_journal(home: Path) -> None:
    """It is asked by scripts, many times."""
    found = modules(home, "--version")
    own = {name for name in found if name.startswith("surefoot.")}
    assert own == {"surefoot.cli", "surefoot.errors", "surefoot.release"}


@pytest.mark.parametrize("words", [("ls", "--json"), ("show", RUN, "one"), ("run", "no-plan.yaml")])
def test_a_line_without_mistakes_is_read_without_the_parser(home: Path, words: tuple[str, ...]) -> None:
    """With the library below it, it takes a quarter of the processor time of a short run to load."""
    assert modules(home, *words).isdisjoint({"pydantic", "typer"})


def test_commands_that_only_look_load_no_settings(home: Path) -> None:
    """The table of options does not bring them along."""
    assert modules(home, "ls").isdisjoint({"asyncio", "surefoot.planfile", "surefoot.sandbox", "surefoot.settings"})
