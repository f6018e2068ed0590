"""The tool `understood`: the end of UNDERSTAND."""

from __future__ import annotations

from surefoot.tools.argument_schema import listed, record_of, text, texts
from surefoot.tools.file_listing import PATH
from surefoot.tools.plan_shapes import CHECK, PREPARE, STEP
from surefoot.tools.planner_output import understood
from surefoot.tools.tool_context import Tool, on_thread

_SCHEMA = record_of(
    {
        "summary": text("What the goal asks for and how things stand, in a few sentences."),
        "requirements": texts("What the goal asks for, each thing in a sentence; the plan has a step for each."),
        "files": listed(
            record_of({"path": PATH, "learned": text("What you learned from it.")}, "path", "learned"),
            "The files that matter.",
        ),
        "scope": texts("Globs over all files the work may change; none: everything."),
        "accept": listed(CHECK, "What shows that the goal is reached: the existing tests, and what is not so yet."),
        "prepare": PREPARE,
        "risks": texts("What may go wrong."),
        "questions": texts("What you do not know and could not find out."),
        "steps": listed(STEP, "For a small goal only: the whole plan, in one or two steps without `needs`.", most=2),
    },
    "summary",
    "files",
    "scope",
    "accept",
)
TOOL = Tool(
    text=(
        "End your work: say what you found out. `accept` holds executable checks that show whether the goal is "
        "reached; prefer the project's own tests with expect: pass_to_pass, and what the goal asks for with expect: "
        "fail_to_pass. The checks the user gave hold anyway; do not repeat them. If the plan is obvious and has one "
        "or two steps, give them as `steps`."
    ),
    schema=_SCHEMA,
    perform=on_thread(understood),
    summary=lambda arguments: arguments.text("summary"),
)
