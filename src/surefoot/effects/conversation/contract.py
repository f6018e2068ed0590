"""The contract of `conversation`: an agent begins, with what it is shown of the repository and the tree of the lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.agent_types import Excerpt, FirstLook, Guidance
from surefoot.core.event import StepEvent
from surefoot.core.plan import Step
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.body.contract import BodyStarted
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand


@record
class ConversationStarted(StepEvent):
    """An agent's conversation begins."""

    version: ClassVar[int] = 2
    guidance: Guidance | None = None
    tree: Digest = ""
    shown: tuple[Excerpt, ...] = ()
    """What it is shown before its first request, the most important first; since version 2."""
    saw: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files that are shown whole, by path, with the digest of their content; since version 2."""


@record
class StartConversation(StepCommand):
    """Find out what an agent's conversation begins with. Answered by `ConversationStarted`."""

    spec: Step
    look: FirstLook | None = None
    """What is to be shown; None: the agent works on no lane."""


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
