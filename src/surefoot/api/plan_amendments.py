"""Amendments: what one would do to a run, and one that is proposed."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.api.home import Home
from surefoot.api.identity import current_user, refuse_steps
from surefoot.api.journal_append import say
from surefoot.core.agents import problems_of_agents
from surefoot.core.amendment_effects import changes_by
from surefoot.core.amendments import Operation, StepChange, amended, wideners_of
from surefoot.core.events import AmendmentProposed
from surefoot.core.ids import RunId
from surefoot.core.plan import Plan
from surefoot.core.record import record
from surefoot.core.service_use import problems_of_services
from surefoot.core.state import RunState


@record
class AmendmentPreview:
    """What an amendment would do."""

    before: Plan
    after: Plan
    problems: tuple[str, ...]
    """Why it cannot hold."""
    changes: tuple[StepChange, ...]
    """What becomes of each step, in the order of the amended plan."""
    wideners: tuple[str, ...]
    """In which ways it allows more, or proves less, than the plan in force."""


def preview(state: RunState, operations: Sequence[Operation]) -> AmendmentPreview:
    """Return what an amendment would do to a run as it stands."""
    plan, problems = amended(state.plan, operations)
    if not problems:
        found = (*problems_of_services(plan), *problems_of_agents(plan))
        problems = tuple(f"step {one.step!r}: {one.text}" for one in found)
    return AmendmentPreview(
        before=state.plan,
        after=plan,
        problems=problems,
        changes=() if problems else changes_by(state, plan),
        wideners=wideners_of(state.plan, plan),
    )


def amend(home: Home, run: RunId, operations: Sequence[Operation], *, why: str = "", by: str = "") -> RunState:
    """Change the plan of a run; the engine at work, or else the next one, brings it about.

    What runs and is to change is broken off and put back first; what stays is not disturbed.

    Raises:
        UsageError: the amendment cannot hold as the run stands.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("change the plan of a run", home)

    event = AmendmentProposed(
        at=home.clock.now(),
        amendment=home.program.random_text(8),
        operations=tuple(operations),
        why=why,
        by=by or current_user(),
    )
    return say(home, run, lambda _: [event])
