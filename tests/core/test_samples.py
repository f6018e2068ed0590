"""Samples of results that nobody was asked about, and what people find when they look at them (M57)."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Effect
from surefoot.core.policy_types import Policy, Rule, Tier
from surefoot.core.sample_rates import SampleRates, is_sampled
from surefoot.errors import IllegalTransition

ALL = SampleRates(auto=1.0, log=1.0)
AT_A = {"step": StepId("a"), "attempt": 1}


def sampled(run: Any) -> list[str]:
    """Return the steps of which samples were taken."""
    return [event.step for event in run.told(ev.SampleTaken)]


def test_what_nobody_was_asked_about_is_sampled_in_the_batch_of_its_verification(play: Any) -> None:
    """So that a kill loses both or none; the run does not wait (M57)."""
    run = play({"a": {}, "b": {"needs": ("a",)}}).say(ev.SamplesConfigured, rates=ALL).go()
    assert sampled(run) == ["a", "b"]
    kinds = [event.kind for event in run.journal]
    assert kinds[kinds.index("step_verified") + 1] == "sample_taken"
    assert run.state.outcome == "completed"


def test_a_sample_says_its_rate_and_tier(play: Any) -> None:
    """And how sure its body was."""
    run = play({"a": {}}).say(ev.SamplesConfigured, rates=SampleRates(log=1.0))
    run.will(do.RunStep, "a", outputs={"confidence": "0.7"}).go()
    [taken] = run.told(ev.SampleTaken)
    assert (taken.rate, taken.tier, taken.confidence) == (1.0, Tier.LOG, 0.7)


def test_a_run_whose_journal_says_nothing_of_samples_takes_none(play: Any) -> None:
    """Journals of earlier releases fold as they did."""
    assert sampled(play({"a": {}}).go()) == []


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_what_a_person_has_decided_is_not_sampled(play: Any, answer: str) -> None:
    """Neither a body that was approved, nor one that was refused."""
    run = play({"a": {"effect": Effect.IRREVERSIBLE}}).say(ev.SamplesConfigured, rates=ALL).go()
    assert sampled(run.reply(answer).go()) == []


def test_a_result_that_a_person_has_seen_is_not_sampled(play: Any) -> None:
    """Its body ran without a question, its result did not pass without one."""
    rule = Rule(name="seen", tier=Tier.CONFIRM, reason="Because.", confidence_below=1.0)
    run = play({"a": {}}).say(ev.SamplesConfigured, rates=ALL).say(ev.PolicyConfigured, policy=Policy(own=(rule,)))
    run.will(do.RunStep, "a", outputs={"confidence": "0.2"}).go()
    assert run.states == {"a": "waiting"}
    assert sampled(run.reply("yes").go()) == []


def test_the_choice_follows_from_the_names_alone() -> None:
    """About as many as the rate says, the same ones each time, more at a higher rate."""

    def chosen(rate: float) -> set[int]:
        return {one for one in range(4000) if is_sampled(RunId("r"), StepId(f"s{one}"), 1, rate)}

    assert chosen(0.0) == set()
    assert len(chosen(1.0)) == 4000
    assert 40 <= len(chosen(0.02)) <= 120
    assert chosen(0.02) == chosen(0.02) < chosen(0.1)


def test_a_review_is_legal_in_a_run_that_has_ended(play: Any) -> None:
    """It says who found what, and leaves the outcome as it is (M58)."""
    run = play({"a": {}}).say(ev.SamplesConfigured, rates=ALL).go().say(ev.SampleReviewed, **AT_A, ok=False, why="No.")
    sample = run.state.samples["s1"]
    assert (sample.reviewed.ok, sample.reviewed.why, sample.reviewed.by) == (False, "No.", "una")
    assert run.state.outcome == "completed"


def test_a_verified_step_may_be_reviewed_without_a_sample(play: Any) -> None:
    """The state tells the two apart."""
    run = play({"a": {}}).go().say(ev.SampleReviewed, **AT_A, ok=True, why="")
    assert run.state.samples["s1"].taken is None


def test_a_result_is_reviewed_once(play: Any) -> None:
    """The refusal names who has done it."""
    run = play({"a": {}}).go().say(ev.SampleReviewed, **AT_A, ok=True, why="")
    with pytest.raises(IllegalTransition, match="una has reviewed"):
        run.say(ev.SampleReviewed, **AT_A, ok=False, why="")


def test_what_is_not_verified_is_not_reviewed(play: Any) -> None:
    """Nor an attempt that there is not."""
    run = play({"a": {}})
    with pytest.raises(IllegalTransition, match="no such verified result"):
        run.say(ev.SampleReviewed, **AT_A, ok=True, why="")
    with pytest.raises(IllegalTransition, match="no such verified result"):
        run.go().say(ev.SampleReviewed, step=StepId("a"), attempt=2, ok=True, why="")
