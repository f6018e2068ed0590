"""A result written as a durable commit."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.threads import in_thread
from surefoot.workers.run_context import RunContext


async def write_commit(context: RunContext, command: do.WriteCommit) -> Event:
    """Write the result as a durable commit object with its trailers; no ref moves."""
    spec = command.spec
    seq, digest = context.head()
    title = spec.title or f"surefoot: {spec.id}"
    trailers = (
        f"Surefoot-Run: {context.run}",
        f"Surefoot-Step: {spec.id}",
        f"Surefoot-Attempt: {command.attempt}",
        f"Surefoot-Journal: {seq}:{digest}",
        *([] if command.train is None else [f"Surefoot-Train: {command.train}"]),
    )
    message = "\n".join([title, "", *([spec.why, ""] if spec.why else []), *trailers])
    now = context.clock.now()
    commit = await in_thread(context.space.write_commit, command.tree, command.parent, message, at=now)
    return ev.CommitWritten(**command.at(context.clock.now()), commit=commit)
