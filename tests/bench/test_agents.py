"""What measures agents: a case is judged where nobody could change its tests, and what is kept becomes a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench.agents import bare, one_shot
from bench.agents.asking import Asking
from bench.agents.page import page
from bench.agents.surefoot_runs import goal_plan, steps_plan
from bench.agents.trial import Trial, judge, keep, kept
from bench.repair.cases import Case
from bench.repair.stage import build

from surefoot.models.scripted import scripted

FAULTY = "def double(n):\n    return n + 1\n"
RIGHT = FAULTY.replace("n + 1", "2 * n")
CASE = Case(
    name="own/double",
    function="double",
    path="double.py",
    files={
        "double.py": FAULTY,
        "check.py": "from double import double\n\nassert double(1) == 2\nassert double(4) == 8\n",
    },
    visible="python check.py",
    held_back="python -c 'from double import double; assert double(5) == 10'",
    reference=RIGHT,
)


def trial(system: str = "bare", **fields: Any) -> Trial:
    """Return a trial of the case."""
    return Trial(**{"system": system, "case": CASE.name, "model": "m", **fields})


async def tried(folder: Path, repair: Callable[..., Any], *replies: str) -> tuple[Trial, bool]:
    """Let a system repair the case with a model that gives these replies; return the trial, and whether it did."""
    build([CASE], folder / "repository")
    made, rest = trial(), list(replies)
    asking = Asking(scripted(lambda _: rest.pop(0)), made, "scripted:play", 60.0)
    await repair(CASE, folder / "repository", asking, made)
    return made, judge(CASE, folder / "repository", folder / "judged")


async def test_one_shot_asks_again_while_the_tests_are_red(tmp_path: Path) -> None:
    """It needs a block of code; the tests alone say that it is done."""
    made, solved = await tried(tmp_path, one_shot.repair, "No.", f"```python\n{FAULTY}```", f"```python\n{RIGHT}```")
    assert (solved, made.says_done, made.requests) == (True, True, 3)
    assert (made.calls, made.misuses) == ({"file": 3}, {"file": 1})


async def test_the_bare_loop_runs_commands_until_the_model_says_done(tmp_path: Path) -> None:
    """Whatever it has done by then: a word is no proof."""
    look = '{"thought": "I look", "command": "cat double.py"}'
    made, solved = await tried(tmp_path, bare.repair, look, f'{{"thought": "Done", "command": "{bare.DONE}"}}')
    made.solved = solved
    assert (made.requests, made.is_false) == (2, True)


def test_a_system_that_changes_the_tests_has_solved_nothing(tmp_path: Path) -> None:
    """The tests are laid out anew where a case is judged."""
    build([CASE], tmp_path / "repository")
    (tmp_path / "repository" / CASE.name / "check.py").write_text("")
    assert not judge(CASE, tmp_path / "repository", tmp_path / "judged")
    (tmp_path / "repository" / CASE.name / CASE.path).write_text(RIGHT)
    assert judge(CASE, tmp_path / "repository", tmp_path / "judged-again")


def test_what_is_held_back_stands_in_no_plan() -> None:
    """It is the judge's alone, for every system."""
    assert "double(5)" not in repr((steps_plan(CASE), goal_plan(CASE)))


@pytest.mark.parametrize("system", ["bare", "steps"])
def test_what_is_kept_becomes_the_page(tmp_path: Path, system: str) -> None:
    """With every false claim."""
    made = trial(system, says_done=True, requests=2, end="it said that it is done")
    made.count("bash", misused=1)
    keep(made, tmp_path)
    written = page(kept(tmp_path))
    assert '| own/double | **false "done"**, 2 requests, 0 s: it said that it is done |' in written
    assert f"| {system} | bash | 1 | 1 |" in written
