"""The contract of `restore`: a lane is put back to its checkpoint."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.ids import BlobId
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand


@record
class RestoreRequested(StepEvent):
    """The lane is to be put back to the checkpoint."""

    is_decision: ClassVar[bool] = True


@record
class LaneRestored(StepEvent):
    """The lane is back at the checkpoint."""

    version: ClassVar[int] = 3
    lane_changed: bool = False
    """Whether ignored files other than declared caches had changed, so that a fresh lane is needed."""
    changes: BlobId | None = None
    """What the attempt had changed, as a patch; None: nothing, or it was not kept; since version 2."""
    tree: Digest | None = None
    """What the lane held before, where that was kept; since version 3."""


@record
class RestoreLane(StepCommand):
    """Put the lane back to the checkpoint. Answered by `LaneRestored`."""

    commit: str
    scratch: tuple[str, ...]
    checkpoint: int = 0
    """Which of the lane's checkpoints: another one may have been taken since, and the journal have lost that."""
    made: tuple[str, ...] = ()
    """Globs over what the body made for later steps, which goes, too."""
    keeps_changes: bool = False
    """Whether what the attempt had changed is kept as a patch: its body had begun."""


def _lane_restored(command: RestoreLane, how: Breakage) -> LaneRestored:
    return LaneRestored(**command.at(how.at), lane_changed=True)


RESTORE = Effect(
    name="restore",
    label="restoring the checkpoint",
    requested=RestoreRequested,
    command=RestoreLane,
    results=(LaneRestored,),
    performer="surefoot.effects.restore.perform:restore_lane",
    on_crash=OnCrash.REDO,
    broken=_lane_restored,
)
