"""The run branch: commits written, refs moved.

Owns the one way in which Surefoot writes into the user's repository. Must never move a ref that somebody else moved.
Read `surefoot.workspace` next.
"""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.workers.room import Room, in_thread


async def write_commit(room: Room, command: do.WriteCommit, journal_head: tuple[int, str]) -> Event:
    """Write the result as a durable commit object with its trailers; no ref moves."""
    spec = command.spec
    seq, digest = journal_head
    title = spec.title or f"surefoot: {spec.id}"
    trailers = (
        f"Surefoot-Run: {room.run}",
        f"Surefoot-Step: {spec.id}",
        f"Surefoot-Attempt: {command.attempt}",
        f"Surefoot-Journal: {seq}:{digest}",
    )
    message = "\n".join([title, "", *([spec.why, ""] if spec.why else []), *trailers])
    now = room.clock.now()
    commit = await in_thread(room.space.write_commit, command.tree, command.parent, message, at=now)
    return ev.CommitWritten(at=room.clock.now(), step=command.step, attempt=command.attempt, commit=commit)


async def move_refs(room: Room, command: do.MoveRefs) -> Event:
    """Let the user's copy of the branch follow the journal, as far as it may."""
    published = await in_thread(room.space.publish, command.commit, command.old, kept=command.kept)
    refused = None if published.moved else published.reason
    return ev.RefsMoved(at=room.clock.now(), commit=command.commit, refused=refused)
