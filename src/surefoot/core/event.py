"""The base records of events: of every event, of one attempt, of one check."""

from __future__ import annotations

import re
from typing import ClassVar

from surefoot.core.event_words import Moment
from surefoot.core.ids import StepId
from surefoot.core.record import record

ACCEPTANCE = StepId("(accept)")
"""Stands in for a step id where an event concerns the plan's acceptance checks."""


@record
class Event:
    """Anything that can stand in a journal."""

    version: ClassVar[int] = 1
    is_decision: ClassVar[bool] = False
    """Whether it is valid only at the position it was decided at; a fact is never dropped."""
    is_waited_for: ClassVar[bool] = False
    """Whether it has to be on disk before the run goes on."""
    may_be_late: ClassVar[bool] = False
    """Whether it may come when it means nothing any more: what people ask for, and the end of their time."""
    kind: ClassVar[str]
    """The journal's word."""

    at: float
    """When it happened, in seconds since the epoch."""

    def __init_subclass__(cls) -> None:
        """Derive the journal's word for the event from the class name."""
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@record
class StepEvent(Event):
    """An event that concerns one attempt at one step, or the acceptance checks."""

    step: StepId
    """The step, or `ACCEPTANCE`."""
    attempt: int
    """Numbered from 1; crashes and interruptions do not count up."""


@record
class CheckEvent(StepEvent):
    """An event that concerns one question put to one result."""

    moment: Moment
    check: int
    """Position among the step's (or the acceptance) checks, from 0."""
