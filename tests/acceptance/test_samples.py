"""Results that nobody was asked about, looked at afterwards (M57)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLAN = """
goal: Build it
steps:
  - {id: build, run: "echo hi > new.txt", writes: [new.txt], checks: [{run: test -e new.txt, expect: fail_to_pass}]}
"""
REVIEWING = f"""
goal: Look at itself
steps:
  - {{id: build, run: "echo hi > new.txt", writes: [new.txt]}}
  - id: ask
    needs: [build]
    run: {sys.executable} -m surefoot review 20260101-abc123 build ok
    confine: false
    effect: idempotent
"""


@pytest.fixture
def sampled(stage: Stage) -> Stage:
    """Return a stage with a run of which every result is a sample."""
    settings = stage.folder / "samples.toml"
    settings.write_text("[samples]\nlog = 1.0\n")
    assert stage.say("run", stage.plan(PLAN), "--run-id", RUN, env={"SUREFOOT_CONFIG": str(settings)}).code == 0
    return stage


def test_a_sample_shows_what_a_reviewer_needs(sampled: Stage) -> None:
    """What made it, what it changes, on what proof, and how to see its diff."""
    [one] = sampled.say("inbox", "--samples", "--json").json["samples"]
    assert (one["item"], one["step"], one["goal"], one["does"]) == (
        f"{RUN}.s1",
        "build",
        "Build it",
        "echo hi > new.txt",
    )
    assert (one["tier"], one["rate"], one["confidence"]) == ("log", 1.0, None)
    assert (one["proof"], one["changed"]) == ("fail_to_pass", ["new.txt"])
    assert one["look"] == f"surefoot show {RUN} build"


def test_a_review_is_kept_and_wrong_offers_to_take_the_result_back(sampled: Stage) -> None:
    """In a run that has ended; the inbox is empty afterwards."""
    said = sampled.say("review", f"{RUN}.s1", "wrong", "--why", "It is empty")
    assert (said.code, f"surefoot invalidate {RUN} build --why 'It is empty'" in said.out) == (0, True)
    assert sampled.say("inbox", "--samples", "--json").json["samples"] == []
    [one] = sampled.say("report", RUN, "--json").json["samples"]
    assert (one["review"]["ok"], one["review"]["why"], one["standing"]) == (False, "It is empty", True)
    assert "found wrong by" in sampled.say("show", RUN, "build").out


def test_what_cannot_be_reviewed_is_refused_with_the_reason(sampled: Stage) -> None:
    """Twice, an item that there is not, and words that mean nothing."""
    assert sampled.say("review", "s1", "ok").code == 0
    again, unknown, odd = (sampled.say("review", *words) for words in (("s1", "ok"), ("s7", "ok"), ("s1", "good")))
    assert (again.code, unknown.code, odd.code) == (2, 2, 2)
    assert "has reviewed" in again.err
    assert "inbox --samples" in unknown.err
    assert "ok|wrong" in odd.err


def test_a_result_that_is_taken_back_waits_for_nobody(sampled: Stage) -> None:
    """There is nothing to look at any more."""
    assert sampled.say("invalidate", RUN, "build", "--why", "x", "--yes").code == 0
    report = sampled.say("report", RUN, "--json").json
    assert report["samples"][0]["standing"] is False
    assert f"{RUN}.s1" not in [one["item"] for one in sampled.say("inbox", "--samples", "--json").json["samples"]]


def test_a_step_may_not_review(stage: Stage) -> None:
    """It would judge itself."""
    stage.run(REVIEWING, "--yes")
    assert "tried to review a result" in stage.say("show", RUN, "ask", "--output").out
    assert stage.say("report", RUN, "--json").json["samples"] == []
