"""The update of the run branch in the user's repository: the only way in which Surefoot writes there."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.threads import in_thread
from surefoot.workers.run_context import RunContext


async def update_branch(context: RunContext, command: do.UpdateBranch) -> Event:
    """Let the user's copy of the branch follow the journal, as far as it may."""
    published = await in_thread(context.space.publish, command.commit, command.old, kept=command.kept)
    refused = None if published.moved else published.reason
    return ev.BranchUpdated(at=context.clock.now(), commit=command.commit, refused=refused)
