"""The contract of `probe`: the world is asked whether the effect of a step is there."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.event_words import Applied
from surefoot.core.ids import BlobId
from surefoot.core.plan import Step
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand


@record
class ProbeRequested(StepEvent):
    """The world is to be asked whether the effect is there."""

    is_decision: ClassVar[bool] = True


@record
class ProbeAnswered(StepEvent):
    """The world was asked."""

    answer: Applied
    text: str = ""
    evidence: BlobId | None = None


@record
class AskProbe(StepCommand):
    """Ask the world. Answered by `ProbeAnswered`."""

    spec: Step
    patient: bool
    """Whether an effect may be on its way, so that *not applied* is believed only after the probe's time."""
    commit: str | None = None
    """The commit that the attempt began with; None: there is no workspace."""


def _probe_answered(command: AskProbe, how: Breakage) -> ProbeAnswered:
    return ProbeAnswered(**command.at(how.at), answer=Applied.UNKNOWN, text=how.reason)


PROBE = Effect(
    name="probe",
    label="probe",
    requested=ProbeRequested,
    command=AskProbe,
    results=(ProbeAnswered,),
    performer="surefoot.effects.probe.perform:ask_probe",
    on_crash=OnCrash.RESTORE,
    counts_as_crash=False,
    broken=_probe_answered,
)
