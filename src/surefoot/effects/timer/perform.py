"""The timers of an attempt: its next try, an answer, the next model request."""

from __future__ import annotations

from surefoot.core.events import Event, ModelRequestDue, QuestionExpired, RetryDue
from surefoot.effects.timer.contract import WaitForDeadline, WaitForRequest, WaitForRetry
from surefoot.workers.run_context import RunContext


async def wait_for_retry(context: RunContext, command: WaitForRetry) -> Event:
    """Wait until the next attempt is due."""
    await context.clock.wait_until(command.due)
    return RetryDue(**command.at(context.clock.now()))


async def wait_for_request(context: RunContext, command: WaitForRequest) -> Event:
    """Wait until the next request may be made."""
    await context.clock.wait_until(command.due)
    return ModelRequestDue(**command.at(context.clock.now()))


async def wait_for_deadline(context: RunContext, command: WaitForDeadline) -> Event:
    """Wait for an answer until its time is over."""
    await context.clock.wait_until(command.due)
    return QuestionExpired(
        **command.at(max(context.clock.now(), command.due)),
        question=command.question,
        overdue=command.overdue,
    )
