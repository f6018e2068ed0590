"""The effect by which a tool call of an agent is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.estimating import tokens_of
from surefoot.core.event import StepEvent
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import Check, Plan, Prepare, Step
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.record import record
from surefoot.core.rules import CommandFacts, Tier
from surefoot.core.talking import Claim, Note, Role, ToolCall, Understanding
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand

_TEXT_MAX = 600
"""No text of a result that the journal holds itself has more characters."""


@record
class CallStarted(StepEvent):
    """A tool call is to be carried out."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    call: str
    """Which."""
    tier: Tier | None = None
    """How much say a person had."""
    rule: str = ""
    """The rule that decided."""
    raised_by: str = ""
    """For commands: the rule that recognised what reaches others, so that the command is never repeated unasked; empty:
    none did. Since version 2."""
    key: str = ""
    """For such commands: the idempotency key, equal in all attempts. Since version 2."""


@record
class CallFinished(StepEvent):
    """A tool call was carried out, or could not be."""

    version: ClassVar[int] = 2
    call: str
    """Which."""
    ok: bool
    """Whether it did what was asked."""
    text: str
    """How what the model is told begins."""
    output: BlobId
    """What the model is told."""
    tokens: int
    """About how many tokens that takes."""
    whole: BlobId | None = None
    """All of the output, where the model is told less; `recall` brings it back."""
    is_misuse: bool = False
    """Whether the tool was used wrongly: its arguments, its scope, a file that has changed since it was read."""
    tree: str | None = None
    """For calls that write: the tree of the lane afterwards."""
    changed: tuple[str, ...] = ()
    """For calls that write: the paths they changed."""
    saw: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files whose content the model has now seen as it is, by path, with the digest of the content."""
    exit_code: int | None = None
    """For commands: their exit status."""
    note: Note | None = None
    """A fact to be kept."""
    proposal: str = ""
    """A change of the plan that is proposed."""
    claim: Claim | None = None
    """What the agent says, when it says that it is done."""
    understanding: Understanding | None = None
    """What it found out, in UNDERSTAND."""
    prepare: Prepare | None = None
    """How a lane is made usable, as it found out in UNDERSTAND."""
    does: CommandFacts | None = None
    """What that command does, as far as its text tells; `commands` says so since version 2."""
    accept: tuple[Check, ...] = ()
    """What must hold for the goal to be reached, as it found out in UNDERSTAND."""
    plan: Plan | None = None
    """The plan it made; after UNDERSTAND, for goals so small that no planner is needed."""
    plan_text: BlobId | None = None
    """The plan as a plan file."""
    commands: tuple[PlanCommand, ...] = ()
    """What would run beside bodies by what it ends with, with what the texts tell; since version 2."""
    duration_s: float = 0.0
    """How long it took."""


@record
class CallSettled(StepEvent):
    """A tool call was settled without being carried out."""

    is_decision: ClassVar[bool] = True
    call: str
    """Which."""
    text: str
    """What the model is told."""
    ok: bool = False
    """Whether it got what it asked for: an answer of a person."""
    is_misuse: bool = False
    """Whether the tool was used wrongly."""


@record
class UseTool(StepCommand):
    """Carry out a tool call. Answered by `CallFinished`."""

    call: ToolCall
    role: Role
    spec: Step
    writes: tuple[str, ...]
    """Globs over files the agent may change."""
    seen: Mapping[str, str]
    """Files whose content the model has seen, with its digest."""
    references: Mapping[str, BlobId] = field(default_factory=dict[str, BlobId])
    """What `recall` may bring back, by the names it goes by."""
    hidden: tuple[BlobId, ...] = ()
    """Evidence of checks that are held back, which nothing may bring back."""
    plan: Plan | None = None
    """For scouts and planners: the plan so far."""
    kept: tuple[StepId, ...] = ()
    """For planners: steps that another plan has to keep."""
    plan_text: BlobId | None = None
    """For planners: the plan in force, as a plan file, where a model made it."""
    key: str = ""
    """For commands that reach others: the idempotency key."""

    @property
    def subject(self) -> str:
        """The call."""
        return self.call.call


def _broken(command: UseTool, how: Breakage) -> CallFinished:
    return CallFinished(
        at=how.at,
        step=command.step,
        attempt=command.attempt,
        call=command.call.call,
        ok=False,
        text=f"the tool broke: {how.reason}"[:_TEXT_MAX],
        output=how.evidence,
        tokens=tokens_of(how.reason),
    )


TOOL_CALL = Effect(
    name="tool_call",
    label="using a tool",
    requested=CallStarted,
    command=UseTool,
    results=(CallFinished,),
    instead=CallSettled,
    performer="surefoot.workers.talk:use_tool",
    on_crash=OnCrash.DOUBT,
    is_ended_by_pause=True,
    is_waited_for_outside=True,
    broken=_broken,
)
