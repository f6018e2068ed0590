"""Lists of runs and the inbox fold no journal of a run that is at rest, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import surefoot
from surefoot import api
from surefoot.api.home import Home
from surefoot.api.queries import runs
from surefoot.api.questions import count_questions, inbox
from surefoot.core.ids import RunId
from surefoot.engines.standings import standing_at
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import E, Recorded

ENDED, FAILED, WAITING = (RunId(f"20260101-{name}") for name in ("ended0", "failed", "waits0"))


class ReadJournal(SqliteJournal):
    """Notes whose events are read."""

    read: list[RunId]

    def forget(self, run: RunId) -> None:
        """Lose where a run stands."""
        with self._database.transaction(durable=False) as connection:
            connection.execute("DELETE FROM standings WHERE run = ?", (run,))

    def events(self, run: RunId, after: int = 0) -> Iterator[Recorded]:
        """Note and read."""
        self.read.append(run)
        return super().events(run, after)

    def events_of_kind(self, run: RunId, kind: type[E], most: int) -> list[E]:
        """Note and read."""
        self.read.append(run)
        return super().events_of_kind(run, kind, most)


async def nothing(_: surefoot.StepArgument) -> None:
    """Do nothing, as a body."""


async def fail(_: surefoot.StepArgument) -> None:
    """Fail, as a body."""
    raise RuntimeError("as it should")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a run that ended, one that failed, and one that waits for a person."""
    folder = tmp_path_factory.mktemp("home")
    steps = {
        ENDED: surefoot.Step("one", nothing),
        FAILED: surefoot.Step("one", fail),
        WAITING: surefoot.Step("one", ask="Go on?"),
    }
    for run, step in steps.items():
        surefoot.run(surefoot.Plan(goal="g", steps=[step]), home=folder, run_id=run)
    return folder


@pytest.fixture
def home(folder: Path) -> Iterator[Home]:
    """Return the home with a journal that notes whose events are read."""
    journal = ReadJournal.open(folder)
    journal.read = []
    with Home(folder, journal=journal) as opened:
        yield opened


def read_of(home: Home) -> list[RunId]:
    """Return whose events were read."""
    assert isinstance(home.journal, ReadJournal)
    return home.journal.read


def test_runs_at_rest_are_listed_without_their_events(home: Home) -> None:
    """One row each is read."""
    found = {one.run: (one.state, one.outcome, one.verified, one.steps) for one in runs(home)}
    assert found == {
        ENDED: ("ended", "completed", 1, 1),
        FAILED: ("ended", "failed", 0, 1),
        WAITING: ("waiting", None, 0, 1),
    }
    assert read_of(home) == []


def test_the_inbox_folds_only_runs_that_ask(home: Home) -> None:
    """Not those that have ended."""
    assert [one.run for one in inbox(home)] == [WAITING]
    assert set(read_of(home)) == {WAITING}


def test_open_questions_are_counted_without_their_runs(home: Home) -> None:
    """Of what an inbox does not show it says only how many there are."""
    assert count_questions(home, home.standings()) == 1
    assert read_of(home) == []


def test_a_standing_that_was_lost_is_made_anew_once(home: Home) -> None:
    """The list says the same as before."""
    before = runs(home)
    assert isinstance(home.journal, ReadJournal)
    home.journal.forget(ENDED)
    assert runs(home) == before
    assert read_of(home) == [ENDED]
    assert runs(home) == before
    assert read_of(home) == [ENDED]


def test_what_is_kept_says_what_a_fold_says(home: Home) -> None:
    """For each run, from whoever wrote it last."""
    kept = home.journal.standings()
    assert kept == {run: standing_at(home.state(run)) for run in (ENDED, FAILED, WAITING)}


def test_an_answer_is_in_the_list_at_once(home: Home) -> None:
    """It was folded before it was written."""
    (question,) = inbox(home)
    api.answer(home, question.question, "yes")
    read_of(home).clear()
    assert inbox(home) == []
    assert read_of(home) == []
