"""The tool `propose`: a change of the plan."""

from __future__ import annotations

from dataclasses import replace

from surefoot.core.tool_payload import PlanChange
from surefoot.tools.argument_schema import flag, record_of, text
from surefoot.tools.arguments import Arguments
from surefoot.tools.tool_context import Tool, ToolContext, ToolResult, on_thread


def propose(arguments: Arguments, _context: ToolContext) -> ToolResult:
    """Propose a change of the plan."""
    change = PlanChange(text=f"{arguments.text('change').strip()} Why: {arguments.text('why').strip()}")
    if arguments.flag("plan_is_wrong"):
        change = replace(change, is_wrong=True)
        return ToolResult(ok=True, text="recorded; the plan is stopped, and so is your work on it", payload=change)
    return ToolResult(ok=True, text="the proposal is recorded; go on with your step", payload=change)


TOOL = Tool(
    text=(
        "Propose a change of the plan where you found that it is wrong. It is recorded with its reason, and does not "
        "change your own step: go on with it."
    ),
    schema=record_of(
        {
            "change": text("What should be different in the plan."),
            "why": text("What you found that makes it so."),
            "plan_is_wrong": flag("Whether the plan is so wrong that all work on it has to stop at once."),
        },
        "change",
        "why",
    ),
    perform=on_thread(propose),
    summary=lambda arguments: arguments.text("change"),
)
