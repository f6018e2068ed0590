"""The tool `ask`: a question to a person."""

from __future__ import annotations

from surefoot.tools.argument_schema import record_of, text, texts
from surefoot.tools.arguments import Arguments
from surefoot.tools.tool_context import Tool, ToolContext, ToolResult, failed, on_thread


def ask(_arguments: Arguments, _context: ToolContext) -> ToolResult:
    """Say that nobody was asked: where a person can be, the runtime asks before it comes here."""
    return failed("nobody could be asked; go on as well as you can, and say in the end what you are not sure of")


TOOL = Tool(
    text=(
        "Ask a person, if something only a person can decide keeps you from going on. Do not ask for permission: "
        "that is asked for by itself."
    ),
    schema=record_of(
        {
            "question": text("The question, with all that is needed to answer it."),
            "options": texts("The answers to choose from; none: any text."),
        },
        "question",
    ),
    perform=on_thread(ask),
    summary=lambda arguments: arguments.text("question"),
    question="question",
    options="options",
)
