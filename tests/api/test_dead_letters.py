"""Dead letters of one run: of no other run anything is read, and the time is that of the home."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import surefoot
from surefoot.api.dead_letter_answers import close_dead_letter, dead_letters, retry_dead_letter
from surefoot.api.home import Home
from surefoot.core.ids import RunId, StepId
from surefoot.testing import VirtualClock
from tests.api.test_standings import ReadJournal, fail

FAILED, OTHER = (RunId(f"20260101-{name}") for name in ("failed", "other0"))
HOURS_S = 7200.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a home with two runs that failed; where the other one stands is lost."""
    for run in (FAILED, OTHER):
        surefoot.run(surefoot.Plan(goal="g", steps=[surefoot.Step("one", fail)]), home=tmp_path, run_id=run)
    journal = ReadJournal.open(tmp_path)
    journal.forget(OTHER)
    journal.close()
    return tmp_path


@pytest.mark.parametrize("act", [retry_dead_letter, close_dead_letter])
def test_a_letter_that_is_taken_up_or_closed_reads_its_run_alone(
    folder: Path, act: Callable[[Home, RunId, str], object]
) -> None:
    """However many runs there are, and whatever is wrong with them (M68)."""
    journal = ReadJournal.open(folder)
    journal.read = []
    with Home(folder, journal=journal) as home:
        act(home, FAILED, "one")
    assert set(journal.read) == {FAILED}


def test_how_long_a_letter_lies_goes_by_the_clock_of_the_home(folder: Path) -> None:
    """As whatever is written there (M68)."""
    with Home(folder) as home:
        ended_at = home.state(FAILED).nodes[StepId("one")].ended_at
    assert ended_at is not None
    with Home(folder, clock=VirtualClock(ended_at + HOURS_S)) as home:
        [letter] = dead_letters(home, run=FAILED)
    assert letter.since_s == pytest.approx(HOURS_S)
