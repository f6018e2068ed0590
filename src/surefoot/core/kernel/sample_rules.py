"""Samples: the choice of verified results that nobody was asked about, and what people find when they look at one.

The choice stands in one batch with the verification, so that a kill loses both or none. Nothing waits for a sample.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.approval_metrics import BEFOREHAND, SHOULD_PROCEED
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import QuestionKind
from surefoot.core.kernel.guards import need, node_of
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.outputs import confidence_of
from surefoot.core.sample_rates import is_sampled
from surefoot.core.sample_state import Sample
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.taint import is_result

# --- decisions


def take_sample(state: RunState, node: StepState, now: float) -> list[Proposal]:
    """Choose the result that is about to be verified for a person to look at; nothing, where it is not chosen."""
    work, tier = node.work, node.tier
    assert work is not None
    rate = state.sample_rates.of(tier)
    if not is_sampled(state.created.run, node.spec.id, node.attempt, rate) or tier is None:
        return []
    if not node.spec.body.acts or node.is_system_step or work.transplant is not None or _was_seen(state, node, work):
        return []
    event = ev.SampleTaken(**node.at(now), rate=rate, tier=tier, confidence=confidence_of(work.outputs))
    return [Proposal(event)]


def _was_seen(state: RunState, node: StepState, work: Attempt) -> bool:
    """Tell whether a person has decided about this result, or made it."""
    if work.people.is_patched or work.people.by_hand is not None:
        return True
    return any(
        (one.asked.step, one.asked.attempt, one.asked.about) == (node.spec.id, node.attempt, QuestionKind.CONFIRM)
        and not one.asked.call
        and one.answered is not None
        and one.answered.via not in (BEFOREHAND, SHOULD_PROCEED)
        for one in state.questions.values()
    )


# --- folds


def samples_configured(state: RunState, event: ev.SamplesConfigured) -> None:
    """Note how often a sample is taken from here on."""
    state.sample_rates = event.rates


def sample_taken(state: RunState, event: ev.SampleTaken) -> None:
    """Note that a person is to look at the result."""
    node = node_of(state, event, event.step)
    need(is_result(node) and node.attempt == event.attempt, event, "there is no such result")
    need(sample_of(state, node) is None, event, "it was taken before")
    sample = _new(state, node)
    state.samples[sample.item] = replace(sample, taken=event)


def sample_reviewed(state: RunState, event: ev.SampleReviewed) -> None:
    """Note what a person says of a result, whether or not it was to be looked at."""
    node = node_of(state, event, event.step)
    found = next((one for one in state.samples.values() if _is_about(one, event)), None)
    is_present = node.members is None and not node.is_system_step and is_result(node) and node.attempt == event.attempt
    found = found or (sample_of(state, node) if is_present else None)
    if found is None:
        need(is_present, event, f"step {event.step!r} has no such verified result")
        found = _new(state, node)
    given = found.reviewed
    need(given is None, event, f"{'' if given is None else given.by} has reviewed step {event.step!r} before")
    state.samples[found.item] = replace(found, reviewed=event)


def _is_about(sample: Sample, event: ev.SampleReviewed) -> bool:
    return (sample.step, sample.attempt) == (event.step, event.attempt)


def _new(state: RunState, node: StepState) -> Sample:
    item = f"s{len(state.samples) + 1}"
    return Sample(item=item, step=node.spec.id, attempt=node.attempt, made_at=node.made_at)


def is_standing(state: RunState, sample: Sample) -> bool:
    """Tell whether the step still has that very result: none that was taken back since."""
    node = state.nodes.get(sample.step)
    return node is not None and is_result(node) and node.made_at == sample.made_at


def sample_of(state: RunState, node: StepState) -> Sample | None:
    """Return the sample of the result that the step has now; None: there is none."""
    found = (one for one in state.samples.values() if one.step == node.spec.id and one.made_at == node.made_at)
    return next(found, None) if node.made_at else None
