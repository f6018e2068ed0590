"""The clean lane takes over files of a used one only where nothing can still be at work in that."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import RUN

if TYPE_CHECKING:
    from conftest import Stage

PLAN = """
goal: Tell one checkout from another
accept: [{run: "test $(stat -c %i many/1400) WORD $(cat inode.txt); test ! -e left.log"}]
steps:
  - {id: tell, run: "stat -c %i many/1400 > inode.txt; echo '*.log' > .gitignore; touch left.log"MORE}
"""


@pytest.fixture
def large(stage: Stage) -> Stage:
    """Return the stage with so many files that a checkout is worth saving."""
    (stage.user / "many").mkdir()
    for number in range(1500):
        (stage.user / f"many/{number}").write_text(f"{number}\n")
    who = ["-c", "user.name=u", "-c", "user.email=u@h"]
    for words in (["add", "."], [*who, "commit", "-q", "-m", "many"]):
        subprocess.run(["git", *words], cwd=stage.user, check=True)
    return stage


@pytest.mark.parametrize(
    ("rung", "word", "more"),
    [("bubblewrap", "=", ""), ("plain", "!=", ""), ("bubblewrap", "!=", ", confine: false, effect: reversible")],
)
def test_acceptance_has_new_files_where_a_program_may_be_left(large: Stage, rung: str, word: str, more: str) -> None:
    """Only the end of a process namespace ends all that was in it."""
    staged = replace(large, env={**large.env, "SUREFOOT_RUNG": rung})
    said = staged.say("run", staged.plan(PLAN.replace("WORD", word).replace("MORE", more)), "--run-id", RUN, "--yes")
    assert said.code == 0, said.out
