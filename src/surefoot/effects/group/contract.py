"""The contract of `group`: the items of a group are found."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import Step
from surefoot.core.raw import AsWritten, Handle
from surefoot.core.record import record
from surefoot.effects.effect import Command, Effect, OnCrash, Owner


@record
class GroupExpansionRequested(Event):
    """A group's needs are satisfied: its items are to be found."""

    is_decision: ClassVar[bool] = True
    group: StepId
    lane: Handle | None = None
    """The lane in which a command lists them, kept free of all else meanwhile."""


@record
class GroupExpanded(Event):
    """A group's items are known, for good."""

    is_waited_for: ClassVar[bool] = True
    group: StepId
    items: tuple[AsWritten, ...]
    """One member each, in this order."""


@record
class ExpandGroup(Command):
    """Find a group's items at a commit. Answered by `GroupExpanded` or `EffectFailed`."""

    group: Step
    commit: str | None
    lane: str | None
    artifacts: tuple[BlobId, ...] = ()
    lack: str | None = None
    """Why a placeholder stands for nothing, so that there are no items to find."""

    @property
    def owner(self) -> Owner:
        """The group, which has no attempts."""
        return (self.group.id, 1)


GROUP = Effect(
    name="group",
    label="listing the items of a group",
    requested=GroupExpansionRequested,
    command=ExpandGroup,
    results=(GroupExpanded,),
    performer="surefoot.effects.group.perform:expand_group",
    on_crash=OnCrash.REDO,
    is_ended_by_pause=True,
)
