"""The restoration of a lane to its checkpoint."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.ids import BlobId
from surefoot.effects.artifacts.perform import remove_made
from surefoot.effects.lane.perform import CHANGES_NOTE, IGNORED_NOTE, MADE_NOTE, lane_of, noted_at
from surefoot.errors import EffectError, WorkspaceError
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.workers.run_context import RunContext
from surefoot.workers.secret_scan import holds_secret

_WITHIN_S, _BYTES_MAX = 20.0, 8 << 20
"""What takes longer to read, or makes a longer patch, is not kept."""
_COMPARED_MAX = 32 << 20
"""So many bytes are compared, before and after; git takes three times as much memory for that."""


async def restore_lane(context: RunContext, command: do.RestoreLane) -> Event:
    """Put the lane back to the checkpoint; a lane that cannot be put back is reported as changed, to be made anew."""
    lane = lane_of(command)
    tree, changes = "", None
    try:
        point("restore.before")
        if command.keeps_changes:
            tree, changes = await in_thread(_keep_changes, context, lane, command)
        point("restore.kept")
        is_changed = await in_thread(put_back, context, command, command.scratch, command.made)
        point("restore.after")
    except WorkspaceError:
        is_changed = True
    at = command.at(context.clock.now())
    return ev.LaneRestored(**at, lane_changed=is_changed, changes=changes, tree=tree or None)


def put_back(
    context: RunContext, command: do.RestoreLane | do.KeepCandidate, scratch: tuple[str, ...], made: tuple[str, ...]
) -> bool:
    """Put a lane back to its checkpoint; tell whether ignored files other than declared caches may have changed."""
    lane = lane_of(command)
    context.space.restore(lane, command.commit)
    note = noted_at(context, lane, command.checkpoint)
    if note is None:
        return True
    remove_made(context, lane, made, note.get(MADE_NOTE, ""))
    ignored = context.space.ignored_state(lane, scratch, exclude=(*scratch, *made))
    return note.get(IGNORED_NOTE) != ignored


def _keep_changes(context: RunContext, lane: str, command: do.RestoreLane) -> tuple[str, BlobId | None]:
    """Keep what the attempt has changed as a patch; None: nothing, too much, or it cannot be read.

    Return the tree, too, where the patch holds all that makes it. The tree is noted beside the lane until the next
    checkpoint: after a kill the lane may be half put back, and what was stored and not yet journaled is lost.
    """
    note = noted_at(context, lane, command.checkpoint)
    if note is None:  # what stands there is not the attempt's
        return "", None
    noted = note.get(CHANGES_NOTE)
    try:
        tree = _tree_of(context, lane, command) if noted is None else noted
        base = context.space.commit_tree_of(command.commit)
        patch, is_whole = patch_of(context, base, tree) if tree else (b"", False)
    except (WorkspaceError, EffectError):  # too large, a folder nobody can read: the lane is put back all the same
        tree, patch, is_whole = "", b"", False
    if noted is None:
        context.write_note(lane, note | {CHANGES_NOTE: tree})
    return tree if is_whole else "", context.store(patch) if patch else None


def _tree_of(context: RunContext, lane: str, command: do.RestoreLane) -> str:
    """Return the tree of what stands in the lane; empty where it holds a secret: nothing of that is stored."""
    space, uncommitted = context.space, (*command.scratch, *command.made)
    root = space.lane_path(lane)
    if context.declared and any(holds_secret(context, root, one) for one in space.written(lane, exclude=uncommitted)):
        return ""
    return space.tree(lane, exclude=uncommitted, within_s=_WITHIN_S)


def patch_of(context: RunContext, base: str, tree: str) -> tuple[bytes, bool]:
    """Return the patch that makes a tree, without what holds a secret, and whether it holds all of that."""
    space, masked = context.space, context.masker.content
    paths = space.changes(base, tree)
    if sum(size for side in (base, tree) for _, size in space.found(side, paths).values()) > _COMPARED_MAX:
        return b"", False
    whole = patch = space.patch(base, tree)
    if masked(patch) != patch:  # what is masked would not be what the attempt had written
        parts = (space.patch(base, tree, one) for one in paths)
        patch = b"".join(part for part in parts if masked(part) == part)
    patch = patch if len(patch) <= _BYTES_MAX else b""
    return patch, patch == whole
