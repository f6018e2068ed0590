"""The merge of a result onto the head of the run branch."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.globs import matches
from surefoot.core.ids import StepId
from surefoot.threads import in_thread
from surefoot.workers.run_context import RunContext

NAMED_MAX = 20


async def merge_result(context: RunContext, command: do.MergeResult) -> Event:
    """Bring the result onto the head of the run branch."""
    return await in_thread(_merge, context, command)


def _merge(context: RunContext, command: do.MergeResult) -> Event:
    space = context.space
    since, until = space.commit_tree_of(command.base), command.onto_tree or space.commit_tree_of(command.onto)
    moved = space.changes(since, until)
    ours = frozenset(space.changes(since, command.tree))
    merged = space.merge(
        command.lane or "",
        command.base,
        command.tree,
        command.onto,
        onto_tree=command.onto_tree,
        is_apart=command.is_apart,
    )
    both = tuple(path for path in moved if path in ours)
    # Where a file meets a folder git makes up a name; those that were written are told instead.
    overlap = (tuple(path for path in merged.conflicts if path in ours or path in moved) or both)[:NAMED_MAX]
    steps = tuple(StepId(name) for name in space.authors(command.base, command.onto, overlap, "Surefoot-Step"))
    reason = _obstacle(context, command, moved)
    if merged.tree is None:
        reason = f"it conflicts with {', '.join(steps) or 'the run branch'} in {', '.join(overlap)}"
    if merged.tree is None or reason is not None:
        return ev.MergeRefused(
            **command.at(context.clock.now()),
            onto=command.onto,
            reason=reason or "",
            conflicts=overlap if merged.conflicts else (),
            with_steps=steps,
        )
    return ev.Merged(
        **command.at(context.clock.now()),
        onto=command.onto,
        onto_tree=until,
        tree=merged.tree,
        changed=space.changes(until, merged.tree),
        overlap=overlap,
        with_steps=steps,
    )


def _obstacle(context: RunContext, command: do.MergeResult, moved: Sequence[str]) -> str | None:
    """Say why the result does not hold on the head although it would merge: it rests on what has changed there."""
    read = [path for path in moved if matches(path, command.reads)]
    if read:
        return f"it read {', '.join(read[:NAMED_MAX])}, which another step has changed meanwhile"
    key = context.plan.prepare.key if context.plan.prepare is not None else ()
    if any(matches(path, key) for path in moved):
        return "the run branch has another environment: a key file of `prepare` changed there"
    return None
