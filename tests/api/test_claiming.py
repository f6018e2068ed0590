"""What is made, changed or removed of a run is done by one program at a time."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from surefoot.api.engagement import create_run, engage
from surefoot.api.home import Home
from surefoot.api.retention import remove_run
from surefoot.api.run_control import restore, retry
from surefoot.api.validation import Source
from surefoot.core.ids import RunId
from surefoot.core.plan import Effect, Plan, RunBody, Step
from surefoot.errors import RunExists, RunHeld, RunNotFound, WorkspaceError
from surefoot.journal.sqlite import SqliteJournal

RUN = RunId("20260101-aaaaaa")
PLAN = Plan(goal="g", steps=(Step(id="a", body=RunBody(command="true"), effect=Effect.READ),))


class StoppingJournal(SqliteJournal):
    """The real journal, which lets a program that uses it stop before its n-th call of one kind."""

    def stop_before(self, call: str, number: int = 1) -> None:
        """Stop before that call."""
        self._call, self._left = call, number
        self.is_stopped, self.go = threading.Event(), threading.Event()

    def _pass(self, call: str) -> None:
        self._left -= call == self._call
        if call == self._call and self._left == 0:
            self.is_stopped.set()
            assert self.go.wait(60)

    def head(self, run: RunId) -> Any:
        """Look for the run."""
        self._pass("head")
        return super().head(run)

    def append(self, batches: Any) -> Any:
        """Append the first events."""
        self._pass("append")
        return super().append(batches)

    def delete_run(self, run: RunId) -> None:
        """Delete the events of a run whose files are removed."""
        self._pass("delete_run")
        super().delete_run(run)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home."""
    with Home(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """What runs work on."""
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "file").write_text("text")
    return Source(repository=tmp_path / "user")


Stopped = Callable[..., tuple[StoppingJournal, Future[Any]]]


@pytest.fixture
def stopped(home: Home) -> Iterator[Stopped]:
    """Let another thread, as another program, act on the same home and stop at a call of the journal."""
    beside = Home(home.folder)
    beside.journal = journal = StoppingJournal.open(home.folder)
    with ThreadPoolExecutor(1) as threads:

        def stopped(act: Callable[[Home], Any], call: str, number: int = 1) -> tuple[StoppingJournal, Future[Any]]:
            journal.stop_before(call, number)
            acting = threads.submit(act, beside)
            assert journal.is_stopped.wait(60)
            return journal, acting

        yield stopped
    beside.close()


def outcome(act: Callable[[], Any]) -> object:
    """Return what became of it: what it returned, or how it was told."""
    try:
        return act()
    except (RunHeld, RunExists, RunNotFound) as error:
        return type(error)


@pytest.mark.parametrize(("call", "number"), [("head", 1), ("head", 2), ("append", 1)])
async def test_of_two_starts_with_one_id_one_is_told_and_harms_nothing(
    home: Home, source: Source, stopped: Stopped, call: str, number: int
) -> None:
    """Wherever the first one is when the second begins, the run that came of it can be worked on."""
    journal, first = stopped(lambda beside: create_run(beside, PLAN, source, run_id=RUN), call, number)
    second = outcome(lambda: create_run(home, PLAN, source, run_id=RUN))
    journal.go.set()
    results = [outcome(first.result), second]
    assert [one in (RunHeld, RunExists) for one in results].count(True) == 1
    assert (await engage(home, RUN)).outcome == "completed"


def test_a_run_that_cannot_be_created_leaves_no_folder(home: Home, tmp_path: Path) -> None:
    """A repository without a commit is refused after the claim was taken; what the claim made goes with it."""
    subprocess.run(["git", "init", "-q", str(tmp_path / "empty")], check=True)
    with pytest.raises(WorkspaceError):
        create_run(home, PLAN, Source(repository=tmp_path / "empty"), run_id=RUN)
    assert not home.run_folder(RUN).exists()


def test_a_start_with_an_id_that_another_program_is_creating_is_told_so(
    home: Home, source: Source, stopped: Stopped
) -> None:
    """Its folder is being filled: nothing in there may be taken for left over."""
    journal, _ = stopped(lambda beside: create_run(beside, PLAN, source, run_id=RUN), "append")
    with pytest.raises(RunHeld):
        create_run(home, PLAN, source, run_id=RUN)
    journal.go.set()


async def test_a_run_that_is_being_removed_cannot_be_gone_on_with(home: Home, source: Source, stopped: Stopped) -> None:
    """Its files are gone, and its events are about to be."""
    create_run(home, PLAN, source, run_id=RUN)
    journal, removing = stopped(lambda beside: remove_run(beside, RUN, branch=True), "delete_run")
    with pytest.raises(RunHeld):
        await engage(home, RUN)
    journal.go.set()
    removing.result()
    assert not home.run_folder(RUN).exists()


def test_a_run_that_is_worked_on_is_not_removed(home: Home, source: Source) -> None:
    """Nothing of it is, and the message says what to do first."""
    create_run(home, PLAN, source, run_id=RUN)
    claim = home.claims.acquire(RUN)
    with pytest.raises(RunHeld, match=f"surefoot cancel {RUN}"):
        remove_run(home, RUN)
    claim.release()
    assert (home.run_folder(RUN) / "workspace.json").exists()


async def test_nobody_begins_to_work_on_a_run_while_its_steps_are_set_to_be_tried_again(
    home: Home, source: Source, stopped: Stopped
) -> None:
    """An engine that began in between would fold what it did not see coming."""
    create_run(home, PLAN, source, run_id=RUN)
    await engage(home, RUN)
    journal, _ = stopped(lambda beside: outcome(lambda: retry(beside, RUN, ())), "append")
    with pytest.raises(RunHeld):
        await engage(home, RUN)
    journal.go.set()


async def test_the_branch_of_a_run_that_is_worked_on_is_not_taken_back(home: Home, source: Source) -> None:
    """The engine would go on from where the branch was."""
    create_run(home, PLAN, source, run_id=RUN)
    await engage(home, RUN)
    claim = home.claims.acquire(RUN)
    with pytest.raises(RunHeld, match=f"surefoot pause {RUN}"):
        await restore(home, RUN, "a")
    claim.release()
