"""Appending: positions, conflicts, claims, group commits, and what reaches the disk.

Owns the contract of `Journal.append`. Must never look at tables. Read `test_reading` next.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from surefoot.core.events import Event, PhaseEntered, RunCreated, RunResumed
from surefoot.core.ids import RunId
from surefoot.core.terms import Phase
from surefoot.errors import ClaimLost, JournalConflict
from surefoot.journal import Appended, Batch, Journal

FACT = RunResumed(at=2.0, by="a person")
DECISION = PhaseEntered(at=2.0, phase=Phase.EXECUTE)
OTHER = RunId("20260102-zzzzzz")


def append_one(journal: Journal, batch: Batch) -> Appended | JournalConflict | ClaimLost:
    """What became of a batch appended alone."""
    (answer,) = journal.append([batch])
    return answer


def events_of(journal: Journal, run: RunId) -> list[Event]:
    """The events of a run behind its first."""
    return [recorded.event for recorded in journal.events(run, after=1)]


def test_a_decision_is_appended_at_its_position(journal: Journal, run: RunId) -> None:
    """The answer carries the new position and the hash that the head then has."""
    answer = append_one(journal, Batch(run, 1, [DECISION]))
    assert isinstance(answer, Appended)
    assert answer.seq == 2
    assert (answer.seq, answer.hash) == journal.head(run)


def test_a_decision_taken_at_an_earlier_position_conflicts(journal: Journal, run: RunId) -> None:
    """What was decided without knowing the last fact is discarded."""
    append_one(journal, Batch(run, None, [FACT]))
    answer = append_one(journal, Batch(run, 1, [DECISION]))
    assert isinstance(answer, JournalConflict)
    assert (answer.facts["head"], events_of(journal, run)) == (2, [FACT])


def test_a_fact_is_appended_wherever_the_end_is(journal: Journal, run: RunId) -> None:
    """Facts need not know what was appended meanwhile."""
    append_one(journal, Batch(run, 1, [DECISION]))
    append_one(journal, Batch(run, None, [FACT, FACT]))
    assert events_of(journal, run) == [DECISION, FACT, FACT]


def test_a_conflict_leaves_the_other_batches_of_its_commit(journal: Journal, run: RunId, created: RunCreated) -> None:
    """One run's conflict is no other run's business."""
    other = Batch(OTHER, 0, [replace(created, run=OTHER)])
    answers = journal.append([other, Batch(run, 7, [DECISION]), Batch(OTHER, 1, [DECISION])])
    assert [type(answer) for answer in answers] == [Appended, JournalConflict, Appended]
    assert (journal.head(OTHER)[0], journal.head(run)[0]) == (2, 1)


def test_batches_of_one_run_in_one_commit_see_each_other(journal: Journal, run: RunId) -> None:
    """The second of two decisions taken at one position conflicts, in one commit as in two."""
    answers = journal.append([Batch(run, 1, [DECISION]), Batch(run, 1, [DECISION]), Batch(run, 2, [FACT])])
    assert [type(answer) for answer in answers] == [Appended, JournalConflict, Appended]


def test_another_program_moves_the_position(journal: Journal, run: RunId, home: Path) -> None:
    """What is remembered of the end is not believed once somebody else has committed."""
    append_one(journal, Batch(run, 1, [DECISION]))
    other = Journal.open(home)
    append_one(other, Batch(run, None, [FACT]))
    assert isinstance(append_one(journal, Batch(run, 2, [DECISION])), JournalConflict)
    assert isinstance(append_one(journal, Batch(run, 3, [DECISION])), Appended)
    other.close()


def test_the_data_version_changes_when_another_program_commits(journal: Journal, run: RunId, home: Path) -> None:
    """An own commit does not count."""
    other = Journal.open(home)
    before = journal.data_version()
    append_one(journal, Batch(run, None, [FACT]))
    unchanged = journal.data_version()
    append_one(other, Batch(run, None, [FACT]))
    assert unchanged == before != journal.data_version()
    other.close()


def test_a_run_cannot_be_created_twice(journal: Journal, run: RunId, created: RunCreated) -> None:
    """A run id that is taken is a conflict, whatever position was expected."""
    assert isinstance(append_one(journal, Batch(run, None, [created])), JournalConflict)


def test_nothing_is_added_to_a_run_that_was_never_created(journal: Journal) -> None:
    """A fact for a run that was removed meanwhile leaves no headless rest."""
    assert isinstance(append_one(journal, Batch(OTHER, None, [FACT])), JournalConflict)
    assert journal.head(OTHER) == (0, "")


def test_the_current_token_may_append(journal: Journal, run: RunId) -> None:
    """The engine that claimed last is heard."""
    token = journal.raise_token(run)
    assert isinstance(append_one(journal, Batch(run, 1, [DECISION], token)), Appended)


def test_a_token_raised_by_another_program_voids_the_earlier_one(journal: Journal, run: RunId, home: Path) -> None:
    """An engine that was taken over without noticing can say nothing more, not even facts."""
    token = journal.raise_token(run)
    other = Journal.open(home)
    assert other.raise_token(run) == token + 1
    assert isinstance(append_one(journal, Batch(run, None, [FACT], token)), ClaimLost)
    other.close()


def test_a_lost_claim_leaves_the_other_batches_of_its_commit(journal: Journal, run: RunId) -> None:
    """An answer of a person needs no claim."""
    journal.raise_token(run)
    answers = journal.append([Batch(run, None, [FACT], token=99), Batch(run, None, [FACT])])
    assert [type(answer) for answer in answers] == [ClaimLost, Appended]


def test_a_run_is_claimed_before_it_is_created(journal: Journal, created: RunCreated) -> None:
    """The first event is appended under the claim already."""
    token = journal.raise_token(created.run)
    assert isinstance(append_one(journal, Batch(created.run, 0, [created], token, durable=True)), Appended)


def test_a_removed_run_refuses_its_engine(journal: Journal, run: RunId) -> None:
    """Who removes a run takes it from whoever still works on it."""
    token = journal.raise_token(run)
    journal.delete_run(run)
    assert isinstance(append_one(journal, Batch(run, None, [FACT], token)), ClaimLost)


SYNCS = """
import os, sys
from pathlib import Path
from surefoot.core.events import RunCreated, RunResumed
from surefoot.core.plan import Plan
from surefoot.journal import Batch, Journal

