"""Stated confidence against what was found: labels of claims, bins, the Brier score, and the threshold that holds.

A claim is the end of an attempt of an agent, or of another body that states its confidence. It is *wrong* where its
result was found wrong, refused or corrected by a person, or failed a check; *right* where a person found it right, or
where its result stands on a check that was red before, or on more. Of any other claim nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from math import sqrt

from surefoot.core import events as ev
from surefoot.core.agent_types import Claim
from surefoot.core.event_words import Diagnosis, QuestionKind, Status
from surefoot.core.events import Event
from surefoot.core.ids import RunId, StepId
from surefoot.core.outputs import confidence_of
from surefoot.core.proofs import Proof
from surefoot.core.record import record
from surefoot.core.state import RunState

BINS = 10
LABELS_MIN = 50
"""Fewer claims of which it is known whether they are right say nothing about a threshold."""
USUAL = 0.9
"""The threshold that holds out of the box."""
SURE = 0.9
"""Who says to be as sure as this and is wrong is confidently wrong."""
_Z = 1.959963984540054
"""So many standard deviations hold 95 % on both sides."""
_INVALIDATED, _FAILED = "its result was found wrong and taken back", "a check did not pass"


@record
class Claimed:
    """A claim, and what was found."""

    run: RunId
    step: StepId
    attempt: int
    confidence: float
    """As it was stated, from 0 to 1; 0 where it was not."""
    is_stated: bool
    is_right: bool | None
    """None: nobody knows."""
    why: str
    """What tells; empty: nothing does."""


@record
class Bin:
    """The claims of about one confidence."""

    low: float
    high: float
    claims: int
    labelled: int
    right: int
    stated: float | None
    """The mean of what was stated, of those of which it is known whether they are right; None: there are none."""


@record
class Calibration:
    """How well stated confidence tells what is right."""

    claims: int
    labelled: int
    right: int
    unstated: int
    """Claims without a confidence; they count as 0."""
    brier: float | None
    """The mean square of what lies between what was stated and what was found: 0 is best, 0.25 is a coin's."""
    bins: tuple[Bin, ...]
    max_error: float
    threshold: float | None
    """The lowest one at which the share of wrong claims is known to be at most `max_error`; None: there is none."""
    error_at_threshold: float | None
    """The upper end of the 95 % interval of that share."""
    is_enough: bool
    """Whether enough is known to say so."""
    confidently_wrong: tuple[Claimed, ...]

    @property
    def advised(self) -> float:
        """The threshold to set."""
        return USUAL if self.threshold is None or not self.is_enough else self.threshold


@record(frozen=False, kw_only=False)
class _Said:
    """What the journal says of one attempt."""

    confidence: float | None
    wrong: str = ""
    proof: str | None = None
    is_verified: bool = False
    reviewed: ev.SampleReviewed | None = field(default=None)


def claims_of(state: RunState, events: Iterable[Event]) -> list[Claimed]:
    """Return the claims of a run, in order, each with what was found."""
    said: dict[tuple[StepId, int], _Said] = {}
    asked: dict[str, ev.QuestionAsked] = {}
    last: dict[StepId, tuple[StepId, int]] = {}
    for event in events:
        match event:
            case ev.BodyFinished() | ev.ToolCallFinished() if (claim := _claim_in(state, event)) is not None:
                said[event.step, event.attempt] = claim
            case ev.QuestionAsked() if event.about is QuestionKind.CONFIRM and not event.call:
                asked[event.question] = event
            case ev.QuestionAnswered() if event.question in asked:
                _answered(said, asked[event.question], event)
            case ev.AttemptFailed() if (found := said.get((event.step, event.attempt))) is not None:
                if event.diagnosis is Diagnosis.VERIFICATION:
                    found.wrong = found.wrong or _FAILED
            case ev.StepVerified():
                key = (event.step, event.attempt)
                if key in said:
                    last[event.step] = key
                    said[key].proof, said[key].is_verified = event.proof, True
            case ev.SampleReviewed() if (event.step, event.attempt) in said:
                said[event.step, event.attempt].reviewed = event
            case ev.ResultsTakenBack():
                _taken_back(said, last, event)
            case _:
                pass
    return [_claimed(state.created.run, *key, one) for key, one in said.items()]


