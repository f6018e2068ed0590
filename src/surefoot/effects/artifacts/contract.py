"""The contract of `artifacts`: what a body made for later steps is kept."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.ids import BlobId
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class ArtifactsRequested(StepEvent):
    """What the body made for later steps is to be kept."""

    is_decision: ClassVar[bool] = True


@record
class ArtifactsKept(StepEvent):
    """What the body made for later steps is kept, durably and outside the lane."""

    manifest: BlobId | None
    """The list of it, each file with its digest; None: there was nothing."""
    count: int
    size_bytes: int
    unmatched: tuple[str, ...] = ()
    """Globs that match nothing."""


@record
class KeepArtifacts(StepCommand):
    """Keep what the body made for later steps. Answered by `ArtifactsKept`."""

    artifacts: tuple[str, ...]
    timeout_s: float = 1800.0
    """The time-out of the step; reading what it made may take as long."""


ARTIFACTS = Effect(
    name="artifacts",
    label="keeping artifacts",
    requested=ArtifactsRequested,
    command=KeepArtifacts,
    results=(ArtifactsKept,),
    performer="surefoot.effects.artifacts.perform:keep_artifacts",
    on_crash=OnCrash.RESTORE,
)
