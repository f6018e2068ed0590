"""The tool `note`: a fact to be kept in every later brief."""

from __future__ import annotations

from surefoot.core.agent_types import Note
from surefoot.tools.argument_schema import record_of, text
from surefoot.tools.arguments import Arguments
from surefoot.tools.tool_context import Tool, ToolContext, ToolResult, on_thread


def note(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Keep a fact."""
    kept = Note(text=arguments.text("text").strip(), by=context.step.id, call=context.call)
    return ToolResult(ok=True, text="noted", payload=kept)


TOOL = Tool(
    text=(
        "Keep a fact for all later steps: something you found out that is not seen from the code at once. It stays "
        "in every brief."
    ),
    schema=record_of({"text": text("One fact, in a sentence or two.")}, "text"),
    perform=on_thread(note),
    summary=lambda arguments: arguments.text("text"),
)
