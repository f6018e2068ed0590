"""A plan is changed just before any commit of its run: whoever is first, nothing that is out of date is verified."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from surefoot import api
from surefoot.api.engagement import Source
from surefoot.core.amendments import DropStep, Operation, ReplaceStep
from surefoot.core.ids import RunId, StepId
from surefoot.core.state import RunState
from surefoot.errors import SurefootError
from surefoot.journal.sqlite import SqliteJournal
from surefoot.planfile import parse_plan
from tests.scripted_runs import repository

RUN = RunId("20260101-aaaaaa")
PLAN = """
goal: Write twice
steps:
  - {id: one, run: echo 1 > one.txt, checks: [{file: one.txt, exists: true}]}
  - {id: two, needs: [one], run: cat one.txt > two.txt}
"""
AMENDED = PLAN.replace("echo 1", "echo 2")
BESIDE = "  - {id: beside, run: echo b > beside.txt}\n"


class RacedJournal(SqliteJournal):
    """Lets another program change the plan just before one of its commits."""

    left: int | None = None
    """How many commits come before it."""
    operations: tuple[Operation, ...] = ()
    refused: str = ""
    """What the other program was told; empty: it was accepted."""
    taken = 0
    folder: Path

    def append(self, batches: Sequence[Any]) -> list[Any]:
        """Let the other program be first, and append."""
        if self.left == 0:
            with api.Home(self.folder) as home:
                try:
                    api.amend(home, RUN, self.operations)
                except SurefootError as error:
                    self.refused = error.message
        self.left = None if self.left is None else self.left - 1
        self.taken += 1
        return super().append(batches)


def raced(folder: Path, plan: str, operations: Sequence[Operation] = (), left: int | None = None) -> RacedJournal:
    """Carry a plan out that is changed before a commit, and go on until the run has ended for good."""
    compiled = parse_plan(plan, "plan").plan
    source = Source(repository=repository(folder / "repo", {"a.txt": "one\n"}))
    journal = RacedJournal.open(folder)
    journal.folder = folder
    with api.Home(folder, journal=journal) as home:
        api.create_run(home, compiled, source, run_id=RUN, options=api.Options(yes=True))
        journal.taken, journal.left, journal.operations = 0, left, tuple(operations)
        asyncio.run(api.engage(home, RUN, api.Options(yes=True)))
        taken = journal.taken
        asyncio.run(api.engage(home, RUN, api.Options(yes=True)))
        journal.taken = taken
    return journal


def ended(folder: Path) -> tuple[RunState, dict[str, str]]:
    """Return how the run stands, and what the files of its branch hold."""
    with api.Home(folder) as home:
        state = home.state(RUN)
    names = git(folder, "ls-tree", "--name-only", f"surefoot/{RUN}").split()
    return state, {name: git(folder, "show", f"surefoot/{RUN}:{name}") for name in names}


def git(folder: Path, *words: str) -> str:
    """Run git in the repository."""
    done = subprocess.run(["git", "-C", folder / "repo", *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commits(folder: Path, plan: str, every: int) -> list[int]:
    """Return the commits that a run takes which nobody changes, the last among them; `every` says how many of them."""
    taken = raced(folder, plan).taken
    return sorted({*range(every // 2, taken, every), taken - 1})


EVERY = pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.slow)])


@EVERY
def test_a_step_edited_before_any_commit_ends_as_it_is_edited(tmp_path: Path, every: int) -> None:
    """Also the very step that is being verified: what rests on it is done again with it."""
    edited = ReplaceStep(step=StepId("one"), by=parse_plan(AMENDED, "amended").plan.steps[0])
    for number in commits(tmp_path / "calm", PLAN, every):
        folder = tmp_path / str(number)
        assert raced(folder, PLAN, [edited], number).refused == "", number
        state, files = ended(folder)
        assert (state.outcome, state.revision) == ("completed", 1), number
        assert (files["one.txt"], files["two.txt"]) == ("2", "2"), number


@EVERY
def test_a_step_dropped_before_any_commit_is_gone_or_verified(tmp_path: Path, every: int) -> None:
    """One of the two, and the person is told which: what is verified is never lost, what is dropped leaves nothing."""
    plan = PLAN + BESIDE
    seen: set[bool] = set()
    for number in commits(tmp_path / "calm", plan, every):
        folder = tmp_path / str(number)
        journal = raced(folder, plan, [DropStep(step=StepId("beside"))], number)
        state, files = ended(folder)
        why = journal.refused + "".join(one.refused or "" for one in state.amendments.values())
        is_there = StepId("beside") in state.nodes
        seen.add(is_there)
        assert (state.outcome, "beside.txt" in files, "its result is on the branch" in why) == (
            "completed",
            is_there,
            is_there,
        ), (number, why)
    assert seen == {True, False}
