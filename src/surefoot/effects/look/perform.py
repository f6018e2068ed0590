"""What an agent saw, compared with what is there after an absence."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.globs import matches
from surefoot.effects.lane.perform import lane_of
from surefoot.threads import in_thread
from surefoot.tools.lane_files import LaneFiles, Missing, Refused
from surefoot.workers.preconditions import resources_of
from surefoot.workers.run_context import RunContext


async def look_again(context: RunContext, command: do.LookAgain) -> Event:
    """Compare the files that an agent read with those of its lane, and ask its resources how they stand."""
    changed, gone = await in_thread(_compare, context, command, lane_of(command))
    resources = await resources_of(context, command, lane_of(command))
    return ev.LookedAgain(**command.at(context.clock.now()), changed=changed, gone=gone, resources=resources)


def _compare(context: RunContext, command: do.LookAgain, lane: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files that are not as the agent read them, and those that are gone.

    What the tree holds is as the agent left it, for the lane was put to the tree before.
    """
    prefix, space = context.plan.folder_prefix, context.space
    held = space.found(command.tree, [prefix + path for path in command.seen])
    files = LaneFiles(context.start(lane))
    changed: list[str] = []
    missing: list[str] = []
    for path, digest in sorted(command.seen.items()):
        if prefix + path in held and not matches(prefix + path, command.spec.uncommitted):
            continue
        try:
            now = files.read(path).digest
        except Missing:
            missing += [path] if digest else []
        except Refused:  # it is no plain file any more, or too big to have been read
            changed.append(path)
        else:
            changed += [path] if now != digest else []
    for tree in command.earlier if missing else ():
        removed = space.found(tree, [prefix + path for path in missing])
        missing = [path for path in missing if prefix + path not in removed]
    return tuple(changed), tuple(missing)
