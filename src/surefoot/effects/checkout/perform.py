"""The checkout of a tree in a lane."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.effects.lane.perform import lane_of, prepared_anew
from surefoot.threads import in_thread
from surefoot.workers.run_context import RunContext


async def check_out_tree(context: RunContext, command: do.CheckOutTree) -> Event:
    """Make the lane hold the tree a check is to be asked about, prepared anew where that is asked for."""
    lane = lane_of(command)
    if command.prepare:
        await in_thread(context.space.hold, lane, command.commit, command.tree, exclude=command.scratch)
        await prepared_anew(context, lane, command.scratch)
    await in_thread(context.space.place, lane, command.commit, command.tree, exclude=command.scratch)
    return ev.TreeCheckedOut(**command.at(context.clock.now()), tree=command.tree)
