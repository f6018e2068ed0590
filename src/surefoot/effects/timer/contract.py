"""The contracts of the timers of an attempt: its next try, an answer, the next model request."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.policy_types import Overdue
from surefoot.core.raw import Handle
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class RetryScheduled(StepEvent):
    """Another attempt follows."""

    is_decision: ClassVar[bool] = True
    due: float
    """Not before this time, in seconds since the epoch."""


@record
class RetryDue(StepEvent):
    """The wait is over. Late where the plan was amended meanwhile: the step is gone, or begins anew."""

    may_be_late: ClassVar[bool] = True


@record
class WaitForRetry(StepCommand):
    """Wait. Answered by `RetryDue`."""

    due: float


@record
class DeadlineSet(StepEvent):
    """A clock runs for a question."""

    is_decision: ClassVar[bool] = True
    question: Handle
    due: float


@record
class QuestionExpired(StepEvent):
    """Nobody answered in time: neither consent nor denial."""

    is_waited_for: ClassVar[bool] = True
    may_be_late: ClassVar[bool] = True
    question: Handle
    overdue: Overdue


@record
class WaitForDeadline(StepCommand):
    """Wait for an answer until a time. Answered by `QuestionExpired`."""

    question: str
    due: float
    overdue: Overdue


@record
class ModelRequestDelayed(StepEvent):
    """The next request waits."""

    is_decision: ClassVar[bool] = True
    due: float
    reason: str


@record
class ModelRequestDue(StepEvent):
    """The wait is over. Late where its attempt has ended meanwhile."""

    may_be_late: ClassVar[bool] = True


@record
class WaitForRequest(StepCommand):
    """Wait until the next request may be made. Answered by `ModelRequestDue`."""

    due: float


RETRY = Effect(
    name="retry",
    label="waiting for the next attempt",
    requested=RetryScheduled,
    command=WaitForRetry,
    results=(RetryDue,),
    performer="surefoot.effects.timer.perform:wait_for_retry",
    on_crash=OnCrash.REWIND,
    is_cancellable=False,
)

DEADLINE = Effect(
    name="deadline",
    label="waiting for an answer",
    requested=DeadlineSet,
    command=WaitForDeadline,
    results=(QuestionExpired,),
    performer="surefoot.effects.timer.perform:wait_for_deadline",
    on_crash=OnCrash.REWIND,
    is_cancellable=False,
)

REQUEST_DELAY = Effect(
    name="request_delay",
    label="waiting for the next request",
    requested=ModelRequestDelayed,
    command=WaitForRequest,
    results=(ModelRequestDue,),
    performer="surefoot.effects.timer.perform:wait_for_request",
    on_crash=OnCrash.REWIND,
    is_cancellable=False,
)
