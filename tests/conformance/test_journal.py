"""What every journal does: positions, conflicts, tokens, reading, snapshots, and what becomes of a run removed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from surefoot.core.event_words import Moment, Phase, Verdict
from surefoot.core.events import CheckAnswered, Event, PhaseEntered, RunCreated, RunResumed
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.errors import ClaimLost, JournalConflict
from surefoot.ports.storage import Appended, Batch, Journal, RunRow, Standing
from surefoot.testing import VirtualClock

FACT = RunResumed(at=2.0, by="a person")
DECISION = PhaseEntered(at=2.0, phase=Phase.EXECUTE)
OTHER = RunId("20260102-zzzzzz")
STANDING = Standing(2, "ended", "completed", "Leave six behind", 3, 4, 0)
FAR_OFF = 4e9
"""A time at which everything is old."""


def append_one(journal: Journal, batch: Batch) -> Appended | JournalConflict | ClaimLost:
    """What became of a batch appended alone."""
    (answer,) = journal.append([batch])
    return answer


def events_of(journal: Journal, run: RunId) -> list[Event]:
    """The events of a run behind its first."""
    return [recorded.event for recorded in journal.events(run, after=1)]


def append_many(journal: Journal, run: RunId, count: int) -> None:
    """Append so many facts, each one different."""
    journal.append([Batch(run, None, [RunResumed(at=float(n), by=f"{n}") for n in range(count)])])


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


def test_another_opening_moves_the_position(openings: tuple[Journal, Journal], created: RunCreated) -> None:
    """What is remembered of the end is not believed once somebody else has appended."""
    (journal, other), run = openings, created.run
    append_one(journal, Batch(run, 1, [DECISION]))
    append_one(other, Batch(run, None, [FACT]))
    assert isinstance(append_one(journal, Batch(run, 2, [DECISION])), JournalConflict)
    assert isinstance(append_one(journal, Batch(run, 3, [DECISION])), Appended)


def test_the_version_changes_when_others_append(openings: tuple[Journal, Journal], created: RunCreated) -> None:
    """An own append does not count."""
    journal, other = openings
    before = journal.version()
    append_one(journal, Batch(created.run, None, [FACT]))
    unchanged = journal.version()
    append_one(other, Batch(created.run, None, [FACT]))
    assert unchanged == before != journal.version()


def test_appends_of_others_are_waited_for(openings: tuple[Journal, Journal], created: RunCreated) -> None:
    """Whoever waits is given the version to wait from the next time."""
    journal, other = openings
    before = journal.version()
    append_one(other, Batch(created.run, None, [FACT]))
    assert VirtualClock().run(journal.wait_for_appends(before)) == journal.version()


def test_an_own_append_wakes_nobody(journal: Journal, run: RunId) -> None:
    """The engine would read again what it has just written."""
    before = journal.version()
    append_one(journal, Batch(run, None, [FACT]))
    with pytest.raises(TimeoutError):
        VirtualClock().run(asyncio.wait_for(journal.wait_for_appends(before), timeout=3600))


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


def test_a_token_raised_by_another_opening_voids_the_earlier_one(
    openings: tuple[Journal, Journal], created: RunCreated
) -> None:
    """An engine that was taken over without noticing can say nothing more, not even facts."""
    (journal, other), run = openings, created.run
    token = journal.raise_token(run)
    assert other.raise_token(run) == token + 1
    assert isinstance(append_one(journal, Batch(run, None, [FACT], token)), ClaimLost)


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


def evidence(blob: BlobId) -> CheckAnswered:
    """An event that refers to a blob."""
    return CheckAnswered(
        at=1.0, step=StepId("a"), attempt=1, moment=Moment.AFTER, check=0, verdict=Verdict.PASSED, evidence=blob
    )


def test_events_come_in_order_behind_a_position(journal: Journal, run: RunId) -> None:
    """A journal longer than what is read at once has no seam."""
    append_many(journal, run, 1200)
    assert [recorded.seq for recorded in journal.events(run, after=400)] == list(range(401, 1202))


def test_events_appended_while_reading_are_read(journal: Journal, run: RunId) -> None:
    """A reader holds no lock and no old state of the database."""
    append_many(journal, run, 600)
    reader = journal.events(run)
    next(reader)
    append_many(journal, run, 1)
    assert [recorded.seq for recorded in reader][-1] == 602


def test_nothing_is_behind_the_end(journal: Journal, run: RunId) -> None:
    """A position nobody has reached yet has no events behind it."""
    assert list(journal.events(run, after=1)) == list(journal.events(run, after=50)) == []


def test_runs_are_listed_without_their_events(journal: Journal, run: RunId, created: RunCreated) -> None:
    """The oldest first, each with the first line of its goal."""
    journal.append([Batch(OTHER, 0, [replace(created, run=OTHER, at=0.5, repository=None)])])
    goal = "Leave six behind"
    assert journal.runs() == [RunRow(OTHER, None, 0.5, goal), RunRow(run, "/src/project", 1.0, goal)]


def test_a_standing_is_kept_with_the_events_it_follows(journal: Journal, run: RunId) -> None:
    """As long as the run goes on no further."""
    append_one(journal, Batch(run, 1, [DECISION], standing=STANDING))
    kept = journal.standings()
    append_one(journal, Batch(run, None, [FACT]))
    assert (kept, journal.standings()) == ({run: STANDING}, {})


def test_a_standing_that_does_not_know_all_events_before_it_is_not_kept(journal: Journal, run: RunId) -> None:
    """Facts are appended wherever the end is."""
    append_one(journal, Batch(run, None, [FACT]))
    append_one(journal, Batch(run, None, [FACT], standing=STANDING))
    assert journal.standings() == {}


def test_a_standing_saved_late_replaces_no_newer_one(journal: Journal, run: RunId) -> None:
    """Whoever made it anew may have been overtaken."""
    append_one(journal, Batch(run, 1, [DECISION], standing=STANDING))
    journal.save_standings({run: replace(STANDING, seq=1, state="running")})
    assert journal.standings() == {run: STANDING}


def test_a_refused_batch_leaves_no_standing(journal: Journal, run: RunId) -> None:
    """It is written in the commit of its events or not at all."""
    assert isinstance(append_one(journal, Batch(run, 7, [DECISION], standing=STANDING)), JournalConflict)
    assert journal.standings() == {}


def test_a_removed_run_stands_nowhere(journal: Journal, run: RunId, created: RunCreated) -> None:
    """Nor does another one of its name."""
    append_one(journal, Batch(run, 1, [DECISION], standing=STANDING))
    journal.delete_run(run)
    append_one(journal, Batch(run, 0, [created]))
    append_one(journal, Batch(run, 1, [DECISION]))
    assert journal.standings() == {}


def test_a_snapshot_is_kept_until_the_next(journal: Journal, run: RunId) -> None:
    """Only the last one counts."""
    nothing = journal.snapshot(run)
    journal.save_snapshot(run, 1, b"one", "code")
    journal.save_snapshot(run, 2, b"two", "code")
    assert (nothing, journal.snapshot(run)) == (None, (2, b"two", "code"))


def test_a_removed_run_leaves_nothing_but_its_token(journal: Journal, run: RunId) -> None:
    """Its events, its row and its snapshot go; a fencing token is never given twice."""
    token = journal.raise_token(run)
    journal.save_snapshot(run, 1, b"one", "code")
    journal.delete_run(run)
    assert (journal.runs(), journal.head(run), journal.snapshot(run)) == ([], (0, ""), None)
    assert journal.raise_token(run) > token


def test_gc_removes_only_blobs_that_no_event_mentions(journal: Journal, run: RunId) -> None:
    """Small and large ones; a blob of another run stays."""
    kept = [journal.blobs.put(b"small"), journal.blobs.put(b"large" * 1000)]
    lost = [journal.blobs.put(b"small, too"), journal.blobs.put(b"large, too" * 1000)]
    journal.append([Batch(run, None, [evidence(blob) for blob in kept])])
    assert journal.gc(before=FAR_OFF) == sorted(lost)
    assert [len(journal.blobs.get(blob)) for blob in kept] == [5, 5000]


def test_gc_spares_what_was_stored_since(journal: Journal, run: RunId) -> None:
    """The event that refers to a blob may still be on its way."""
    journal.blobs.put(b"x" * 5000)
    journal.blobs.put(b"x")
    append_one(journal, Batch(run, None, [FACT]))
    assert journal.gc(before=0.0) == []


def test_what_is_durable_is_there_after_reopening(openings: tuple[Journal, Journal], created: RunCreated) -> None:
    """Another opening reads the same events with the same hashes."""
    journal, other = openings
    append_one(journal, Batch(created.run, None, [FACT, FACT], durable=True))
    assert journal.is_durable
    assert list(other.events(created.run)) == list(journal.events(created.run))


def test_a_sync_takes_what_was_appended_without_waiting(journal: Journal, run: RunId) -> None:
    """Syncing twice does no harm, and what was appended is still there."""
    append_one(journal, Batch(run, None, [FACT]))
    journal.sync()
    journal.sync()
    assert (events_of(journal, run), journal.audit(run)) == ([FACT], [])
