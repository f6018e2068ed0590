"""Runs that are killed around the choice of a rung: the next engine climbs it, and no other."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.misused_tools import PLAN, SCRIPT
from tests.scripted_runs import repository

RUN = "20260101-abc123"


def surefoot(folder: Path, *words: str, **env: str) -> int:
    """Run a command as a process of its own; return how it ended."""
    home = {"SUREFOOT_HOME": str(folder / "home"), "XDG_CONFIG_HOME": str(folder / "config")}
    done = subprocess.run(
        [sys.executable, "-m", "surefoot", *words],
        cwd=folder / "repo",
        env={**os.environ, **home, **env},
        capture_output=True,
        check=False,
    )
    return done.returncode


def kinds(folder: Path) -> list[str]:
    """Return the kinds of the run's events."""
    with sqlite3.connect(folder / "home" / "journal.db") as database:
        return [kind for (kind,) in database.execute("SELECT kind FROM events ORDER BY seq")]


@pytest.mark.parametrize("point", ["written:7", "committed:7", "written:8", "committed:8", "committed:9"])
def test_a_run_killed_around_a_failure_climbs_one_rung(tmp_path: Path, point: str) -> None:
    """Before the rung is on disk or after: one rung, and the second attempt has what it gives."""
    (repository(tmp_path / "repo") / "play.yaml").write_text(SCRIPT, "utf-8")
    (tmp_path / "plan.yaml").write_text(PLAN, "utf-8")
    model = ("--model", f"scripted:{tmp_path / 'repo' / 'play.yaml'}")
    fault = {"SUREFOOT_FAULT": f"journal.append.{point}"}
    assert surefoot(tmp_path, "run", str(tmp_path / "plan.yaml"), "--run-id", RUN, *model, **fault) == -signal.SIGKILL
    assert surefoot(tmp_path, "resume", RUN, *model) == 0
    assert kinds(tmp_path).count("recovery_chosen") == 1
    assert kinds(tmp_path).count("step_verified") == 1
