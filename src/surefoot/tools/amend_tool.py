"""The tool `amend`: the end of REPLAN, with a change of the plan in force, or none."""

from __future__ import annotations

from surefoot.core.short_text import counted
from surefoot.tools.amendment_output import amend
from surefoot.tools.argument_schema import flag, listed, record_of, text
from surefoot.tools.arguments import Arguments
from surefoot.tools.plan_shapes import STEP
from surefoot.tools.tool_context import Tool, on_thread

_CHANGE = record_of(
    {
        "add": {**STEP, "description": "A step that is added."},
        "replace": {"type": "object", "description": "A step as in `add`, in the place of the one with its id."},
        "drop": text("The id of a step that is not done any more."),
        "move": text("The id of a step that is taken up earlier or later."),
        "before": text("Beside `add` and `move`: the step that it is taken up before."),
        "after": text("Beside `add` and `move`: the step that it is taken up after."),
    },
    said="One change: exactly one of add, replace, drop, move.",
)


def _summary(arguments: Arguments) -> str:
    changes = arguments.objects("changes")
    return counted(len(changes), "change") if changes else "the plan stays"


TOOL = Tool(
    text=(
        "End your work: say what changes in the plan, and what that means for the order of the steps. No changes: the "
        "plan stays as it is. What is done and not named is not done again. What is wrong comes back with its line."
    ),
    schema=record_of(
        {
            "why": text("What changes in the plan and its order, and why; if nothing does, why not. People read it."),
            "changes": listed(_CHANGE, "What changes, in this order; none: the plan stays."),
            "gives_up": flag("Whether the goal cannot be reached by any change of the plan; `why` says why."),
        },
        "why",
    ),
    perform=on_thread(amend),
    summary=_summary,
)
