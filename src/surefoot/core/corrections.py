"""Corrections: what people said, refused, changed or found wrong in a run, each with what they had been shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from surefoot.core import events as ev
from surefoot.core.agent_types import Claim
from surefoot.core.events import Event
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.record import record

_Unasked = (
    ev.SampleReviewed | ev.StepsFoundWrong | ev.MessageSent | ev.AmendmentProposed | ev.PlanEdited | ev.PlanStopped
)


@record
class Correction:
    """One word of a person about the work of a run."""

    run: RunId
    at: float
    """In seconds since the epoch."""
    seq: int
    """Its position in the journal."""
    kind: str
    """`approved`, `refused`, `edited`, `answered`, `told`, `amended`, `plan edited`, `stopped`,
    `reviewed` or `invalidated`."""
    by: str
    said: str
    """The answer, the message or the reason, in their words."""
    step: str | None = None
    attempt: int | None = None
    shown: str = ""
    """What they were asked, or the result that they judged; empty: they spoke of neither."""
    claim: str = ""
    """What the agent said to have done."""
    confidence: float | None = None
    """How sure whoever did the work said to be; None: it was not said."""
    reason: str = ""
    command: str | None = None
    """The command they wanted instead."""
    patch: BlobId | None = None
    """The changes, or the plan, that they wanted instead."""
    is_right: bool | None = None
    """For reviews and what was invalidated: whether the result was found right."""


def corrections(run: RunId, journal: Iterable[tuple[int, Event]]) -> Iterator[Correction]:
    """Yield what people said in a run, in order, from its events with their positions."""
    asked: dict[str, ev.QuestionAsked] = {}
    claims: dict[tuple[StepId, int], Claim] = {}
    verified: dict[StepId, ev.StepVerified] = {}
    for seq, event in journal:
        if isinstance(event, ev.QuestionAsked):
            asked[event.question] = event
        elif isinstance(event, ev.ToolCallFinished) and isinstance(event.payload, Claim):
            claims[event.step, event.attempt] = event.payload
        elif isinstance(event, ev.StepVerified):
            verified[event.step] = event
        elif isinstance(event, ev.QuestionAnswered):
            if event.question in asked:
                yield _answer(run, seq, event, asked[event.question])
        elif isinstance(event, ev.SampleReviewed):
            said = _unasked(run, seq, "reviewed", event)
            result = _about_result(event.step, event.attempt, verified.get(event.step), claims)
            yield replace(said, **result, said="ok" if event.ok else "wrong", reason=event.why, is_right=event.ok)
        elif isinstance(event, ev.StepsFoundWrong):
            for step in event.steps:
                said, done = _unasked(run, seq, "invalidated", event), verified.get(step)
                result = _about_result(step, None if done is None else done.attempt, done, claims)
                yield replace(said, **result, said="wrong", reason=event.why, is_right=False)
        elif (found := _said(run, seq, event)) is not None:
            yield found


def _about_result(
    step: StepId, attempt: int | None, done: ev.StepVerified | None, claims: Mapping[tuple[StepId, int], Claim]
) -> dict[str, Any]:
    """Return what is known of a result that a person judged."""
    claim = None if attempt is None else claims.get((step, attempt))
    commit = None if done is None else done.commit
    return {
        "step": step,
        "attempt": attempt,
        "shown": f"the result of step {step}, {'which changed nothing' if commit is None else f'commit {commit}'}",
        "claim": "" if claim is None else claim.summary,
        "confidence": None if claim is None else claim.confidence,
    }


def _answer(run: RunId, seq: int, event: ev.QuestionAnswered, asked: ev.QuestionAsked) -> Correction:
    kind = {"yes": "approved", "no": "refused"}.get(event.answer, "answered")
    package = asked.package
    return Correction(
        run=run,
        at=event.at,
        seq=seq,
        kind="edited" if event.edit is not None or event.diff is not None else kind,
        by=event.by,
        said=event.answer,
        step=asked.step,
        attempt=asked.attempt,
        shown=asked.text,
        claim="" if package is None else package.claim,
        confidence=None if package is None else package.confidence,
        reason=event.reason,
        command=event.edit,
        patch=event.diff,
    )


def _unasked(run: RunId, seq: int, kind: str, event: _Unasked) -> Correction:
    return Correction(run=run, at=event.at, seq=seq, kind=kind, by=event.by, said="")


def _said(run: RunId, seq: int, event: Event) -> Correction | None:
    """Return what a person said about a run without a question; None: the event is nobody's word."""
    match event:
        case ev.MessageSent():
            return replace(_unasked(run, seq, "told", event), said=event.text, step=event.to)
        case ev.AmendmentProposed() if not event.by_planner:
            return replace(_unasked(run, seq, "amended", event), said=event.why)
        case ev.PlanEdited():
            return replace(_unasked(run, seq, "plan edited", event), patch=event.text)
        case ev.PlanStopped() if event.step is None:
            return replace(_unasked(run, seq, "stopped", event), said=event.why)
        case _:
            return None
