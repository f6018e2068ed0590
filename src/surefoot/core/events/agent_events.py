"""Events of an agent's work: model requests, replies, tool calls and their results.

Each is an event of its own, so that a run goes on exactly there. They hold no whole text: those are blobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.agent_types import ModelRouting
from surefoot.core.event import Event, StepEvent
from surefoot.core.event_words import Diagnosis, Finding
from surefoot.core.ids import BlobId, StepId
from surefoot.core.ladder_table import Ladders
from surefoot.core.monitor_table import Watches
from surefoot.core.plan import Limits, Plan
from surefoot.core.raw import GivenName, Handle
from surefoot.core.record import record


@record
class ModelsConfigured(Event):
    """Which models play which roles from here on, and at which prices."""

    routing: ModelRouting
    """As settings, environment and command line had it when an engine last began."""


@record
class MonitorsConfigured(Event):
    """How closely the agents of the run are watched from here on."""

    watches: Watches
    """As the settings had it when an engine last began."""


@record
class RecoveriesConfigured(Event):
    """What follows failures from here on: the ladder of each."""

    ladders: Ladders
    """All of them, as the settings had them when an engine last began."""


@record
class ModelChanged(StepEvent):
    """The next model of the role's chain is asked from here on."""

    is_decision: ClassVar[bool] = True
    position: int
    """Its place in the chain, from 0."""
    reason: str
    """Why the one before is not asked any more."""


@record
class ConversationStopped(StepEvent):
    """An agent is ended before it says that it is done; the step's checks decide about what it changed."""

    is_decision: ClassVar[bool] = True
    diagnosis: Diagnosis | None
    """Why, in a word; the attempt fails with it if the checks do not pass. None: those it was told of pass,
    or it had ended by itself and no request was left to read what a person said meanwhile."""
    reason: str


@record
class FindingReported(Event):
    """Something a person should know, as soon as it was found."""

    is_decision: ClassVar[bool] = True
    finding: Finding


@record
class LimitReached(Event):
    """A limit is reached, or would be crossed: the run pauses."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    limit: Handle
    """Which, as `surefoot resume` takes it: `cost_usd`, `tokens` or `requests`; `models`, where none answers;
    or `plan`, where that is all that was asked for."""
    text: str
    """What was reached, and how to go on."""
    finding: Finding | None = None
    """What a monitor has seen, where that is the reason; since version 2."""


@record
class LimitsRaised(Event):
    """Somebody lets the run use more."""

    limits: Limits
    by: GivenName


@record
class MessageSent(Event):
    """A person says something to an agent; the next request of the agent holds it."""

    is_waited_for: ClassVar[bool] = True
    may_be_late: ClassVar[bool] = True
    message: Handle
    """Its id: unique in the journal."""
    to: StepId | None
    """The step whose agent is meant; None: the agents that talk now, or the next that does."""
    text: str
    by: GivenName
    is_urgent: bool = False
    """Whether the turn under way is broken off, so that it is read at once."""


@record
class PlanEdited(StepEvent):
    """A person wants this plan instead of the one they were shown."""

    plan: Plan
    text: BlobId
    by: GivenName


@record
class PlanAdopted(Event):
    """A plan, or a revision of it, holds from here on."""

    version: ClassVar[int] = 3
    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    revision: int
    """Numbered from 1; the plan the run was created with is 0."""
    plan: Plan
    text: BlobId | None
    """The plan as a plan file."""
    by: GivenName
    """Who approved it, or the rule by which nobody had to."""
    changes: tuple[str, ...] = ()
    """What is different from the plan before, a line each."""
    waits: Mapping[StepId, tuple[StepId, ...]] = field(default_factory=dict[StepId, tuple[StepId, ...]])
    """For steps that read what another writes, or write what another reads: those that go first; since version 2."""
    is_short_way: bool = False
    """Whether the runtime made it itself, so that neither scout nor planner was asked; since version 3."""
