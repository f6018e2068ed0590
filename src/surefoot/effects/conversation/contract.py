"""The contract of `conversation`: an agent begins, with the project's advice and the tree of the lane."""

from __future__ import annotations

from surefoot.core.agent_types import Guidance
from surefoot.core.event import StepEvent
from surefoot.core.plan import Step
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.body.contract import BodyStarted
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand


@record
class ConversationStarted(StepEvent):
    """An agent's conversation begins."""

    guidance: Guidance | None = None
    tree: Digest = ""


@record
class StartConversation(StepCommand):
    """Find out what an agent's conversation begins with. Answered by `ConversationStarted`."""

    spec: Step


def _conversation_started(command: StartConversation, how: Breakage) -> ConversationStarted:
    return ConversationStarted(**command.at(how.at))


CONVERSATION = Effect(
    name="conversation",
    label="starting the conversation",
    requested=BodyStarted,
    command=StartConversation,
    results=(ConversationStarted,),
    performer="surefoot.effects.conversation.perform:start_conversation",
    on_crash=OnCrash.RESTORE,
    is_ended_by_pause=True,
    broken=_conversation_started,
)
