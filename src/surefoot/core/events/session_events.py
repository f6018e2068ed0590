"""Events of a session with an agent of others: opened, its turns, its reports, a permission asked for, and its answer.

The agent works in a process of its own. What it says of its work is a report and no proof; what it may do is decided
here.
"""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.agent_types import ToolCall, Usage
from surefoot.core.event import StepEvent
from surefoot.core.ids import BlobId
from surefoot.core.policy_types import Tier
from surefoot.core.raw import Digest, Handle, ProviderName
from surefoot.core.record import record


@record
class SessionOpened(StepEvent):
    """An agent of others has begun a session for an attempt, or goes on with one."""

    version: ClassVar[int] = 2
    may_be_late: ClassVar[bool] = True
    agent: str
    """What it calls itself, with its version."""
    protocol: int
    """The version of the protocol."""
    session: ProviderName
    """Its own name for the session."""
    can_load: bool = False
    """Whether it can go on with a session after its program has ended; since version 2."""


@record
class SessionReported(StepEvent):
    """What the agent has said and done since its last report, as it says."""

    may_be_late: ClassVar[bool] = True
    lines: tuple[str, ...]
    """What is worth a line: its words, its tool calls, its plan."""
    updates: BlobId
    """All of it, as the agent sent it: JSON, one update a line."""
    usage: Usage = Usage()
    """What the session has taken so far, as far as the agent says so."""


@record
class SessionTurnEnded(StepEvent):
    """The agent has ended its turn, and waits for what is said to it next."""

    version: ClassVar[int] = 2
    may_be_late: ClassVar[bool] = True
    turn: int
    """Numbered from 1, the one that began with the brief."""
    tree: Digest | None = None
    """What the lane holds, where the session can be loaded; since version 2."""


@record
class SessionPrompted(StepEvent):
    """The agent is told what people have to say to it; without a message the session ends."""

    is_decision: ClassVar[bool] = True
    turn: int
    messages: tuple[Handle, ...] = ()
    """The messages that the prompt holds."""


@record
class SessionTurnCancelled(StepEvent):
    """The agent is to end its turn, because a person has something to say at once."""

    is_decision: ClassVar[bool] = True
    turn: int


@record
class PermissionAsked(StepEvent):
    """The agent wants to do something and waits for our word."""

    version: ClassVar[int] = 2
    may_be_late: ClassVar[bool] = True
    call: ToolCall
    """What it wants to do; the name is ours, unique in the attempt."""
    is_served: bool = False
    """Whether we would carry it out in the lane; else the agent does it in its own process."""
    tree: Digest | None = None
    """What the lane holds, where the session can be loaded; since version 2."""


@record
class PermissionAnswered(StepEvent):
    """The agent may do it, this once, or may not."""

    is_decision: ClassVar[bool] = True
    call: Handle
    is_allowed: bool
    reason: str = ""
    """Why not."""
    tier: Tier | None = None
    rule: Handle = ""
    """The rule that decided."""
    raised_by: Handle = ""
    """For commands that are allowed: the rule that recognised what reaches others; empty: none did."""
