"""The contracts of `service_start` and `service_stop`."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event, StepEvent
from surefoot.core.event_words import Diagnosis
from surefoot.core.ids import BlobId
from surefoot.core.plan import Service
from surefoot.core.raw import Handle, PlanName
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Command, Effect, EffectFailed, OnCrash, StepCommand


@record
class ServiceRequested(StepEvent):
    """A service is to be started in a lane, for a step or for the acceptance checks."""

    is_decision: ClassVar[bool] = True
    lane: Handle
    service: PlanName


@record
class ServiceReady(StepEvent):
    """A service runs and is ready to be used."""

    lane: Handle
    service: PlanName
    port: int
    duration_s: float = 0.0


@record
class StartService(StepCommand):
    """Start a service and wait until it is ready. Answered by `ServiceReady` or `EffectFailed`."""

    service: Service
    up: tuple[str, ...]
    """Those that run in the lane already; it is told their ports."""

    @property
    def subject(self) -> str:
        """The service."""
        return self.service.name


def _service_failed(command: StartService, how: Breakage) -> EffectFailed:
    reason = f"service {command.service.name} could not be started: {how.reason}"
    return SERVICE_START.failed(command, how.at, Diagnosis.STRUCTURAL, reason)


SERVICE_START = Effect(
    name="service_start",
    label="starting a service",
    requested=ServiceRequested,
    command=StartService,
    results=(ServiceReady,),
    performer="surefoot.effects.service.perform:start_service",
    on_crash=OnCrash.RESTORE,
    is_ended_by_pause=True,
    broken=_service_failed,
)


@record
class ServiceStopRequested(Event):
    """A service is to be stopped: an attempt that used it failed, or its lane is made anew."""

    is_decision: ClassVar[bool] = True
    lane: Handle
    service: PlanName


@record
class ServiceEnded(Event):
    """A service that was ready has ended, because it was stopped or by itself. Nothing of it runs."""

    lane: Handle
    service: PlanName
    reason: str
    evidence: BlobId | None = None


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
    requested=ServiceStopRequested,
    command=StopService,
    results=(ServiceEnded,),
    performer="surefoot.effects.service.perform:stop_service",
    on_crash=OnCrash.END,
    is_cancellable=False,
    broken=lambda command, how: _ended(command, how.reason, how.at),
    cancelled=lambda command, at: _ended(command, "stopped at once", at),
)
