"""The tool `read`: lines of files, with their numbers."""

from __future__ import annotations

from dataclasses import replace

from surefoot.core.short_text import counted
from surefoot.threads import in_thread
from surefoot.tools.argument_schema import Shape, listed, record_of, whole
from surefoot.tools.arguments import Arguments
from surefoot.tools.file_listing import PATH, known_files, nearest
from surefoot.tools.lane_files import Held, LaneFiles, Missing, Refused, text_of
from surefoot.tools.pagination import LINES_MAX, lines_of, numbered, page_of
from surefoot.tools.tool_context import TEXT_BYTES_MAX, Tool, ToolContext, ToolResult

_LEAST_BYTES = 2_000


async def read_and_name(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Show lines of files; of those that are not there, name the nearest that are."""
    missing: list[Missing] = []
    result = await in_thread(read_files, arguments, context, missing)
    if not missing:
        return result
    known = await known_files(context)
    near = [(one.path, await in_thread(nearest, known, one.path)) for one in missing]
    lines = [f"for {path} there is {', '.join(paths)}" for path, paths in near if paths]
    return replace(result, text="\n\n".join([result.text, *lines]))


def read_files(arguments: Arguments, context: ToolContext, missing: list[Missing]) -> ToolResult:
    """Show lines of files, with their numbers; what is not there goes into `missing`, if other files are shown."""
    files = LaneFiles(context.root)
    wanted = (arguments, *arguments.objects("more"))
    parts: list[str] = []
    saw: dict[str, str] = {}
    refused: list[Refused] = []
    room = TEXT_BYTES_MAX
    for at, one in enumerate(wanted):
        try:
            held = files.read(one.text("path"))
            saw[held.path] = held.digest
            # Each of those to come has its share, so that none is left out.
            part = _shown(one, held, max(room // (len(wanted) - at), _LEAST_BYTES))
        except Refused as error:
            if len(wanted) == 1 and isinstance(error, Missing):
                raise
            refused.append(error)
            missing += [error] if isinstance(error, Missing) else []
            part = error.text
        room -= len(part.encode("utf-8", "replace"))
        parts.append(part)
    return ToolResult(
        ok=len(refused) < len(wanted),
        text="\n\n".join(parts),
        is_misuse=any(error.is_misuse for error in refused),
        saw=saw,
    )


def _shown(wanted: Arguments, held: Held, bytes_max: int) -> str:
    path, start, last = wanted.text("path"), wanted.number("start", 1), wanted.number_or_none("end")
    lines = lines_of(text_of(held.path, held.content))
    name = held.path if held.path == path else f"{held.path} (named as {path})"
    if not lines:
        return f"{name}: empty"
    if start > len(lines):
        return f"{name}: {counted(len(lines), 'line')}; line {start} is beyond its end"
    end = len(lines) if last is None else min(last, len(lines))
    if end < start:
        return f"{name}: {counted(len(lines), 'line')}; `end` ({last}) lies before `start` ({start})"
    page = page_of(lines, start, min(end - start + 1, LINES_MAX), bytes_max)
    crlf = ", line ends CRLF" if b"\r\n" in held.content else ""
    head = f"{name}: {counted(len(lines), 'line')}{crlf}, {page.start}-{page.end} shown"
    more = f"\n… go on with start: {page.end + 1}" if page.end < end else ""
    return f"{head}\n{numbered(page)}{more}"


def _summary(arguments: Arguments) -> str:
    said: list[str] = []
    for one in (arguments, *arguments.objects("more")):
        start, end = one.number_or_none("start"), one.number_or_none("end")
        lines = "" if start is None and end is None else f":{start or 1}-{'' if end is None else end}"
        said.append(one.text("path") + lines)
    return ", ".join(said)


_RANGE: dict[str, Shape] = {
    "path": PATH,
    "start": whole("First line, from 1.", 1),
    "end": whole("Last line.", 1),
}
TOOL = Tool(
    takes_names=True,
    text=(
        f"Read files, at most {LINES_MAX} lines of each at once. A file has to be read before it is written whole. "
        "Gives the lines with their numbers, and the range with which to go on."
    ),
    schema=record_of(
        {
            **_RANGE,
            "more": listed(record_of(_RANGE, "path"), "Further files, or ranges of files, to read at once.", most=20),
        },
        "path",
    ),
    basic=(
        "Read a file. Gives its lines with their numbers, which are no part of it. `start`: the first line.",
        record_of({key: _RANGE[key] for key in ("path", "start")}, "path"),
    ),
    perform=read_and_name,
    summary=_summary,
)
