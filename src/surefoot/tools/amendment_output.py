"""A planner's words in `amend`, made into an amendment of the plan in force.

It is written as an amendment's file and read like any other. What a person alone may decide is refused here: no check
is dropped, but with the steps of a plan that was stopped, and neither scope nor limits nor constraints are changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from surefoot.core.amendments import Operation, ReplaceStep, amended, lost_checks, steps_of
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


def amend(arguments: Arguments, context: ToolContext) -> ToolResult:
    """End REPLAN with a change of the plan that can hold, or with none."""
    if place := place_of_secret(arguments, context.mask):
        return failed(secret_at(place))
    assert isinstance(context.state, PlanInForce)
    plan, why = context.state.plan, arguments.text("why")
    changes = [_said(one) for one in arguments.objects("changes")]
    if not changes:
        return _ended(ProposedAmendment(why=why, gives_up=arguments.flag("gives_up")))
    text = document_text({"amend": changes})
    try:
        operations = read_amendment(text, PLAN_NAME, plan).operations
    except PlanInvalid as error:
        return _refused(cast("tuple[str, ...]", error.facts["problems"]), text)
    operations = tuple(_with_held_back(plan, one) for one in operations)
    problems = tuple(_problems(plan, operations, may_drop=context.state.is_stopped))
    return _refused(problems, text) if problems else _ended(ProposedAmendment(operations=operations, why=why))


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


def _problems(plan: Plan, operations: Sequence[Operation], *, may_drop: bool) -> Iterator[str]:
    after, problems = amended(plan, operations)
    yield from problems
    yield from (f"step {step.id!r}: {flaw}" for step in steps_of(operations) for flaw in step_flaws(step))
    yield from (
        f"{'a check that is held back' if check.held_back else f'check {check.name!r}'} of step {step.id!r} would not "
        "be asked any more, which only a person may decide; let a step of the amended plan have it"
        for step, check in (() if may_drop else lost_checks(plan, after))
    )


def _refused(problems: Sequence[str], text: str) -> ToolResult:
    return failed(f"it cannot be taken like this; correct it and call the tool again:\n{quoted(problems, text)}")


def _ended(found: ProposedAmendment) -> ToolResult:
    said = "taken down; a person may be asked about it" if found.operations else "taken down; the plan stays"
    return ToolResult(ok=True, text=said, payload=found)
