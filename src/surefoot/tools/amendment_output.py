"""An agent's words in `amend` and `propose`, made into an amendment of the plan in force.

It is written as an amendment's file and read like any other. What a person alone may decide is refused here: no check
is dropped, but with the steps of a plan that was stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from surefoot.core.amendments import (
    DropAccept,
    DropConstraint,
    Operation,
    ReplaceStep,
    amended,
    is_same_work,
    lost_checks,
    steps_of,
)
from surefoot.core.plan import Plan
from surefoot.core.tool_payload import ProposedAmendment
from surefoot.core.tool_table import PlanInForce
from surefoot.errors import PlanInvalid
from surefoot.planfile.amendment_reader import read_amendment
from surefoot.planfile.plan_writer import document_text
from surefoot.tools.arguments import Arguments
from surefoot.tools.document import PLAN_NAME, quoted
from surefoot.tools.masks import place_of_secret
from surefoot.tools.planner_output import secret_at, step_flaws, step_said
from surefoot.tools.tool_context import ToolContext, ToolResult, failed

_PERSONS = DropAccept | DropConstraint


def amend(arguments: Arguments, context: ToolContext) -> ToolResult:
    """End REPLAN with a change of the plan that can hold, or with none."""
    if place := place_of_secret(arguments, context.mask):
        return failed(secret_at(place))
    assert isinstance(context.state, PlanInForce)
    why = arguments.text("why")
    if not arguments.objects("changes"):
        return _ended(ProposedAmendment(why=why, gives_up=arguments.flag("gives_up")))
    found = operations_said(arguments, context.state)
    return found if isinstance(found, ToolResult) else _ended(ProposedAmendment(operations=found, why=why))


def operations_said(arguments: Arguments, state: PlanInForce) -> tuple[Operation, ...] | ToolResult:
    """Return what an agent wants changed, or what is wrong with it, each flaw with its place."""
    text = document_text({"amend": [_said(one) for one in arguments.objects("changes")]})
    try:
        operations = read_amendment(text, PLAN_NAME, state.plan).operations
    except PlanInvalid as error:
        return _refused(cast("tuple[str, ...]", error.facts["problems"]), text)
    operations = tuple(_with_held_back(state.plan, one) for one in operations)
    problems = tuple(_problems(state, operations))
    return _refused(problems, text) if problems else operations


def _said(change: Arguments) -> dict[str, object]:
    said = {key: value for key, value in change.items() if value is not None}
    for key in ("add", "replace"):
        step = change.table(key)
        if step is not None:
            said[key] = step_said(step)
    return said


def _with_held_back(plan: Plan, operation: Operation) -> Operation:
    """Return a replacement with the checks of the step that no agent is told of."""
    if not isinstance(operation, ReplaceStep):
        return operation
    held_back = (check for step in plan.steps if step.id == operation.step for check in step.checks if check.held_back)
    return replace(operation, by=replace(operation.by, checks=(*operation.by.checks, *held_back)))


def _problems(state: PlanInForce, operations: Sequence[Operation]) -> Iterator[str]:
    plan = state.plan
    after, problems = amended(plan, operations)
    yield from problems
    yield from (f"step {step.id!r}: {flaw}" for step in steps_of(operations) for flaw in step_flaws(step))
    yield from (
        f"{'a check that is held back' if check.held_back else f'check {check.name!r}'} of step {step.id!r} would not "
        "be asked any more, which only a person may decide; let a step of the amended plan have it"
        for step, check in (() if state.is_stopped else lost_checks(plan, after))
    )
    yield from (
        f"operation {number}: an acceptance check or a constraint is dropped, which only a person may decide"
        for number, one in enumerate(operations, start=1)
        if isinstance(one, _PERSONS)
    )
    yield from _fixed(state, after)
    yield from (f"this was proposed before, and refused by {why}" for one, why in state.refused if one == operations)


def _fixed(state: PlanInForce, after: Plan) -> Iterator[str]:
    """Yield the steps that would change, and stand so that they cannot."""
    before, steps = {step.id: step for step in state.plan.steps}, {step.id: step for step in after.steps}
    for name, (why_edited, why_dropped) in state.fixed.items():
        if name not in steps:
            yield from (f"step {name!r} cannot be dropped: {why_dropped}",) if why_dropped else ()
        elif why_edited and not is_same_work(before[name], steps[name]):
            yield f"step {name!r} cannot be changed: {why_edited}"


def _refused(problems: Sequence[str], text: str) -> ToolResult:
    return failed(f"it cannot be taken like this; correct it and call the tool again:\n{quoted(problems, text)}")


def _ended(found: ProposedAmendment) -> ToolResult:
    said = "taken down; a person may be asked about it" if found.operations else "taken down; the plan stays"
    return ToolResult(ok=True, text=said, payload=found)
