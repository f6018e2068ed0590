"""Whole runs under trouble, each from a seed: `python -m tests.simulation SEED` plays one again."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import apsw
import pytest

from surefoot.errors import JournalLocked
from surefoot.journal.database import Disk as DatabaseDisk
from surefoot.journal.sqlite import SqliteJournal
from tests.long_proofs import KEPT
from tests.simulation.__main__ import again
from tests.simulation.disk import Disk
from tests.simulation.history import played
from tests.simulation.machine import dropped

FOUND = (56, 76, 121, 137, 246, 383, 794)
"""Seeds beyond the first 50 in which something did not hold once."""
KINDS = ("attempt_failed", "merged", "model_request_failed", "plan_amended", "probe_answered", "run_paused")


def journal_on(disk: Disk, folder: Path) -> SqliteJournal:
    """Open a journal on a simulated disk."""
    return SqliteJournal.open(folder, disk=DatabaseDisk(vfs=disk.vfs, sync=disk.sync))


@pytest.mark.parametrize("first", range(0, 50, 5))
def test_a_history_holds_what_is_promised(first: int) -> None:
    """Engines die, the power fails, disks refuse, clocks jump, engines take over, people say what they like."""
    for seed in range(first, first + 5):
        assert played(seed).violations == [], again(seed)


def test_make_test_leaves_none_of_the_first_fifty_histories_out() -> None:
    """What it leaves to `make test-all` are the other 950."""
    assert not any(name.endswith("::test_a_history_holds_what_is_promised") for name in KEPT)


@pytest.mark.parametrize("seed", FOUND)
def test_a_seed_that_found_a_fault_finds_it_no_more(seed: int) -> None:
    """Mostly the branch goes back while a train is judged."""
    assert played(seed).violations == [], again(seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(50, 1000, 50))
def test_many_histories_hold_what_is_promised(first: int) -> None:
    """More of the same."""
    for seed in range(first, first + 50):
        assert played(seed).violations == [], again(seed)


@pytest.mark.parametrize("seed", [1, 8, 27])
def test_a_seed_gives_the_same_history_twice(seed: int) -> None:
    """To the letter, with the hash that covers all before."""
    assert played(seed).journal == played(seed).journal


def test_histories_reach_what_they_are_for() -> None:
    """Histories in which nothing happens prove nothing."""
    found: Counter[str] = Counter()
    for seed in range(50, 64):
        found.update(played(seed).kinds)
    assert [kind for kind in KINDS if not found[kind]] == []


def test_a_power_cut_keeps_what_was_synced(tmp_path: Path) -> None:
    """A durable commit is there afterwards, whatever is lost behind it."""
    disk = Disk(random.Random(1))
    journal = journal_on(disk, tmp_path)
    first = journal.raise_token("r")
    journal.sync()
    journal.raise_token("r")
    dropped(journal)
    disk.cut_power()
    assert journal_on(disk, tmp_path).raise_token("r") > first


def test_a_full_disk_refuses_a_commit_and_takes_the_next_one(tmp_path: Path) -> None:
    """The error goes through SQLite, as from a real disk."""
    disk = Disk(random.Random(1))
    journal = journal_on(disk, tmp_path)
    disk.failures = [apsw.FullError]
    with pytest.raises(JournalLocked, match="is full"):
        journal.raise_token("r")
    assert journal.raise_token("r") == 1
