"""The contract of `lane`: a lane holds a commit and is prepared."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event
from surefoot.core.ids import BlobId
from surefoot.core.raw import Digest, Handle
from surefoot.core.record import record
from surefoot.effects.effect import Command, Effect, OnCrash


@record
class LaneRequested(Event):
    """A lane is to be made usable."""

    is_decision: ClassVar[bool] = True
    lane: Handle
    """Its name: `1` for work, `clean` for acceptance."""
    commit: Digest
    fresh: bool
    """Whether an existing one is thrown away first."""
    is_last_try: bool = False
    """Whether the lane is given up if it fails once more, even where trying again could help."""


@record
class LaneReady(Event):
    """A lane holds its commit and is prepared."""

    version: ClassVar[int] = 2
    lane: Handle
    environment: Digest
    evidence: BlobId | None = None
    duration_s: float = 0.0
    kept: tuple[str, ...] = ()
    """What prepare made that git does not ignore; the run treats it as ignored."""
    cloned_from: Handle | None = None
    """The lane in which prepare made what was copied; None: prepare ran here, or there was no need; since version 2."""


@record
class OpenLane(Command):
    """Make a lane hold a commit and be prepared. Answered by `LaneReady` or `EffectFailed`."""

    lane: str
    commit: str
    fresh: bool

    @property
    def subject(self) -> str:
        """The lane."""
        return self.lane


LANE = Effect(
    name="lane",
    label="preparing the lane",
    requested=LaneRequested,
    command=OpenLane,
    results=(LaneReady,),
    performer="surefoot.effects.lane.perform:open_lane",
    on_crash=OnCrash.REDO,
    is_ended_by_pause=True,
)
