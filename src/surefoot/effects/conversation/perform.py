"""The start of a conversation: the project's advice and the tree of the lane."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Guidance
from surefoot.core.events import Event
from surefoot.core.token_estimate import tokens_of
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.tools import guidance_of
from surefoot.workers.run_context import RunContext


async def start_conversation(context: RunContext, command: do.StartConversation) -> Event:
    """Find the project's own advice, and note which tree the lane holds."""
    point("talk.open.before")
    guidance, tree = None, ""
    if command.lane is not None:
        found = await in_thread(guidance_of, context.start(command.lane), tuple(command.spec.writes or ()))
        if found is not None:
            blob = context.store(found.text.encode())
            guidance = Guidance(path=found.path, text=blob, digest=found.digest, tokens=tokens_of(found.text))
        tree = await in_thread(context.space.tree, command.lane, exclude=command.spec.uncommitted)
    point("talk.open.after")
    return ev.ConversationStarted(**command.at(context.clock.now()), guidance=guidance, tree=tree)
