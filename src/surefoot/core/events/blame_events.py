"""Events of the search for the step after which a check fails: asked for, and ended."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from surefoot.core.event import Event
from surefoot.core.ids import StepId
from surefoot.core.plan import Check
from surefoot.core.raw import GivenName
from surefoot.core.record import record


class BlameOutcome(StrEnum):
    """What the search for a step came to."""

    FOUND = "found"
    """The check passes before the step and fails after it."""
    RED_BEFORE = "red_before"
    """The check fails where the search begins: none of the steps is to blame."""
    GREEN = "green"
    """The check passes at the end."""
    FLAKY = "flaky"
    """The check has two answers for one tree."""
    UNANSWERED = "unanswered"
    """The check cannot be asked at the beginning or at the end."""
    UNCLEAR = "unclear"
    """One of several steps: at commits between them the check cannot be asked."""
    NO_STEPS = "no_steps"
    """No step has changed a file."""

    @property
    def is_asked_anew(self) -> bool:
        """Tell whether who asks again wants other answers."""
        return self in (BlameOutcome.FLAKY, BlameOutcome.UNANSWERED, BlameOutcome.UNCLEAR)


@record
class BlameRequested(Event):
    """Somebody wants to know after which step a check fails."""

    is_waited_for: ClassVar[bool] = True
    check: Check
    step: StepId | None = None
    """The step whose check it is, with its variables; None: a check of the run, or one that was given by hand."""
    since: StepId | None = None
    """The step at whose commit the search begins; None: at the base of the run."""
    by: GivenName


@record
class BlameEnded(Event):
    """The search is over."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    outcome: BlameOutcome
    steps: tuple[StepId, ...] = ()
    """The step that is to blame; several where they cannot be told apart."""
    askings: int
    """So often the check was asked."""
