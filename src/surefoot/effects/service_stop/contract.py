"""The effect by which a service is stopped."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event
from surefoot.core.ids import BlobId
from surefoot.core.raw import Handle, PlanName
from surefoot.core.record import record
from surefoot.effects.effect import Command, Effect, OnCrash


@record
class ServiceStopAsked(Event):
    """A service is to be stopped: an attempt that used it failed, or its lane is made anew."""

    is_decision: ClassVar[bool] = True
    lane: Handle
    """The lane it runs in."""
    service: PlanName
    """Its name."""


@record
class ServiceEnded(Event):
    """A service that was ready has ended, because it was stopped or by itself. Nothing of it runs."""

    lane: Handle
    """The lane it ran in."""
    service: PlanName
    """Its name."""
    reason: str
    """How it ended, with the end of what it printed."""
    evidence: BlobId | None = None
    """What it printed."""


@record
class StopService(Command):
    """Stop a service. Answered by `ServiceEnded`."""

    lane: str
    service: str


def _ended(command: StopService, reason: str, at: float) -> ServiceEnded:
    return ServiceEnded(at=at, lane=command.lane, service=command.service, reason=reason)


SERVICE_STOP = Effect(
    name="service_stop",
    label="stopping a service",
    requested=ServiceStopAsked,
    command=StopService,
    results=(ServiceEnded,),
    performer="surefoot.workers.service:stop_service",
    on_crash=OnCrash.REDO,
    is_cancellable=False,
    broken=lambda command, how: _ended(command, how.reason, how.at),
    cancelled=lambda command, at: _ended(command, "stopped at once", at),
)
