"""Group commit: many runs, few transactions; each caller is told about its own batch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from surefoot.clock import SystemClock
from surefoot.core import events as ev
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import FunctionBody, Plan, Step
from surefoot.engines.writer import GroupWriter
from surefoot.errors import ClaimLost, JournalConflict, JournalLocked
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch

PLAN = Plan(goal="g", steps=(Step(id=StepId("a"), body=FunctionBody(name="f")),))


class CountingJournal(SqliteJournal):
    """The real journal, counting its transactions and keeping on which threads it was made to wait for the disk."""

    transactions = 0

    def __init__(self, *args: Any) -> None:
        """Begin with nothing."""
        super().__init__(*args)
        self.waited_on: set[threading.Thread] = set()

    def append(self, batches: Sequence[Batch]) -> list:
        """Count, and append."""
        self.transactions += 1
        if any(batch.durable for batch in batches):
            self.waited_on.add(threading.current_thread())
        return super().append(batches)

    def sync(self) -> None:
        """Note the thread, and sync."""
        self.waited_on.add(threading.current_thread())
        super().sync()


def creation(number: int) -> Batch:
    """Return the first batch of one more run."""
    run = RunId(f"20260101-{number:06}")
    return Batch(run=run, expected=0, events=(ev.RunCreated(at=1.0, run=run, plan=PLAN),), durable=True)


async def test_what_is_appended_in_one_turn_is_one_transaction(tmp_path: Path) -> None:
    """Two hundred runs that append at once share a handful of commits."""
    journal = CountingJournal.open(tmp_path)
    writer = GroupWriter(journal, SystemClock())
    await asyncio.gather(*(writer.append(creation(number)) for number in range(200)))
    assert journal.transactions <= 3
    assert len(journal.runs()) == 200


async def test_a_conflict_concerns_only_its_own_batch(tmp_path: Path) -> None:
    """One batch that comes too late is refused; the others of its commit are not."""
    journal = SqliteJournal.open(tmp_path)
    writer = GroupWriter(journal, SystemClock())
    await writer.append(creation(1))
    results = await asyncio.gather(writer.append(creation(1)), writer.append(creation(2)), return_exceptions=True)
    assert isinstance(results[0], JournalConflict)
    assert journal.head(RunId("20260101-000002"))[0] == 1


async def test_an_engine_that_was_overtaken_is_told(tmp_path: Path) -> None:
    """A void fencing token refuses the batch."""
    journal = SqliteJournal.open(tmp_path)
    writer = GroupWriter(journal, SystemClock())
    await writer.append(creation(1))
    run = RunId("20260101-000001")
    old = journal.raise_token(run)
    journal.raise_token(run)
    event = ev.PauseRequested(at=2.0, by="me")
    with pytest.raises(ClaimLost):
        await writer.append(Batch(run=run, expected=1, events=(event,), token=old))


async def test_what_was_not_waited_for_is_synced_before_long(tmp_path: Path) -> None:
    """A batch that is not durable reaches the disk by itself; closing makes sure of it."""
    journal = SqliteJournal.open(tmp_path)
    writer = GroupWriter(journal, SystemClock())
    await writer.append(creation(1))
    event = ev.PauseRequested(at=2.0, by="me")
    await writer.append(Batch(run=RunId("20260101-000001"), expected=1, events=(event,)))
    await writer.close()
    assert [recorded.event for recorded in SqliteJournal.open(tmp_path).events(RunId("20260101-000001"))][-1] == event


def paused(number: int, *, durable: bool) -> Batch:
    """Return one more event of the first run."""
    event = ev.PauseRequested(at=2.0, by="me")
    return Batch(run=RunId("20260101-000001"), expected=number, events=(event,), durable=durable)


async def test_the_loop_never_waits_for_the_disk(tmp_path: Path) -> None:
    """What has to be on disk is written on a thread, and so is what is synced later: other lanes go on meanwhile."""
    journal = CountingJournal.open(tmp_path)
    writer = GroupWriter(journal, SystemClock())
    writer.callers = 1
    await writer.append(creation(1))
    await writer.append(paused(1, durable=False))
    await writer.close()
    assert journal.waited_on
    assert threading.main_thread() not in journal.waited_on


async def test_the_loop_waits_for_a_quick_disk_where_nothing_else_is_under_way(tmp_path: Path) -> None:
    """A thread would cost more than the disk; what other runs append as well still goes to it."""
    journal = CountingJournal.open(tmp_path)
    writer = GroupWriter(journal, SystemClock())
    writer.callers = 1
    await writer.append(creation(1), is_idle=True)
    assert journal.waited_on == {threading.main_thread()}
    writer.callers = 2
    await writer.append(creation(2), is_idle=True)
    assert len(journal.waited_on) == 2


async def test_after_a_sync_that_failed_nothing_is_appended(tmp_path: Path) -> None:
    """A durable commit would claim that what came before it is on disk, and what came before it may be lost."""
    journal = SqliteJournal.open(tmp_path)
    writer = GroupWriter(journal, SystemClock())
    await writer.append(creation(1))
    (tmp_path / "journal.db-wal").rename(tmp_path / "gone")  # nothing can be forced to disk from here on
    await writer.append(paused(1, durable=False))
    with pytest.raises(JournalLocked, match="could not be forced to disk"):
        await writer.close()
    with pytest.raises(JournalLocked, match="could not be forced to disk"):
        journal.append([paused(2, durable=True)])
