"""The start of a conversation: the project's advice, what the agent is shown, and the tree of the lane."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Excerpt, Guidance
from surefoot.core.events import Event
from surefoot.core.token_estimate import tokens_of
from surefoot.faults import point
from surefoot.threads import in_thread
from surefoot.tools import guidance_of
from surefoot.tools.first_look import Found, fence
from surefoot.workers.run_context import RunContext
from surefoot.workers.surroundings import look_around


async def start_conversation(context: RunContext, command: do.StartConversation) -> Event:
    """Find the project's own advice and what to show the agent, and note which tree the lane holds."""
    point("conversation.start.before")
    guidance, tree = None, ""
    shown, saw = tuple[Excerpt, ...](), dict[str, str]()
    if command.lane is not None:
        found = await in_thread(guidance_of, context.start(command.lane), tuple(command.spec.writes or ()))
        if found is not None:
            text = fence(found.text)
            guidance = Guidance(
                path=found.path, text=context.store(text.encode()), digest=found.digest, tokens=tokens_of(text)
            )
        if command.look is not None:
            seen, saw = await in_thread(look_around, context, command.look, command.lane)
            shown = tuple(_kept(context, one) for one in seen)
        tree = await in_thread(context.space.tree, command.lane, exclude=command.spec.uncommitted)
    point("conversation.start.after")
    return ev.ConversationStarted(**command.at(context.clock.now()), guidance=guidance, tree=tree, shown=shown, saw=saw)


def _kept(context: RunContext, found: Found) -> Excerpt:
    blob = context.store(found.text.encode("utf-8", "replace"))
    return Excerpt(kind=found.kind, name=found.name, text=blob, tokens=tokens_of(found.text))
