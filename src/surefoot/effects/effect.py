"""The life cycle that all effects share, and the row of the table of effects.

An effect is *requested* by a decision of the kernel, whose commit dispatches a command. The performer reports one fact:
a result, `EffectFailed`, or `EffectCancelled`. An effect whose engine died reports nothing: the next `EngineStarted`
means that all effects under way are lost, and `OnCrash` says what follows.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypedDict

from surefoot.core.event import ACCEPTANCE, Event, StepEvent
from surefoot.core.event_words import Diagnosis
from surefoot.core.ids import BlobId, StepId
from surefoot.core.raw import Handle
from surefoot.core.record import record


@record
class EffectFailed(StepEvent):
    """An effect could not be carried out."""

    effect: Handle
    """Its name in the table of effects."""
    subject: Handle = ""
    """The lane or the service, for effects that belong to no step; the tool call."""
    diagnosis: Diagnosis
    """Whether trying again can help."""
    reason: str
    evidence: BlobId | None = None


@record
class EffectCancelled(StepEvent):
    """An effect was ended before it came to a result."""

    effect: Handle
    subject: Handle = ""
    """As for `EffectFailed`."""


class AtStep(TypedDict):
    """The fields of every event of an attempt."""

    at: float
    step: StepId
    attempt: int


Owner = tuple[StepId, int]
"""The step that an effect belongs to, or `ACCEPTANCE`, and the attempt."""


@record
class Command:
    """What a performer is told to do. Dispatched only after the commit that holds the request."""

    @property
    def owner(self) -> Owner:
        """The step and the attempt; `ACCEPTANCE` for what is done for the run as a whole."""
        return (ACCEPTANCE, 1)

    @property
    def subject(self) -> str:
        """What tells the effect apart from others of its kind under the same owner."""
        return ""


@record
class StepCommand(Command):
    """A command for one attempt at one step."""

    step: StepId
    attempt: int
    lane: str | None
    silence_s: float | None = None
    """After how many seconds without a sign of what is under way that is told, once; None: never."""

    @property
    def owner(self) -> Owner:
        """The step and the attempt."""
        return (self.step, self.attempt)

    def at(self, now: float) -> AtStep:
        """Return what every event of its attempt says."""
        return {"at": now, "step": self.step, "attempt": self.attempt}


@record
class Interrupt(StepCommand):
    """End what is under way for the step. It is no effect: what is ended reports, or has reported just before."""


class OnCrash(StrEnum):
    """What follows when the engine dies while an effect is under way."""

    REDO = "redo"
    """The effect is requested again; the attempt, if it belongs to one, goes on."""
    RESTORE = "restore"
    """The attempt ends, its lane is put back, and the step is tried again. Two exceptions: a conversation goes on at
    its last turn, and what follows a body whose effect outside is known to be there is requested again."""
    DOUBT = "doubt"
    """As `RESTORE`; where the effect reaches others, what became of it is found out first."""
    REWIND = "rewind"
    """A clock is set again, unless its time has come."""
    END = "end"
    """Nothing: what it is about has ended with the engine."""


@record
class Breakage:
    """How a performer broke, in a way that nobody has foreseen."""

    at: float
    reason: str
    error_type: str
    trace: str
    store: Callable[[bytes], BlobId]
    """Stores what the fact refers to. Called only where a fact needs it: the disk may be what broke."""


@record
class Effect:
    """All there is to say of one kind of contact with the world, beside what its result means for the state."""

    name: str
    """The folder below `surefoot.effects`, and the journal's word in failures."""
    label: str
    """What progress and traces call an effect of this kind while it is under way."""
    requested: type[Event]
    """The decision that asks for it."""
    command: type[Command]
    results: tuple[type[Event], ...]
    """The facts in which it can end, beside `EffectFailed` and `EffectCancelled`."""
    instead: type[Event] | None = None
    """The decision by which the result is known without a request."""
    performer: str
    """The function that carries it out, as `module:function`; imported when it is first needed."""
    on_crash: OnCrash
    counts_as_crash: bool = True
    """Whether a crash meanwhile counts against the step; after three in a row a person is asked."""
    is_ended_by_pause: bool = False
    """Whether it is ended where a person insists on a pause; others are waited for, as they take moments."""
    is_cancellable: bool = True
    """Whether an interruption ends it. A clock runs on; what changes a branch or stops a service comes to its end."""
    needs_services: bool = False
    """Whether it fails at once when a service that the step uses ends."""
    is_waited_for_outside: bool = False
    """Whether request and result have to be on disk before the run goes on, where the effect reaches others."""
    stops_run_on_full_disk: bool = True
    """Whether the run stops where the disk refuses it; else that is told, and it is done later."""
    told_as_failed: Callable[[Any, Any], bool] | None = None
    """For results that may say that something failed which can be done again: whether this one of a command does."""
    broken: Callable[[Any, Breakage], Event] | None = None
    """The fact when the performer broke; None: `EffectFailed`."""
    cancelled: Callable[[Any, float], Event] | None = None
    """The fact when it was ended early; None: `EffectCancelled`."""

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events of its own."""
        return (self.requested, *self.results, *(() if self.instead is None else (self.instead,)))

    def failed(
        self, command: Command, at: float, diagnosis: Diagnosis, reason: str, evidence: BlobId | None = None
    ) -> EffectFailed:
        """Return the fact that a command of this effect could not be carried out."""
        step, attempt = command.owner
        return EffectFailed(
            at=at,
            step=step,
            attempt=attempt,
            effect=self.name,
            subject=command.subject,
            diagnosis=diagnosis,
            reason=reason,
            evidence=evidence,
        )

    def after_breakage(self, command: Command, how: Breakage) -> Event:
        """Return the fact that the performer broke."""
        if self.broken is not None:
            return self.broken(command, how)
        return self.failed(command, how.at, Diagnosis.STRUCTURAL, how.reason)

    def after_cancellation(self, command: Command, at: float) -> Event | None:
        """Return the fact that the effect was ended early; None where there is nothing to tell, as of a clock."""
        if self.cancelled is not None:
            return self.cancelled(command, at)
        if not self.is_cancellable:
            return None
        step, attempt = command.owner
        return EffectCancelled(at=at, step=step, attempt=attempt, effect=self.name, subject=command.subject)
