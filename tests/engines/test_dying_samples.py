"""Programs that die at any commit while results are laid before a person: none is lost, and none is taken twice."""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from pathlib import Path

from surefoot import api
from surefoot.api import Home
from surefoot.api.engagement import Source
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Plan, RunBody, Step
from surefoot.core.sample_rates import SampleRates
from surefoot.core.state import RunState
from surefoot.errors import SurefootError
from surefoot.settings import Settings
from surefoot.testing import DyingJournal

RUN = RunId("20260101-aaaaaa")
PLAN = Plan(goal="g", steps=tuple(Step(id=StepId(name), body=RunBody(command=f"echo > {name}")) for name in "ab"))
ALL = Settings(samples=SampleRates(auto=1.0, log=1.0))


def repository_in(folder: Path) -> Path:
    """Make a repository with one commit."""
    root = folder / "repository"
    root.mkdir(parents=True)
    identity = ("-c", "user.name=Una", "-c", "user.email=una@example.org")
    for words in (("init", "-q"), (*identity, "commit", "-q", "--allow-empty", "-m", "Start")):
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)
    return root


def work(folder: Path, left: int | None = None) -> tuple[RunState | None, int]:
    """Begin the run, or go on with it, on a journal that dies after so many commits, the last of which is written."""
    place, options = folder / "repository", api.Options(settings=ALL)
    repository, journal = place if place.exists() else repository_in(folder), DyingJournal.open(folder / "home")
    journal.left, journal.is_written = left, True
    with Home(folder / "home", journal=journal) as home:
        try:
            if journal.head(RUN)[0] == 0:
                api.create_run(home, PLAN, Source(repository=repository), run_id=RUN, options=options)
            return asyncio.run(api.engage(home, RUN, options)), journal.taken
        except SurefootError:
            return None, journal.taken


def test_each_result_is_laid_before_a_person_once_whichever_commit_was_the_last(tmp_path: Path) -> None:
    """M55: a choice is journaled with the result that it is about."""
    unkilled, commits = work(tmp_path / "unkilled")
    assert unkilled is not None
    for number in range(1, commits):
        work(tmp_path / str(number), number)
        state, _ = work(tmp_path / str(number))
        assert state is not None, number
        assert Counter(one.step for one in state.samples.values()) == {"a": 1, "b": 1}, number
