"""Changes of the plan that agents propose at work, as operations: who decides on each, and what stands against one.

The planner decides on steps, where there is one. A person decides on the rest, and on everything that allows more.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.amendment_effects import AmendmentEffects, fixed_steps
from surefoot.core.amendment_state import AmendmentState
from surefoot.core.amendments import AddStep, DropStep, MoveStep, ReplaceStep, lost_checks
from surefoot.core.messages import REPLANS_MAX, has_planner
from surefoot.core.state import RunState
from surefoot.core.step_state import FINAL
from surefoot.core.system_steps import REPLANNING
from surefoot.core.tool_table import PlanInForce

_OF_STEPS = AddStep | DropStep | ReplaceStep | MoveStep


def open_changes(state: RunState) -> list[AmendmentState]:
    """Return what agents propose and nobody has decided on yet."""
    return [one for one in state.amendments.values() if one.waits_for_consent]


def changes_for_planner(state: RunState) -> list[AmendmentState]:
    """Return the changes that the planner is to be asked about."""
    if not has_planner(state) or state.replans >= REPLANS_MAX:
        return []
    return [one for one in open_changes(state) if not one.is_with_planner and not _is_for_person(one)]


def change_to_decide_on(state: RunState) -> AmendmentState | None:
    """Return the change that a person has to decide on next."""
    if not (proposed := open_changes(state)):
        return None
    node = state.nodes.get(REPLANNING)
    is_asked = node is not None and node.status not in FINAL
    planners = [one.proposed.amendment for one in changes_for_planner(state)]
    found = (one for one in proposed if one.proposed.amendment not in planners)
    return next((one for one in found if not (one.is_with_planner and is_asked)), None)


def _is_for_person(wanted: AmendmentState) -> bool:
    """Tell whether the planner may not decide on it: it allows more, or is about more than steps."""
    return bool(wanted.wideners) or not all(isinstance(one, _OF_STEPS) for one in wanted.proposed.operations)


def plan_in_force(state: RunState) -> PlanInForce:
    """Return what a tool needs that takes changes of the plan."""
    answered = [one for one in state.amendments.values() if one.proposed.asks and one.refused_by]
    refused = tuple((one.proposed.operations, f"{one.refused_by}: {one.refused}") for one in answered)
    fixed = fixed_steps(state)
    return PlanInForce(plan=state.plan, is_stopped=state.stop is not None, fixed=fixed, refused=refused)


def objections_to(state: RunState, wanted: AmendmentState, found: AmendmentEffects) -> tuple[str, ...]:
    """Return why a change cannot hold as the run stands; an agent drops no check, whoever agrees."""
    lost = lost_checks(state.plan, found.plan) if wanted.proposed.asks and not found.problems else ()
    names = ("a check that is held back" if check.held_back else f"check {check.name!r}" for _, check in lost)
    dropped = (
        f"{name} of step {step.id!r} would not be asked any more" for name, (step, _) in zip(names, lost, strict=True)
    )
    objections = told_agents(found) if wanted.proposed.asks else found.objections
    return (*objections, *dropped)


def told_agents(found: AmendmentEffects) -> Iterator[str]:
    """Yield why a change cannot hold, without a word of checks that agents are not told of."""
    checks = (*found.plan.accept, *(check for step in found.plan.steps for check in step.checks))
    hidden = [check.name for check in checks if check.held_back]
    for text in found.objections:
        is_hidden = any(name in text for name in hidden)
        yield "the plan would not be whole with a check that agents are not told of" if is_hidden else text
