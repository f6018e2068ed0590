"""The restoration of a lane to its checkpoint."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.effects.artifacts.perform import remove_made
from surefoot.effects.lane.perform import IGNORED_NOTE, MADE_NOTE, lane_of
from surefoot.errors import WorkspaceError
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.workers.run_context import RunContext


async def restore_lane(context: RunContext, command: do.RestoreLane) -> Event:
    """Put the lane back to the checkpoint; a lane that cannot be put back is reported as changed, to be made anew."""
    lane = lane_of(command)
    try:
        point("restore.before")
        await in_thread(context.space.restore, lane, command.commit)
        note = context.note(lane)
        await in_thread(remove_made, context, lane, command.made, note.get(MADE_NOTE, ""))
        uncommitted = (*command.scratch, *command.made)
        ignored = await in_thread(context.space.ignored_state, lane, command.scratch, exclude=uncommitted)
        is_changed = note.get(IGNORED_NOTE) != ignored
        point("restore.after")
    except WorkspaceError:
        is_changed = True
    return ev.LaneRestored(**command.at(context.clock.now()), lane_changed=is_changed)
