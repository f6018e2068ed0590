"""The contract of `publish`: the branch in the user's repository follows the journal."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Command, Effect, OnCrash


@record
class BranchUpdateRequested(Event):
    """The run branch is to follow the journal."""

    is_decision: ClassVar[bool] = True
    commit: Digest
    """Where it shall be."""
    old: Digest | None
    """Where the journal last put it."""
    kept: int | None = None
    """Number under which the old tip is kept, when the branch goes back."""


@record
class BranchUpdated(Event):
    """The branch follows the journal, as far as it may."""

    commit: Digest
    refused: str | None = None
    """Why the branch itself was left alone; the commits are kept all the same."""
    has_failed: bool = False
    """Whether nothing could be written, for the reason in `refused`; it is tried again with the next step or engine."""


@record
class UpdateBranch(Command):
    """Let the branch follow the journal. Answered by `BranchUpdated`."""

    commit: str
    old: str | None
    kept: int | None


def _branch_updated(command: UpdateBranch, how: Breakage) -> BranchUpdated:
    return BranchUpdated(at=how.at, commit=command.commit, refused=how.reason, has_failed=True)


PUBLISH = Effect(
    name="publish",
    label="moving the branch",
    requested=BranchUpdateRequested,
    command=UpdateBranch,
    results=(BranchUpdated,),
    performer="surefoot.effects.publish.perform:update_branch",
    on_crash=OnCrash.REDO,
    is_cancellable=False,
    stops_run_on_full_disk=False,
    broken=_branch_updated,
)
