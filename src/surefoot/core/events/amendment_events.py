"""Events of amendments: a change of the plan that somebody wants, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.amendments import AmendmentOrigin, Operation, StepChange
from surefoot.core.event import Event, StepEvent
from surefoot.core.events.invalidation_events import TakingBack
from surefoot.core.ids import StepId
from surefoot.core.plan import Constraint
from surefoot.core.raw import Digest, GivenName, Handle
from surefoot.core.record import record


@record
class AmendmentProposed(Event):
    """Somebody wants another plan for the rest of the run. What runs and is to change is brought to its end first."""

    version: ClassVar[int] = 3
    is_waited_for: ClassVar[bool] = True
    amendment: Handle
    operations: tuple[Operation, ...]
    why: str
    by: GivenName
    by_planner: bool = False
    """Whether the planner wants it: then it may turn out that it cannot hold."""
    revert: bool = False
    """Whether results of steps that it drops may be taken off the branch; since version 2."""
    origin: AmendmentOrigin = AmendmentOrigin.PERSON
    """Where it comes from; version 1 does not say."""
    step: StepId | None = None
    """The step whose agent proposes it at work; None: somebody else does. Since version 3."""
    asks: bool = False
    """Whether it holds only once somebody agrees; until then nothing that runs is disturbed. Since version 3."""


@record
class PlanStopped(Event):
    """Somebody says that the plan is wrong. Nothing new starts, what runs is ended, and stock is taken."""

    is_waited_for: ClassVar[bool] = True
    why: str
    by: GivenName
    step: StepId | None = None
    """The step whose agent says so; None: a person does."""


@record
class StockTaken(Event):
    """What ran under a plan that was stopped has come to its end. The planner alone works now."""

    is_decision: ClassVar[bool] = True
    done: int
    """How many steps are done and stay."""
    commit: Digest | None = None
    """The head of the run branch."""


@record
class PlanAmended(Event):
    """The amended plan holds from here on."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    amendment: Handle
    revision: int
    changes: tuple[StepChange, ...]
    """What that does to each step that does not stay as it is."""
    waits: Mapping[StepId, tuple[StepId, ...]] = field(default_factory=dict[StepId, tuple[StepId, ...]])
    """By step: the steps that have to end before it starts, though it needs none of them."""
    taken: TakingBack | None = None
    """The results that it takes off the branch; None: none. Since version 2."""


@record
class AmendmentAccepted(Event):
    """Somebody agrees to what an agent proposes: it is about to hold."""

    is_decision: ClassVar[bool] = True
    amendment: Handle
    by: GivenName


@record
class AmendmentRefused(Event):
    """The amendment cannot hold as the run stands now, or somebody does not want it."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    amendment: Handle
    why: str
    by: GivenName = ""
    """Who does not want what an agent proposes; empty: it cannot hold. Since version 2."""


@record
class ConstraintAdded(Event):
    """A person says what holds from here on, whatever the goal and the steps say."""

    is_waited_for: ClassVar[bool] = True
    constraint: Constraint
    by: GivenName


@record
class ReplanWanted(StepEvent):
    """What a verified step came to makes it doubtful that the plan still holds."""

    is_decision: ClassVar[bool] = True
    rule: Handle
    """Which rule found it; see `surefoot.core.kernel.plan_watch`."""
    why: str
    affects: tuple[StepId, ...] = ()
    """The steps and groups to come that it concerns."""
    asks: bool = False
    """Whether they do not start until this is settled; else it is only reported."""
