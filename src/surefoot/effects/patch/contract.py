"""The contract of `patch`: a result becomes what a person's patch says."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.ids import BlobId
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class PatchRequested(StepEvent):
    """The result is to be made what a person's patch says."""

    is_decision: ClassVar[bool] = True
    diff: BlobId


@record
class PatchApplied(StepEvent):
    """The lane holds what the patch says; what that changes is looked at next."""


@record
class ApplyPatch(StepCommand):
    """Make the lane hold what a person's patch says. Answered by `PatchApplied` or `EffectFailed`."""

    commit: str
    scratch: tuple[str, ...]
    diff: BlobId


PATCH = Effect(
    name="patch",
    label="making the result what a person wants",
    requested=PatchRequested,
    command=ApplyPatch,
    results=(PatchApplied,),
    performer="surefoot.effects.patch.perform:apply_patch",
    on_crash=OnCrash.RESTORE,
)
