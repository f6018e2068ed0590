"""Two runs of one plan in virtual time write one journal: nothing that happens by chance reaches it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.testing.random_plans import digest_of, journal_of

KINDS = (
    "attempt_failed",
    "group_expanded",
    "pause_requested",
    "question_answered",
    "retry_due",
    "run_resumed",
    "step_failed",
    "step_skipped",
)


@pytest.mark.parametrize("first", range(0, 100, 10))
def test_a_run_of_a_random_plan_gives_the_same_journal_twice(first: int) -> None:
    """Steps side by side, retries with their waits, questions answered late, limits, groups."""
    for seed in range(first, first + 10):
        assert journal_of(seed) == journal_of(seed), seed


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 3000, 100))
def test_runs_of_many_random_plans_give_the_same_journals_twice(first: int) -> None:
    """More of the same."""
    for seed in range(first, first + 100):
        assert journal_of(seed) == journal_of(seed), seed


def test_another_program_gives_the_same_journals() -> None:
    """Nothing goes by the order of a set, which differs from program to program."""
    argv = [sys.executable, "-m", "tests.testing.random_plans", "0", "10"]
    environment = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": "."}
    other = subprocess.run(
        argv, check=True, env=environment, capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert other.stdout == digest_of(range(10))


def test_random_plans_reach_what_they_are_for() -> None:
    """Equal journals say nothing of what is in none of them."""
    found = Counter(line.split()[1].decode() for seed in range(12) for line in journal_of(seed).splitlines())
    assert [kind for kind in KINDS if not found[kind]] == []
