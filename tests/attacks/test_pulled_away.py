"""What a run stands on is pulled away while a step works: its journal, its repository, the place of its blobs.

Read `tests/crash/test_by_hand.py` for what people do between two engines.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
HOLDING = """
goal: Be stopped
steps:
  - id: hold
    run: touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; seq 3000; seq 9 > h.txt
    checks: [{file: h.txt, exists: true}]
"""


def delete_journal(stage: Stage) -> None:
    """Delete the database as a person would who tidies up."""
    (stage.home / "journal.db").unlink()


def replace_journal(stage: Stage) -> None:
    """Put a copy in the place of the database, as backups and synchronising programs do."""
    shutil.copy(stage.home / "journal.db", stage.home / "copy")
    (stage.home / "copy").rename(stage.home / "journal.db")


def move_home(stage: Stage) -> None:
    """Move everything that Surefoot keeps."""
    stage.home.rename(stage.folder / "other-home")


def move_repository(stage: Stage) -> None:
    """Move the repository that the run belongs to."""
    stage.user.rename(stage.folder / "moved")


def block_blobs(stage: Stage) -> None:
    """Leave no room for large blobs, as a full disk does."""
    shutil.rmtree(stage.home / "blobs", ignore_errors=True)
    (stage.home / "blobs").touch()


def stopped(stage: Stage, pull_away: Callable[[Stage], None]) -> tuple[int, str]:
    """Pull something away while a step works; return how the run ended, and the code of the error."""
    with stage.held(HOLDING, "--json") as program:
        pull_away(stage)
        stage.go()
        ended = program.wait()
    return ended.code, json.loads(ended.out[ended.out.index("{") :])["error"]["code"]


@pytest.mark.parametrize(
    "pull_away", [delete_journal, *(pytest.param(one, marks=pytest.mark.slow) for one in (replace_journal, move_home))]
)
def test_a_run_whose_journal_is_pulled_away_does_not_end_as_if_all_were_well(
    stage: Stage, pull_away: Callable[[Stage], None]
) -> None:
    """What it wrote after that would be found by nobody."""
    assert stopped(stage, pull_away) == (6, "journal-gone")


def test_a_run_whose_repository_is_moved_stops_and_goes_on_when_it_is_back(stage: Stage) -> None:
    """The step did nothing wrong."""
    assert stopped(stage, move_repository) == (6, "workspace-missing")
    (stage.folder / "moved").rename(stage.user)
    assert stage.say("resume", RUN).code == 0


def test_a_run_that_cannot_keep_its_evidence_stops_and_goes_on_when_there_is_room(stage: Stage) -> None:
    """Neither did it here."""
    assert stopped(stage, block_blobs) == (6, "journal-locked")
    (stage.home / "blobs").unlink()
    assert stage.say("resume", RUN).code == 0
