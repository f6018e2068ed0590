"""The tool `plan`: the end of PLAN."""

from __future__ import annotations

from surefoot.core.short_text import counted
from surefoot.tools.argument_schema import listed, record_of, whole
from surefoot.tools.arguments import Arguments
from surefoot.tools.plan_shapes import SERVICES, STEP
from surefoot.tools.planner_output import plan
from surefoot.tools.tool_context import Tool, on_thread


def _summary(arguments: Arguments) -> str:
    steps = [one.text("id") for one in arguments.objects("steps")]
    return f"{counted(len(steps), 'step')}: {', '.join(steps)}"


TOOL = Tool(
    text=(
        "End your work: give the plan. Each step is small, has checks that prove it, and writes only what it names. "
        "Steps that do not need each other do not name each other in `needs`. Goal, acceptance checks, scope and "
        "preparation are known; do not repeat them. What is wrong comes back with its line."
    ),
    schema=record_of(
        {
            "steps": listed(STEP, "The steps.", least=1),
            "services": SERVICES,
            "parallel": whole("So many steps may run at once; default: 1.", 1, 16),
        },
        "steps",
    ),
    perform=on_thread(plan),
    summary=_summary,
)
