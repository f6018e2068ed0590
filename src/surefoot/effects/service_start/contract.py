"""The effect by which a service is started in a lane."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.plan import Service
from surefoot.core.raw import Handle, PlanName
from surefoot.core.record import record
from surefoot.core.terms import Diagnosis
from surefoot.effects.effect import Breakage, Effect, EffectFailed, OnCrash, StepCommand


@record
class ServiceAsked(StepEvent):
    """A service is to be started in a lane, for a step or for the acceptance checks."""

    is_decision: ClassVar[bool] = True
    lane: Handle
    """The lane it will run in."""
    service: PlanName
    """Its name."""


@record
class ServiceReady(StepEvent):
    """A service runs and is ready to be used."""

    lane: Handle
    """The lane it runs in."""
    service: PlanName
    """Its name."""
    port: int
    """The port that was chosen for it."""
    duration_s: float = 0.0
    """How long it took."""


@record
class StartService(StepCommand):
    """Start a service and wait until it is ready. Answered by `ServiceReady` or `ServiceFailed`."""

    service: Service
    up: tuple[str, ...]
    """Those that run in the lane already; it is told their ports."""

    @property
    def subject(self) -> str:
        """The service."""
        return self.service.name


def _broken(command: StartService, how: Breakage) -> EffectFailed:
    reason = f"service {command.service.name} could not be started: {how.reason}"
    return SERVICE_START.failed(command, how.at, Diagnosis.STRUCTURAL, reason)


SERVICE_START = Effect(
    name="service_start",
    label="starting a service",
    requested=ServiceAsked,
    command=StartService,
    results=(ServiceReady,),
    performer="surefoot.workers.service:start_service",
    on_crash=OnCrash.REDO,
    is_ended_by_pause=True,
    broken=_broken,
)
