"""Whether a program was started by a step."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

LOOK = "from surefoot.sandbox.ancestry import step_above; print(step_above())"
MARK = "20260101-abc123/x/1"


def seen_by(*command: str, **variables: str) -> str:
    """Return what a program sees above it that is started so."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables}
    done = subprocess.run([*command, sys.executable, "-c", LOOK], env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_nothing_is_above_a_program_that_a_person_started() -> None:
    """Such as this one."""
    assert seen_by() == "None"


@pytest.mark.parametrize(
    "way",
    [
        [],
        ["sh", "-c", 'env -u SUREFOOT_EFFECT "$@"; true', "sh"],
        ["sh", "-c", 'setsid -w env -u SUREFOOT_EFFECT "$@"; true', "sh"],
    ],
)
def test_the_mark_of_a_forebear_is_seen(way: list[str]) -> None:
    """Also where the program itself has it no more."""
    assert seen_by(*way, SUREFOOT_EFFECT=MARK) == MARK


def test_a_guard_is_known_by_its_command_line() -> None:
    """Its environment is closed to other users."""
    guard = "import subprocess, sys; subprocess.run(sys.argv[2:]) #guard.main()"
    assert seen_by(sys.executable, "-c", guard, "x") == ""
