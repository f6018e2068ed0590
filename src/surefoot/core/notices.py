"""Notices: what people are told outside the terminal, from the events of a run."""

from __future__ import annotations

from enum import StrEnum

from surefoot.core import events as ev
from surefoot.core.event_words import Severity
from surefoot.core.events import Event
from surefoot.core.ids import RunId
from surefoot.core.record import record

_LIMITS = ("limit-near", "forecast")


class Occasion(StrEnum):
    """What a notice is about."""

    QUESTION = "question"
    """A person is asked."""
    LIMIT = "limit"
    """A limit is reached, or most of it is used, or it will not do."""
    WARNING = "warning"
    """A finding that is more than a note."""
    ENDED = "ended"
    DEAD = "dead"
    """No engine works on a run that should go on, or nothing happens in it."""


@record
class Notice:
    """One thing that people are told."""

    id: str
    """The same however often it is sent: `RUN:` and a position in the journal."""
    occasion: Occasion
    run: RunId
    at: float
    """When it happened, in seconds since the epoch."""
    text: str
    next: str
    """The command to type next."""
    step: str | None = None


def notice_of(run: RunId, seq: int, event: Event) -> Notice | None:
    """Return what people are told of an event; None: nothing."""
    name = f"{run}:{seq}"
    match event:
        case ev.QuestionAsked():
            text, step = f"step {event.step} asks: {event.text}", event.step
            look = f"surefoot inbox {event.question}"
            return Notice(id=name, occasion=Occasion.QUESTION, run=run, at=event.at, text=text, next=look, step=step)
        case ev.LimitReached():
            look = f"surefoot status {run}"
            return Notice(id=name, occasion=Occasion.LIMIT, run=run, at=event.at, text=event.text, next=look)
        case ev.FindingReported(finding=found) if found.kind.startswith(_LIMITS) or found.severity is not Severity.NOTE:
            occasion = Occasion.LIMIT if found.kind.startswith(_LIMITS) else Occasion.WARNING
            look = f"surefoot findings {run}"
            return Notice(id=name, occasion=occasion, run=run, at=event.at, text=found.text, next=look, step=found.step)
        case ev.RunEnded():
            text = f"the run is {event.outcome.replace('_', ' ')}{f': {event.reason}' if event.reason else ''}"
            look = f"surefoot report {run}"
            return Notice(id=name, occasion=Occasion.ENDED, run=run, at=event.at, text=text, next=look)
        case _:
            return None
