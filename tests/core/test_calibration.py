"""Stated confidence against what was found (M58, M136)."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.calibration import Claimed, calibration_of, claims_of, wilson_upper
from surefoot.core.event_words import Verdict
from surefoot.core.ids import RunId, StepId
from tests.core.test_kernel_confidence import RED, claiming

AT_A = {"step": StepId("a"), "attempt": 1}


def found(run: Any) -> list[tuple[float, bool | None]]:
    """Return the claims of a run, with what was found."""
    return [(one.confidence, one.is_right) for one in claims_of(run.state, run.journal)]


def claims(*said: tuple[float, bool | None]) -> list[Claimed]:
    """Make claims of confidences and what was found."""
    own: dict[str, Any] = {"run": RunId("r"), "step": StepId("a"), "attempt": 1, "is_stated": True, "why": ""}
    return [Claimed(confidence=confidence, is_right=right, **own) for confidence, right in said]


def test_a_claim_that_stands_on_a_check_that_was_red_is_right(play: Any) -> None:
    """What is not stated counts as 0 (M136)."""
    assert found(claiming(play, 0.95, RED).go()) == [(0.95, True)]
    assert found(claiming(play, None, RED).go()) == [(0.0, True)]


def test_of_a_claim_that_nothing_proves_nothing_is_known(play: Any) -> None:
    """Until somebody looks."""
    run = claiming(play, 0.95).go()
    assert found(run) == [(0.95, None)]
    assert found(run.say(ev.SampleReviewed, **AT_A, ok=True, why="")) == [(0.95, True)]


def test_what_a_review_finds_wrong_is_wrong_whatever_proves_it(play: Any) -> None:
    """Checks can be wrong, too (M58)."""
    run = claiming(play, 0.95, RED).go().say(ev.SampleReviewed, **AT_A, ok=False, why="It is not")
    assert found(run) == [(0.95, False)]


def test_what_a_person_refuses_is_wrong(play: Any) -> None:
    """Of a result that was put to them."""
    assert found(claiming(play, 0.5).go().reply("no", reason="no").go())[0] == (0.5, False)


def test_a_claim_whose_check_fails_is_wrong(play: Any) -> None:
    """It was stated before the check was asked."""
    run = claiming(play, 0.99).will(do.AskCheck, "after", verdict=Verdict.FAILED).go(do.RestoreLane)
    assert found(run) == [(0.99, False)]


def test_what_is_taken_back_is_wrong(play: Any) -> None:
    """Once somebody has found the step wrong."""
    run = claiming(play, 0.95, RED).go()
    run.say(ev.StepsFoundWrong, steps=(StepId("a"),), why="no").claim().go(do.RequestModel)
    assert found(run)[0] == (0.95, False)


@pytest.mark.parametrize(("bad", "of", "upper"), [(0, 73, 0.05), (0, 50, 0.0714), (1, 20, 0.2361), (0, 0, 1.0)])
def test_the_bound_is_that_of_wilson(bad: int, of: int, upper: float) -> None:
    """By values of the literature."""
    assert wilson_upper(bad, of) == pytest.approx(upper, abs=6e-4)


def test_the_threshold_is_the_lowest_that_keeps_the_error_under_the_rate() -> None:
    """Below it too many were wrong."""
    told = calibration_of(claims(*[(0.95, True)] * 80, *[(0.6, False)] * 20), 0.05)
    assert (told.threshold, told.advised, told.is_enough) == (0.95, 0.95, True)
    assert told.brier == pytest.approx((80 * 0.05**2 + 20 * 0.6**2) / 100)


def test_with_few_labels_the_threshold_stays() -> None:
    """However right they are."""
    told = calibration_of(claims(*[(0.3, True)] * 49, *[(0.3, None)] * 100), 0.1)
    assert (told.is_enough, told.advised, told.labelled) == (False, 0.9, 49)


def test_who_was_sure_and_wrong_is_named() -> None:
    """In its bin as well (M58)."""
    told = calibration_of(claims((1.0, False), (0.9, True), (0.2, False)), 0.05)
    assert [one.confidence for one in told.confidently_wrong] == [1.0]
    assert (told.bins[9].labelled, told.bins[9].right) == (2, 1)