def _claim_in(state: RunState, event: ev.BodyFinished | ev.ToolCallFinished) -> _Said | None:
    """Return what an attempt claims by its end, or its agent by `finish`; None: nothing."""
    node = state.nodes.get(event.step)
    if node is None or node.is_system_step:
        return None
    match event:
        case ev.ToolCallFinished(payload=Claim() as claim):
            return None if claim.gives_up else _Said(claim.confidence)
        case ev.BodyFinished() if event.ending.status is Status.OK:
            stated = confidence_of(event.outputs)
            return _Said(stated) if stated is not None or node.spec.body.by_model else None
        case _:
            return None


def _answered(said: dict[tuple[StepId, int], _Said], asked: ev.QuestionAsked, given: ev.QuestionAnswered) -> None:
    """Note what a person decided about a result, which is shown after its body has ended."""
    found = said.get((asked.step, asked.attempt))
    if found is None:
        return
    if given.diff is not None:
        found.wrong = f"{given.by} corrected it"
    elif given.answer != "yes":
        found.wrong = f"{given.by} refused it{f': {given.reason}' if given.reason else ''}"


def _taken_back(
    said: dict[tuple[StepId, int], _Said], last: dict[StepId, tuple[StepId, int]], event: ev.ResultsTakenBack
) -> None:
    """Note the results that were wrong themselves; those that only consumed one of them are not."""
    for one in event.taken.tainted:
        if one.by is None and one.step in last:
            said[last[one.step]].wrong = _INVALIDATED


def _claimed(run: RunId, step: StepId, attempt: int, one: _Said) -> Claimed:
    is_right, why = _label(one)
    return Claimed(
        run=run,
        step=step,
        attempt=attempt,
        confidence=one.confidence or 0.0,
        is_stated=one.confidence is not None,
        is_right=is_right,
        why=why,
    )


def _label(one: _Said) -> tuple[bool | None, str]:
    if one.wrong:
        return False, one.wrong
    found = one.reviewed
    if found is not None:
        why = f": {found.why}" if found.why else ""
        return found.ok, f"{found.by} found it {'right' if found.ok else 'wrong'}{why}"
    if one.is_verified and one.proof in {*Proof} and Proof(one.proof).is_at_least(Proof.FAIL_TO_PASS):
        return True, f"it stands, proved by {one.proof}"
    return None, ""


def wilson_upper(bad: int, of: int) -> float:
    """Return the upper end of the 95 % interval of a share, by Wilson; 1 where nothing is known."""
    if of == 0:
        return 1.0
    share, square = bad / of, _Z * _Z
    middle = share + square / (2 * of)
    spread = _Z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return min((middle + spread) / (1 + square / of), 1.0)


def calibration_of(claims: Sequence[Claimed], max_error: float) -> Calibration:
    """Return how well stated confidence tells what is right, and the threshold that keeps the error under a rate."""
    known = [one for one in claims if one.is_right is not None]
    threshold = _threshold(known, max_error)
    wrong = sorted((one for one in known if not one.is_right and one.confidence >= SURE), key=lambda x: -x.confidence)
    squares = [(one.confidence - float(one.is_right or False)) ** 2 for one in known]
    return Calibration(
        claims=len(claims),
        labelled=len(known),
        right=sum(one.is_right is True for one in known),
        unstated=sum(not one.is_stated for one in claims),
        brier=sum(squares) / len(squares) if squares else None,
        bins=tuple(_bin(claims, number) for number in range(BINS)),
        max_error=max_error,
        threshold=threshold,
        error_at_threshold=None if threshold is None else _error_from(known, threshold),
        is_enough=len(known) >= LABELS_MIN,
        confidently_wrong=tuple(wrong),
    )


def _threshold(known: Sequence[Claimed], max_error: float) -> float | None:
    tried = sorted({one.confidence for one in known})
    return next((one for one in tried if _error_from(known, one) <= max_error), None)


def _error_from(known: Sequence[Claimed], threshold: float) -> float:
    found = [one for one in known if one.confidence >= threshold]
    return wilson_upper(sum(not one.is_right for one in found), len(found))


def _bin(claims: Sequence[Claimed], number: int) -> Bin:
    own = [one for one in claims if min(int(one.confidence * BINS + 1e-9), BINS - 1) == number]
    known = [one for one in own if one.is_right is not None]
    return Bin(
        low=number / BINS,
        high=(number + 1) / BINS,
        claims=len(own),
        labelled=len(known),
        right=sum(one.is_right is True for one in known),
        stated=sum(one.confidence for one in known) / len(known) if known else None,
    )
