"""The tool `propose`: a change of the plan, in words, or as operations that hold once somebody agrees."""

from __future__ import annotations

from surefoot.core.tool_payload import PlanChange
from surefoot.core.tool_table import PlanInForce
from surefoot.tools.amendment_output import operations_said
from surefoot.tools.argument_schema import Shape, flag, listed, record_of, text
from surefoot.tools.arguments import Arguments
from surefoot.tools.masks import place_of_secret
from surefoot.tools.planner_output import secret_at
from surefoot.tools.tool_context import Tool, ToolContext, ToolResult, failed, on_thread

_CHANGE: Shape = {
    "type": "object",
    "description": (
        "One of {add: STEP, before or after: ID}, {replace: STEP}, {drop: ID}, {move: ID, before or after: ID}, "
        "{goal: TEXT}, {scope: {write: [GLOB]}}, {limits: …}, {accept: [CHECK]}, {constraint: {text: TEXT, deny: "
        "[GLOB]}}. STEP: id; one of run, agent, ask, verify: true; needs, checks ([{run: COMMAND}]), writes, effect, "
        "why. `replace` repeats what stays."
    ),
}


def propose(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Propose a change of the plan."""
    assert isinstance(context.state, PlanInForce)
    said = f"{arguments.text('change').strip().removesuffix('.')}. Why: {arguments.text('why').strip()}"
    is_wrong, has_changes = arguments.flag("plan_is_wrong"), bool(arguments.objects("changes"))
    if is_wrong and has_changes:
        return failed(
            "`plan_is_wrong` stops all work, and `changes` are decided on while work goes on; send one of the two"
        )
    if is_wrong:
        stopped = "recorded; the plan is stopped, and so is your work on it"
        return ToolResult(ok=True, text=stopped, payload=PlanChange(text=said, is_wrong=True))
    if not has_changes:
        recorded = "the proposal is recorded; go on with your step"
        return ToolResult(ok=True, text=recorded, payload=PlanChange(text=said))
    if place := place_of_secret(arguments, context.mask):
        return failed(secret_at(place))
    found = operations_said(arguments, context.state)
    if isinstance(found, ToolResult):
        return found
    text = "the change is proposed; you are told what becomes of it. Go on with your step as it is until then"
    return ToolResult(ok=True, text=text, payload=PlanChange(text=said, operations=found))


TOOL = Tool(
    text=(
        "Propose a change of the plan where you found that it is wrong. `changes` hold once a person, or the planner, "
        "agrees; else they read your words. Go on with your step. No check may go."
    ),
    schema=record_of(
        {
            "change": text("What should be different in the plan."),
            "why": text("What you found that makes it so."),
            "changes": listed(_CHANGE, "The same, to be carried out in this order."),
            "plan_is_wrong": flag("Whether the plan is so wrong that all work on it has to stop at once."),
        },
        "change",
        "why",
    ),
    perform=on_thread(propose),
    summary=lambda arguments: arguments.text("change"),
)
