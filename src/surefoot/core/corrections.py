"""Corrections: what people said, refused, changed or found wrong in a run, each with what they had been shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.ids import BlobId, RunId
from surefoot.core.record import record


@record
class Correction:
    """One word of a person about the work of a run."""

    run: RunId
    at: float
    """In seconds since the epoch."""
    seq: int
    """Its position in the journal."""
    kind: str
    """`approved`, `refused`, `edited`, `answered`, `told`, `amended`, `plan edited`, `stopped` or `reviewed`."""
    by: str
    said: str
    """The answer, the message or the reason, in their words."""
    step: str | None = None
    attempt: int | None = None
    shown: str = ""
    """What they were asked; empty: they spoke unasked."""
    claim: str = ""
    """What the agent said to have done, where they were shown that."""
    confidence: float | None = None
    """How sure whoever did the work said to be; None: it was not said."""
    reason: str = ""
    command: str | None = None
    """The command they wanted instead."""
    patch: BlobId | None = None
    """The changes, or the plan, that they wanted instead."""
    is_right: bool | None = None
    """For reviews: whether the result was found right."""


def corrections(run: RunId, journal: Iterable[tuple[int, Event]]) -> Iterator[Correction]:
    """Yield what people said in a run, in order, from its events with their positions."""
    asked: dict[str, ev.QuestionAsked] = {}
    for seq, event in journal:
        if isinstance(event, ev.QuestionAsked):
            asked[event.question] = event
        elif isinstance(event, ev.QuestionAnswered):
            if event.question in asked:
                yield _answer(run, seq, event, asked[event.question])
        elif (found := _unasked(run, seq, event)) is not None:
            yield found


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


def _unasked(run: RunId, seq: int, event: Event) -> Correction | None:
    """Return what a person said without a question; None: the event is nobody's word."""
    said: Correction | None = None
    match event:
        case ev.MessageSent():
            said = Correction(run=run, at=event.at, seq=seq, kind="told", by=event.by, said=event.text, step=event.to)
        case ev.SampleReviewed():
            word = "ok" if event.ok else "wrong"
            said = Correction(
                run=run,
                at=event.at,
                seq=seq,
                kind="reviewed",
                by=event.by,
                said=word,
                step=event.step,
                attempt=event.attempt,
                reason=event.why,
                is_right=event.ok,
            )
        case ev.AmendmentProposed() if not event.by_planner:
            said = Correction(run=run, at=event.at, seq=seq, kind="amended", by=event.by, said=event.why)
        case ev.PlanEdited():
            said = Correction(run=run, at=event.at, seq=seq, kind="plan edited", by=event.by, said="", patch=event.text)
        case ev.PlanStopped() if event.step is None:
            said = Correction(run=run, at=event.at, seq=seq, kind="stopped", by=event.by, said=event.why)
        case _:
            pass
    return said
