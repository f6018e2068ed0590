"""The run branch: commits written, refs moved.

Owns the one way in which Surefoot writes into the user's repository. Must never move a ref that somebody else moved.
Read `surefoot.workspace` next.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.globs import matches
from surefoot.workers.room import Room, in_thread

NAMED_MAX = 20


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


async def merge_result(room: Room, command: do.MergeResult) -> Event:
    """Bring the result onto the head of the run branch."""
    return await in_thread(_merge, room, command)


def _merge(room: Room, command: do.MergeResult) -> Event:
    space, place = room.space, (command.step, command.attempt)
    moved = space.changes(space.commit_tree_of(command.base), space.commit_tree_of(command.onto))
    key = room.plan.prepare.key if room.plan.prepare is not None else ()
    merged = space.merge(command.base, command.tree, command.onto)
    ours = set(space.changes(space.commit_tree_of(command.base), command.tree))
    overlap = merged.conflicts or tuple(path for path in moved if path in ours)
    others = space.authors(command.base, command.onto, overlap[:NAMED_MAX], "Surefoot-Step")
    with_steps = tuple(name for name in others if name != command.step)
    reason = f"it conflicts with {', '.join(with_steps) or 'the run branch'} in {', '.join(overlap[:NAMED_MAX])}"
    if merged.tree is not None and any(matches(path, key) for path in moved):
        merged, reason = replace(merged, tree=None), "the run branch has another environment: a key file changed there"
    if merged.tree is None:
        return ev.MergeRefused(
            at=room.clock.now(),
            step=place[0],
            attempt=place[1],
            onto=command.onto,
            reason=reason,
            conflicts=merged.conflicts[:NAMED_MAX],
            with_steps=with_steps,
        )
    onto_tree = space.commit_tree_of(command.onto)
    return ev.Merged(
        at=room.clock.now(),
        step=place[0],
        attempt=place[1],
        onto=command.onto,
        onto_tree=onto_tree,
        tree=merged.tree,
        changed=space.changes(onto_tree, merged.tree),
        overlap=overlap[:NAMED_MAX],
        with_steps=with_steps,
    )


async def move_refs(room: Room, command: do.MoveRefs) -> Event:
    """Let the user's copy of the branch follow the journal, as far as it may."""
    published = await in_thread(room.space.publish, command.commit, command.old, kept=command.kept)
    refused = None if published.moved else published.reason
    return ev.RefsMoved(at=room.clock.now(), commit=command.commit, refused=refused)
