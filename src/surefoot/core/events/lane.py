"""What happens to the places steps work in: lanes are made usable, services run in them.

Must never hold what an attempt does in its lane. Read `surefoot.core.events.attempt` next.
"""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.events.shape import Event, StepEvent
from surefoot.core.ids import BlobId
from surefoot.core.record import record
from surefoot.core.terms import Diagnosis


@record
class LaneRequested(Event):
    """A lane is to be made usable."""

    is_decision: ClassVar[bool] = True
    lane: str
    """Its name: `1` for work, `clean` for acceptance."""
    commit: str
    """What it shall hold."""
    fresh: bool
    """Whether an existing one is thrown away first."""


@record
class LaneReady(Event):
    """A lane holds its commit and is prepared."""

    lane: str
    """Its name."""
    environment: str
    """Digest of what verdicts depend on beside the tree."""
    evidence: BlobId | None = None
    """What prepare printed."""
    duration_s: float = 0.0
    """How long it took."""
    kept: tuple[str, ...] = ()
    """What prepare made that git does not ignore; the run treats it as ignored."""


@record
class LaneFailed(Event):
    """A lane could not be made usable."""

    lane: str
    """Its name."""
    diagnosis: Diagnosis
    """Whether trying again can help."""
    reason: str
    """What went wrong and what to do."""
    evidence: BlobId | None = None
    """What prepare printed."""


@record
class ServiceAsked(StepEvent):
    """A service is to be started in a lane, for a step or for the acceptance checks."""

    is_decision: ClassVar[bool] = True
    lane: str
    """The lane it will run in."""
    service: str
    """Its name."""


@record
class ServiceReady(StepEvent):
    """A service runs and is ready to be used."""

    lane: str
    """The lane it runs in."""
    service: str
    """Its name."""
    port: int
    """The port that was chosen for it."""
    duration_s: float = 0.0
    """How long it took."""


@record
class ServiceFailed(StepEvent):
    """A service did not become ready. Nothing of it runs."""

    lane: str
    """The lane it was to run in."""
    service: str
    """Its name."""
    diagnosis: Diagnosis
    """Whether trying again can help."""
    reason: str
    """What went wrong, with the end of what it printed."""
    evidence: BlobId | None = None
    """What it printed."""


@record
class ServiceStopAsked(Event):
    """A service is to be stopped: an attempt that used it failed, or its lane is made anew."""

    is_decision: ClassVar[bool] = True
    lane: str
    """The lane it runs in."""
    service: str
    """Its name."""


@record
class ServiceEnded(Event):
    """A service that was ready has ended, because it was stopped or by itself. Nothing of it runs."""

    lane: str
    """The lane it ran in."""
    service: str
    """Its name."""
    reason: str
    """How it ended, with the end of what it printed."""
    evidence: BlobId | None = None
    """What it printed."""
