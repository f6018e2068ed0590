"""Events of dead letters: what people do about steps and runs that cannot go on by themselves."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event
from surefoot.core.ids import StepId
from surefoot.core.raw import GivenName
from surefoot.core.record import record


@record
class DeadLetterTakenUp(Event):
    """Somebody takes up again what was given up: the limits of the step's own count from here on."""

    is_waited_for: ClassVar[bool] = True
    step: StepId
    by: GivenName


@record
class DeadLetterClosed(Event):
    """Somebody leaves what cannot go on as it is. Nothing is changed by it. Legal in runs that have ended."""

    is_waited_for: ClassVar[bool] = True
    step: StepId | None
    """None: it is the run as a whole, until an engine takes it up again."""
    attempt: int
    """The attempt after which the step was given up; 0 for a run, and for a step that only waits for others."""
    why: str
    """In their words; may be empty."""
    by: GivenName
