"""What the tests of the journal share: a folder of state, a journal in it, and a run that has begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.core.events import RunCreated
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Plan, RunBody, Step
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of state that does not exist yet."""
    return tmp_path / "state"


@pytest.fixture
def journal(home: Path) -> Iterator[SqliteJournal]:
    """An empty journal."""
    opened = SqliteJournal.open(home)
    yield opened
    opened.close()


@pytest.fixture
def created() -> RunCreated:
    """The first event of a run."""
    plan = Plan(goal="Leave six behind\nin every file", steps=(Step(id=StepId("a"), body=RunBody(command="true")),))
    return RunCreated(at=1.0, run=RunId("20260102-abcdef"), plan=plan, repository="/src/project")


@pytest.fixture
def run(journal: SqliteJournal, created: RunCreated) -> RunId:
    """A run whose first event is in the journal."""
    journal.append([Batch(created.run, 0, [created])])
    return created.run