journal = Journal.open(Path(sys.argv[1]))
journal.append([Batch("r", 0, [RunCreated(at=1.0, run="r", plan=Plan(goal="", steps=()))], durable=True)])
for mark in "NNNFFNSS":
    os.path.exists(f"/mark-{mark}")
    if mark == "S":
        journal.sync()
    else:
        journal.append([Batch("r", None, [RunResumed(at=1.0, by="")], durable=mark == "F")])
os.path.exists("/mark-end")
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to count what reaches the disk")
def test_only_durable_commits_and_sync_wait_for_the_disk(tmp_path: Path) -> None:
    """A durable commit is one sync, also after others that were none; a sync with nothing to do is none."""
    trace = tmp_path / "trace"
    argv = ["strace", "-f", "-o", trace, sys.executable, "-c", SYNCS, tmp_path / "state"]
    if subprocess.run(argv, check=False, env=os.environ, capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    pieces = re.split(r"/mark-(\w+)", trace.read_text(errors="replace"))[1:]
    syncs = [
        (mark, len(re.findall(r"\bf(?:data)?sync\(", text))) for mark, text in zip(*[iter(pieces)] * 2, strict=True)
    ]
    assert syncs[:-1] == [("N", 0), ("N", 0), ("N", 0), ("F", 1), ("F", 1), ("N", 0), ("S", 1), ("S", 0)]
