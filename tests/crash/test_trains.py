"""Trains in runs that are killed: at each of their events, each ends as one that nobody killed."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Setting, Unkilled

EVENTS = (
    *("result_parked:1", "train_formed:1", "train_split:1", "train_formed:2", "result_parked:3"),
    *("merge_requested:2", "merged:2", "commit_requested:1", "commit_written:1", "step_verified:1", "step_verified:3"),
)
QUICK = ("train_formed:1", "train_split:1")
KILLS = [pytest.param(event, marks=() if event in QUICK else pytest.mark.slow) for event in EVENTS]


@pytest.mark.parametrize("event", KILLS)
def test_a_run_killed_at_an_event_of_a_train_ends_as_an_unkilled_one(
    setting: Setting, unkilled: Callable[[str], Unkilled], event: str
) -> None:
    """A red train, its splits and a flaky suite: what is bad is found all the same, and nothing verified is redone."""
    stage = setting("trains")
    assert stage.work(die_at=event).code == -signal.SIGKILL
    verified = stage.verified()
    assert (stage.work().code, stage.wrongs(verified)) == (0, [])
    assert stage.ending() == unkilled("trains").ending
