"""Events of landings, and of a run that is taken back: asked for, and done."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event
from surefoot.core.ids import StepId
from surefoot.core.raw import Digest, GivenName, Place
from surefoot.core.record import record


@record
class LandingRequested(Event):
    """Somebody takes the run's work over into their checkout or folder. After a kill nobody knows whether that came."""

    is_waited_for: ClassVar[bool] = True
    ref: Place | None
    """The full name of the branch that was checked out; None: the workspace is a plain folder."""
    before: Digest
    """The commit that it was at; of a folder, the commit it held."""
    commit: Digest
    """What is landed."""
    by: GivenName


@record
class RunLanded(Event):
    """The work is there."""

    is_waited_for: ClassVar[bool] = True
    commit: Digest
    """The commit that the branch, or the folder, is at since."""


@record
class LandingTakenBack(Event):
    """Nothing of the landing is there any more."""

    is_waited_for: ClassVar[bool] = True
    commit: Digest
    """The commit that the branch, or the folder, is at since."""
    by: GivenName


@record
class UndoRequested(Event):
    """Somebody wants the state before the run back: first its outside effects are undone, the last one first."""

    is_waited_for: ClassVar[bool] = True
    by: GivenName
    leave: tuple[StepId, ...] = ()
    """Steps whose effects stay as they are."""


@record
class RunUndone(Event):
    """The branch is where it was before the run, and what could be undone is."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    commit: Digest | None
    """The base; None: the run has no workspace."""
    by: GivenName
