"""What happens while a model is at work on a step: turns, tool calls, and what comes of them.

They stand in the order in which a talk goes. Each request, reply, call and result is an event of its own, so that a run
goes on at just that place. Must never hold a whole text: those are blobs. Read `surefoot.core.kernel.talks` next: what
they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.events.shape import Event, StepEvent
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import Check, Limits, Plan, Prepare
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.record import record
from surefoot.core.rules import CommandFacts, Tier
from surefoot.core.talking import (
    Casting,
    Claim,
    Fault,
    Finish,
    Guidance,
    Note,
    ToolCall,
    Understanding,
    Usage,
)
from surefoot.core.terms import Diagnosis, Finding


@record
class CastingGiven(Event):
    """Which models play which roles from here on, and at which prices."""

    casting: Casting
    """As settings, environment and command line had it when an engine last began."""


@record
class TalkOpened(StepEvent):
    """An agent's talk begins."""

    guidance: Guidance | None = None
    """The project's own advice, where there is any."""
    tree: str = ""
    """The tree of the lane."""


@record
class TurnAsked(StepEvent):
    """A model is to be asked; what it may take is reserved."""

    is_decision: ClassVar[bool] = True
    turn: int
    """Numbered from 1 in each talk. A turn whose reply was lost, or could not be used, is asked again."""
    model: str
    """`provider:name`."""
    tokens: int
    """About how many tokens the brief takes."""
    reserved_usd: float = 0.0
    """What the request may cost at worst; 0 where the price is unknown."""
    reserved_tokens: int = 0
    """How many tokens it may take at worst."""
    stubbed: int = 0
    """Of turns up to this one long results stand in the brief as stubs."""
    folded: int = 0
    """Turns up to this one stand in the brief in short."""
    is_summary: bool = False
    """Whether it asks for a summary of those, and is no turn of the talk itself."""


@record
class TurnAnswered(StepEvent):
    """A model replied."""

    version: ClassVar[int] = 2
    turn: int
    """Which request it answers."""
    model: str
    """The model that answered, as the provider names it."""
    reply: BlobId
    """The reply in our own form: text, and calls with their arguments."""
    said: str
    """How its text begins."""
    tokens: int
    """About how many tokens the reply takes in later briefs."""
    calls: tuple[ToolCall, ...] = ()
    """The tools it calls, in order."""
    finish: Finish = Finish.STOP
    """Why it stopped."""
    usage: Usage = Usage()
    """What it took."""
    raw: BlobId | None = None
    """The reply as the provider library holds it: to be kept, not to be read."""
    duration_s: float = 0.0
    """How long it took."""


@record
class TurnFailed(StepEvent):
    """There is no reply that can be used."""

    turn: int
    """Which request."""
    fault: Fault
    """The kind."""
    text: str
    """What happened."""
    retry_after_s: float | None = None
    """How long the provider asks to wait."""
    usage: Usage | None = None
    """What it took all the same; None: nobody knows, so that what was reserved counts as spent."""
    said: BlobId | None = None
    """What of a reply had come."""


@record
class TurnDelayed(StepEvent):
    """The next request waits."""

    is_decision: ClassVar[bool] = True
    due: float
    """Until then, in seconds since the epoch."""
    reason: str
    """Why."""


@record
class TurnDue(StepEvent):
    """The wait is over."""


@record
class ModelChanged(StepEvent):
    """The next model of the role's chain is asked from here on."""

    is_decision: ClassVar[bool] = True
    position: int
    """Its place in the chain, from 0."""
    reason: str
    """Why the one before is not asked any more."""


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
class CallLost(StepEvent):
    """A tool call was ended before it said anything; it is carried out anew, or is in doubt if it reaches others."""

    call: str
    """Which."""


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
class TalkStopped(StepEvent):
    """An agent is ended before it says that it is done; the step's checks decide about what it changed."""

    is_decision: ClassVar[bool] = True
    diagnosis: Diagnosis
    """Why, in a word; the attempt fails with it if the checks do not pass."""
    reason: str
    """Why, in words."""


@record
class FindingReported(Event):
    """Something a person should know, as soon as it was found."""

    is_decision: ClassVar[bool] = True
    finding: Finding
    """It."""


@record
class LimitReached(Event):
    """A limit is reached, or would be crossed: the run pauses."""

    is_decision: ClassVar[bool] = True
    limit: str
    """Which, as `surefoot resume` takes it: `cost_usd`, `tokens` or `requests`; `models`, where none answers;
    or `plan`, where that is all that was asked for."""
    text: str
    """What was reached, and how to go on."""


@record
class LimitsRaised(Event):
    """Somebody lets the run use more."""

    limits: Limits
    """The limits that hold from here on."""
    by: str
    """Who."""


@record
class PlanEdited(StepEvent):
    """A person wants this plan instead of the one they were shown."""

    plan: Plan
    """It."""
    text: BlobId
    """It, as a plan file."""
    by: str
    """Who."""


@record
class PlanAdopted(Event):
    """A plan, or a revision of it, holds from here on."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    revision: int
    """Numbered from 1; the plan the run was created with is 0."""
    plan: Plan
    """It."""
    text: BlobId | None
    """The plan as a plan file."""
    by: str
    """Who approved it, or the rule by which nobody had to."""
    changes: tuple[str, ...] = ()
    """What is different from the plan before, a line each."""
    waits: Mapping[StepId, tuple[StepId, ...]] = field(default_factory=dict[StepId, tuple[StepId, ...]])
    """For steps that read what another writes, or write what another reads: those that go first; since version 2."""
