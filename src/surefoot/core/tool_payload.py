"""Records that an agent hands to the runtime with a tool call.

The kernel acts on the type of the record, never on the name of the tool.
"""

from __future__ import annotations

from surefoot.core.agent_types import Claim, Note, Understanding
from surefoot.core.amendments import Operation
from surefoot.core.ids import BlobId
from surefoot.core.plan import Check, Plan, Prepare
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.record import record


@record
class PlanChange:
    """A change of the plan that an agent proposes."""

    text: str
    is_wrong: bool = False
    """Whether the plan is so wrong that work on it has to stop."""
    operations: tuple[Operation, ...] = ()
    """What is to change; none: the agent says so in words alone."""
    commands: tuple[PlanCommand, ...] = ()
    """What these would have run beside the bodies of steps, with what the texts of the commands tell."""


@record
class MadePlan:
    """A plan that a model made."""

    plan: Plan
    text: BlobId
    """The plan as a plan file."""


@record
class Understood:
    """What UNDERSTAND ends with."""

    understanding: Understanding
    prepare: Prepare | None = None
    """How a lane is made usable; None: nothing was found, or the user said it."""
    accept: tuple[Check, ...] = ()
    """What must hold for the goal to be reached, beside what the user asked for."""
    made: MadePlan | None = None
    """The plan, for goals so small that no planner is needed."""
    commands: tuple[PlanCommand, ...] = ()
    """What would run beside the bodies of steps from here on, with what the texts of the commands tell."""


@record
class Planned:
    """What PLAN ends with."""

    made: MadePlan
    commands: tuple[PlanCommand, ...] = ()
    """What the plan runs beside the bodies of its steps, with what the texts of the commands tell."""


@record
class ProposedAmendment:
    """What REPLAN ends with."""

    operations: tuple[Operation, ...] = ()
    """What changes in the plan; none: it stays."""
    why: str = ""
    """What changes in the plan and its order, and why; or why nothing does."""
    gives_up: bool = False
    """Whether no change of the plan reaches the goal."""
    commands: tuple[PlanCommand, ...] = ()
    """What it has run beside the bodies of steps, with what the texts of the commands tell."""


Payload = Note | PlanChange | Claim | Understood | Planned | ProposedAmendment
