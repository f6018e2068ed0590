"""The contract of `tool_call`: a tool call of an agent is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.agent_types import Role, ToolCall
from surefoot.core.event import StepEvent
from surefoot.core.event_words import Absent
from surefoot.core.ids import BlobId
from surefoot.core.plan import Step
from surefoot.core.policy_types import Tier
from surefoot.core.raw import Digest, Handle
from surefoot.core.record import record
from surefoot.core.token_estimate import tokens_of
from surefoot.core.tool_payload import Payload
from surefoot.core.tool_table import ToolState
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand

_TEXT_MAX = 600
"""No text of a result that the journal holds itself has more characters."""


@record
class ToolCallStarted(StepEvent):
    """A tool call is to be carried out."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    call: Handle
    tier: Tier | None = None
    rule: Handle = ""
    raised_by: str = ""
    """For commands: the rule that recognised what reaches others, so that the command is never repeated unasked; empty:
    none did. Since version 2."""
    key: str = ""
    """For such commands: the idempotency key, equal in all attempts. Since version 2."""


@record
class ToolCallFinished(StepEvent):
    """A tool call was carried out, or could not be."""

    version: ClassVar[int] = 4
    call: Handle
    ok: bool
    text: str
    """How what the model is told begins."""
    output: BlobId
    tokens: int
    whole: BlobId | None = None
    """All of the output, where the model is told less; `recall` brings it back."""
    is_misuse: bool = False
    """Whether the tool was used wrongly: its arguments, its scope, a file that has changed since it was read."""
    tree: Digest | None = None
    """For calls that write: the tree of the lane afterwards."""
    changed: tuple[str, ...] = ()
    """For calls that write: the paths they changed."""
    saw: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files whose content the model has now seen as it is, by path, with the digest of the content."""
    exit_code: int | None = None
    """For commands: their exit status."""
    payload: Payload | None = None
    """What the agent hands to the runtime with it: a note, a proposed change, a claim, what it found out, a plan."""
    duration_s: float = 0.0
    absent: Absent | None = None
    """What the call was about, and is not there; since version 4."""


@record
class ToolCallResolved(StepEvent):
    """A tool call was settled without being carried out."""

    is_decision: ClassVar[bool] = True
    call: Handle
    text: str
    ok: bool = False
    """Whether it got what it asked for: an answer of a person."""
    is_misuse: bool = False


@record
class UseTool(StepCommand):
    """Carry out a tool call. Answered by `ToolCallFinished`."""

    call: ToolCall
    role: Role
    spec: Step
    state: ToolState | None = None
    key: str = ""
    """For commands that reach others: the idempotency key."""

    @property
    def subject(self) -> str:
        """The call."""
        return self.call.call


def _tool_call_finished(command: UseTool, how: Breakage) -> ToolCallFinished:
    text = f"the tool broke: {how.reason}"
    return ToolCallFinished(
        **command.at(how.at),
        call=command.call.call,
        ok=False,
        text=text[:_TEXT_MAX],
        output=how.store(text.encode("utf-8", "replace")),
        tokens=tokens_of(text),
    )


TOOL_CALL = Effect(
    name="tool_call",
    label="using a tool",
    requested=ToolCallStarted,
    command=UseTool,
    results=(ToolCallFinished,),
    instead=ToolCallResolved,
    performer="surefoot.effects.tool_call.perform:use_tool",
    on_crash=OnCrash.DOUBT,
    is_ended_by_pause=True,
    is_waited_for_outside=True,
    broken=_tool_call_finished,
)
