"""The application of a person's patch to a result."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.effects.lane.perform import lane_of
from surefoot.threads import in_thread
from surefoot.workers.run_context import RunContext


async def apply_patch(context: RunContext, command: do.ApplyPatch) -> Event:
    """Make the lane hold what a person wants to be kept instead of what the body made."""
    lane = lane_of(command)
    context.disturb(lane, leaves_nothing=False)
    patch = context.blobs.get(command.diff)
    await in_thread(context.space.apply_patch, lane, command.commit, patch, exclude=command.scratch)
    return ev.PatchApplied(**command.at(context.clock.now()))
