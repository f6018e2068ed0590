"""The implementations of the ports, over which each suite is run; a new one is added here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from surefoot.core.events import RunCreated
from surefoot.core.ids import RunId
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch, Journal
from tests.journal.conftest import created, home

__all__ = ["created", "home"]

Opening = Callable[[Path], Journal]

SHARED: Mapping[str, Opening] = {"SQLite on disk": SqliteJournal.open}
"""Journals that several programs can open."""
JOURNALS: Mapping[str, Opening] = {**SHARED, "SQLite in memory": lambda _: SqliteJournal.in_memory()}


@pytest.fixture(params=JOURNALS.values(), ids=JOURNALS)
def journal(request: pytest.FixtureRequest, home: Path) -> Iterator[Journal]:
    """An empty journal of each kind."""
    opened = request.param(home)
    yield opened
    opened.close()


@pytest.fixture(params=SHARED.values(), ids=SHARED)
def openings(request: pytest.FixtureRequest, home: Path, created: RunCreated) -> Iterator[tuple[Journal, Journal]]:
    """Two openings of one journal, with a run in it."""
    both = request.param(home), request.param(home)
    both[0].append([Batch(created.run, 0, [created])])
    yield both
    for one in both:
        one.close()


@pytest.fixture
def run(journal: Journal, created: RunCreated) -> RunId:
    """A run whose first event is in the journal."""
    journal.append([Batch(created.run, 0, [created])])
    return created.run
