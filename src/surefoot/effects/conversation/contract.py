"""The contract of `conversation`: an agent begins, with what it is shown of the repository and the tree of the lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.agent_types import Excerpt, Guidance, Role
from surefoot.core.event import StepEvent
from surefoot.core.ids import BlobId
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
class RedCheck:
    """A check that is red before the work, and that the agent may know of."""

    asks: str
    text: str
    """What its answer said."""
    evidence: BlobId | None
    """All that it printed."""


@record
class StartConversation(StepCommand):
    """Find out what an agent's conversation begins with. Answered by `ConversationStarted`."""

    spec: Step
    role: Role = Role.WORKER
    commit: str = ""
    """The commit that the lane holds."""
    base: str = ""
    """The commit that the run began with."""
    writes: tuple[str, ...] = ()
    about: str = ""
    """The words that say what is to be done: files that they name are shown."""
    red: tuple[RedCheck, ...] = ()
    room: int = 0
    """So many tokens may take what it is shown."""


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
