"""Killed at each event of a sample: none is lost, none is taken or reviewed twice, and the run ends as an unkilled one.

`tests/engines/test_dying_samples.py` dies at every commit, without processes.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.events import SampleReviewed, SamplesConfigured, SampleTaken
from surefoot.core.ids import RunId

if TYPE_CHECKING:
    from conftest import Setting, Stage

RAN = "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran"
PLAN = f"""
goal: Write two files
steps:
  - {{id: one, run: "{RAN}; echo 1 > one.txt"}}
  - {{id: two, needs: [one], run: "{RAN}; echo 2 > two.txt"}}
"""
HELD = PLAN.replace(
    "echo 2", "touch $SUREFOOT_MEETING/held; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; echo 2"
)
FAST = "sample_taken:1"
EVENTS = ("sample_taken:1", "sample_taken:2")
KILLS = [pytest.param(one, marks=() if one == FAST else pytest.mark.slow) for one in EVENTS]
KINDS = (SamplesConfigured, SampleTaken, SampleReviewed)


def lives(stage: Stage) -> list[tuple[str, ...]]:
    """Return the events of samples, in order: the kind, and the step."""
    with api.Home(stage.home) as home:
        events = [one.event for one in api.events(home, RunId(stage.run))]
    return [(one.kind, getattr(one, "step", "")) for one in events if isinstance(one, KINDS)]


TAKEN = [("samples_configured", ""), ("sample_taken", "one"), ("sample_taken", "two")]


@pytest.mark.parametrize("event", KILLS)
def test_a_run_killed_at_an_event_of_a_sample_lays_each_result_before_a_person_once(
    setting: Setting, event: str
) -> None:
    """M57: a choice is journaled with the result that it is about; no body runs again for it."""
    usual, stage = setting(PLAN), setting(PLAN)
    assert usual.work(samples=True).said["outcome"] == "completed"
    assert stage.work(samples=True, die_at=event).code == -signal.SIGKILL
    verified = stage.verified()
    assert (stage.work(samples=True).said["outcome"], stage.wrongs(verified)) == ("completed", [])
    assert stage.ending() == usual.ending()
    assert lives(stage) == lives(usual) == TAKEN


def test_rates_that_an_engine_hears_of_as_it_is_killed_hold_for_the_next_one(setting: Setting) -> None:
    """M57: they are journaled once, before anything is done."""
    stage = setting(PLAN)
    assert stage.work(die_at="engine_started:1").code == -signal.SIGKILL
    assert stage.work(samples=True, die_at="samples_configured:1").code == -signal.SIGKILL
    assert (stage.work(samples=True).said["outcome"], stage.wrongs()) == ("completed", [])
    assert lives(stage) == [TAKEN[0], *TAKEN]  # the first rates are those that the run was made with


@pytest.mark.parametrize("point", [pytest.param("written", marks=pytest.mark.slow), "committed"])
def test_a_review_whose_program_is_killed_was_given_or_was_not(setting: Setting, point: str) -> None:
    """M57: given once more where it was not, it is kept once; where it was, that is said."""
    stage = setting(PLAN)
    stage.work(samples=True)
    fault = {"SUREFOOT_FAULT": f"journal.append.{point}:1"}
    assert stage.work(fault, act="review", text="s1").code == -signal.SIGKILL
    again = stage.work(act="review", text="s1").said
    assert again.get("error", "given") == {"written": "given", "committed": "not-awaiting-answer"}[point]
    assert lives(stage) == [*TAKEN, ("sample_reviewed", "one")]
    assert (stage.state().samples["s1"].reviewed is not None, stage.wrongs()) == (True, [])


def test_a_review_given_to_a_killed_run_is_kept(setting: Setting) -> None:
    """M57: the run goes on as if nothing had been said."""
    stage = setting(PLAN)
    assert stage.work(samples=True, die_at=FAST).code == -signal.SIGKILL
    assert stage.work(act="review", text="s1").said == {"reviewed": "s1"}
    assert (stage.work(samples=True).said["outcome"], stage.wrongs()) == ("completed", [])
    assert lives(stage) == [*TAKEN[:2], ("sample_reviewed", "one"), TAKEN[2]]


def test_an_engine_killed_as_it_hears_of_a_review_has_it_once(setting: Setting) -> None:
    """M57: the review is another program's, and durable before the engine reads it."""
    stage = setting(HELD)
    with stage.begin(samples=True, die_at="sample_reviewed:1") as program:
        program.hear("sample_taken one")
        assert stage.work(act="review", text="s1").said == {"reviewed": "s1"}
        assert program.wait().code == -signal.SIGKILL
    stage.go()
    verified = stage.verified()
    assert (stage.work(samples=True).said["outcome"], stage.wrongs(verified)) == ("completed", [])
    assert lives(stage) == [*TAKEN[:2], ("sample_reviewed", "one"), TAKEN[2]]
