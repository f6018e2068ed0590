"""A step's id alone, and a plan file that has changed: what `show` and `retry` make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from surefoot.cli.completion import offer_either
from surefoot.cli.lookup import find_steps
from surefoot.errors import RunNotFound

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Desk, Runs

RUN, OLDER = "20260101-abc123", "20251201-abc123"
FAILING = """steps:
  - {id: wrong, run: "exit 1"}
  - {id: other, run: "true"}
"""


@pytest.fixture
def two(runs: Runs, tmp_path: Path) -> Runs:
    """Make two runs of the current folder with the steps `build` and `bind`."""
    runs.begin(OLDER, at=1.0, repository=tmp_path)
    runs.begin(RUN, at=2.0, repository=tmp_path)
    return runs


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), (RUN, ())),
        (("build",), (RUN, ("build",))),
        (("build", "bind"), (RUN, ("build", "bind"))),
        ((OLDER, "bind"), (OLDER, ("bind",))),
        (("latest", "bind"), (RUN, ("bind",))),
        (("202512", "bind"), (OLDER, ("bind",))),
    ],
)
def test_a_step_without_a_run_is_one_of_the_latest_run(
    words: tuple[str, ...], found: tuple[str, tuple[str, ...]], two: Runs
) -> None:
    """A run that is named goes before; several steps may follow."""
    assert find_steps(two.home, words, None) == found


def test_a_word_that_is_neither_run_nor_step_gets_the_nearest_step(two: Runs) -> None:
    """It was most likely meant."""
    with pytest.raises(RunNotFound, match=f"there is no run 'buidl', .* {RUN}, has no such step; did you mean 'build'"):
        find_steps(two.home, ("buidl",), None)


@pytest.mark.parametrize("words", [("show", "bulid"), ("show", RUN, "bulid"), ("retry", RUN, "bulid")])
def test_a_misspelt_step_gets_the_nearest_one(words: tuple[str, ...], desk: Desk) -> None:
    """With and without the run."""
    desk.run('steps: [{id: build, run: "exit 1"}]')
    said = desk.say(*words)
    assert (said.code, "did you mean 'build'?" in said.err) == (2, True)


def test_retry_needs_no_run(desk: Desk) -> None:
    """It takes all that failed in the latest one."""
    desk.run(FAILING)
    said = desk.say("retry", "--json")
    assert (said.code, said.json["run"], said.json["steps"][0]["state"]) == (5, RUN, "failed")


def test_retry_says_that_the_plan_file_differs_and_in_which_steps(desk: Desk) -> None:
    """The run goes on by its own copy, so that a mended plan would fail in the same way."""
    desk.run(FAILING)
    desk.plan(FAILING.replace("exit 1", "true"))
    said = desk.say("retry", "wrong")
    assert (said.code, "(steps that differ: wrong)" in said.out, "add --plan" in said.out) == (5, True, True)


def test_steps_of_the_latest_run_are_offered_beside_the_runs(two: Runs) -> None:
    """Where both may stand."""
    import typer

    offered = offer_either(typer.Context(typer.core.TyperCommand("show")), "b")
    assert ([name for name, _ in offered], two.home.is_held(RUN)) == (["build", "bind"], False)
