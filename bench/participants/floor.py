"""What no engine in Python that keeps such a journal can do without: the events, a call for each body, the commits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from surefoot.core import events as ev
from surefoot.core.event_words import Ending, Status
from surefoot.core.events import Event
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Plan
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Appended, Batch


def chain(folder: Path, steps: int) -> float:
    """Go through a chain of steps."""
    return _timed(folder, [1] * steps)


def fan(folder: Path, width: int) -> float:
    """Go through a fan."""
    return _timed(folder, [1, width, 1])


def many(folder: Path, runs: int, steps: int) -> float:
    """Go through many chains at once, as if they were one run."""
    return _timed(folder, [runs] * steps)


def _timed(folder: Path, widths: Sequence[int]) -> float:
    journal = SqliteJournal.open(folder)
    run = RunId("20260101-abcdef")
    created = ev.RunCreated(at=time.time(), run=run, plan=Plan(goal="Do nothing", steps=()))
    journal.append([Batch(run=run, expected=0, events=(created,))])
    begun = time.perf_counter()
    asyncio.run(_go(journal, run, widths))
    taken = time.perf_counter() - begun
    journal.close()
    return taken


async def _go(journal: SqliteJournal, run: RunId, widths: Sequence[int]) -> None:
    seq, ended = 1, list[Event]()
    for number, width in enumerate(widths):
        names = [StepId(f"step-{number}-{at}") for at in range(width)]
        now = time.time()
        started: list[Event] = []
        for name in names:
            started.append(ev.StepStarted(at=now, step=name, attempt=1))
            started.append(ev.BodyStarted(at=now, step=name, attempt=1, key=f"{run}:{name}"))
        seq = _append(journal, run, seq, [*ended, *started])
        facts = await asyncio.gather(*(asyncio.create_task(_body(name)) for name in names))
        proofs = [ev.StepVerified(at=fact.at, step=fact.step, attempt=1, proof="exit-status-only") for fact in facts]
        ended = [*facts, *proofs]
    _append(journal, run, seq, ended)


def _append(journal: SqliteJournal, run: RunId, seq: int, events: Sequence[Event]) -> int:
    (result,) = journal.append([Batch(run=run, expected=seq, events=events, durable=True)])
    assert isinstance(result, Appended)
    return result.seq


async def _nothing() -> None:
    """Do nothing, as a step's body."""


async def _body(name: StepId) -> ev.BodyFinished:
    async with asyncio.timeout(1800):
        await _nothing()
    return ev.BodyFinished(at=time.time(), step=name, attempt=1, ending=Ending(status=Status.OK), duration_s=0.0)
