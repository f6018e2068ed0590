"""The tool `recall`: stored texts, page by page; never the output of a held-back check."""

from __future__ import annotations

from difflib import get_close_matches

from surefoot.core.short_text import counted
from surefoot.core.tool_table import StoredTexts
from surefoot.tools.argument_schema import record_of, text, whole
from surefoot.tools.arguments import Arguments
from surefoot.tools.lane_files import Refused
from surefoot.tools.pagination import LINES_MAX, lines_of, page_of
from surefoot.tools.tool_context import TEXT_BYTES_MAX, Tool, ToolContext, ToolResult, failed, on_thread

_NAMED_MAX = 20
_PIECE = 480
"""Long lines are broken into pieces of so many characters, so that nothing of them is lost."""


def recall(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Bring back a page of something that stands in the brief as a stub."""
    assert isinstance(context.state, StoredTexts)
    stored = context.state
    name = arguments.text("reference").strip()
    blob = stored.texts.get(name)
    if blob is None:
        known = [key for key, kept in stored.texts.items() if kept not in stored.hidden]
        near, last = get_close_matches(name, known, 3, 0.5), ", ".join(known[-_NAMED_MAX:])
        hint = f"kept are: {last}" if last else "nothing is kept yet"
        if near:
            hint = f"did you mean {' or '.join(near)}?"
        raise Refused(f"nothing is kept as {name!r}; {hint}")
    if blob in stored.hidden:
        raise Refused(f"{name} is what a check said that is held back; it is not shown")
    start = arguments.number("start", 1)
    lines = [
        line[at : at + _PIECE]
        for line in lines_of(context.commands.load(blob).decode("utf-8", "replace"))
        for at in range(0, max(len(line), 1), _PIECE)
    ]
    if not lines:
        return ToolResult(ok=True, text=f"{name}: empty")
    if start > len(lines):
        return failed(f"{name} has {counted(len(lines), 'line')}; line {start} is beyond its end")
    page = page_of(lines, start, arguments.number("lines", LINES_MAX), TEXT_BYTES_MAX)
    more = f"\n… go on with start: {page.end + 1}" if page.end < page.total else ""
    body = "\n".join(page.lines)
    return ToolResult(
        ok=True, text=f"{name}: {counted(page.total, 'line')}, {page.start}-{page.end} shown\n{body}{more}"
    )


TOOL = Tool(
    text=(
        "Bring back in full what stands as a stub in your brief: earlier outputs, evidence of checks. Gives a page, "
        "and how to go on."
    ),
    schema=record_of(
        {
            "reference": text("As the stub names it."),
            "start": whole("First line, from 1.", 1),
            "lines": whole(f"How many; default: {LINES_MAX}.", 1, LINES_MAX),
        },
        "reference",
    ),
    perform=on_thread(recall),
)
