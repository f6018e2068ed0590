"""The tool `list`: folders and files, with their sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from surefoot.core.event_words import Absent
from surefoot.core.short_text import counted
from surefoot.threads import in_thread
from surefoot.tools.argument_schema import record_of, text, whole
from surefoot.tools.arguments import Arguments
from surefoot.tools.file_listing import GLOB, Known, fitting, known_files, place_of
from surefoot.tools.pagination import capped, size_said
from surefoot.tools.tool_context import TEXT_BYTES_MAX, Tool, ToolContext, ToolResult

_DEPTH = 2
_OTHERS_MAX = 8
"""Where nothing fits, so many of the files that are there are named."""


async def list_files(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Show folders and files git does not ignore."""
    place, glob = place_of(context, arguments.text("path")), arguments.text("glob")
    return await in_thread(_list, await known_files(context, place), place, glob, arguments.number("depth", _DEPTH))


def _list(known: Sequence[Known], place: str, glob: str, depth: int) -> ToolResult:
    files = fitting(known, glob)
    if not files:
        fits = f" that fits {glob}" if glob else ""
        others = [file.path for file in known[:_OTHERS_MAX]]
        there = f"; there is {', '.join(others)}" if others else ""
        text = f"there is no file{fits} below {place}; what git ignores is not listed{there}"
        return ToolResult(ok=False, text=text, absent=Absent.SOUGHT)
    lines = list(_listed(files, place, depth))
    shown, left_out = capped(lines, TEXT_BYTES_MAX)
    more = [f"… and {left_out} more lines; look into one folder with `path`, or give a `glob`"] if left_out else []
    head = f"{place}: {counted(len(files), 'file')}, {size_said(sum(file.size for file in files))}"
    whole = "\n".join([head, *lines]) if left_out else None
    return ToolResult(ok=True, text="\n".join([head, *shown, *more]), whole=whole)


def _listed(files: Sequence[Known], place: str, depth: int) -> Iterator[str]:
    """Yield a line for each file as deep as that, and one for each folder at the lowest depth."""
    skipped = 0 if place == "." else place.count("/") + 1
    inside: Counter[str] = Counter()
    for file in files:
        parts = file.path.split("/")
        if len(parts) - skipped > depth:
            inside["/".join(parts[: skipped + depth])] += 1
    told: set[str] = set()
    for file in files:
        parts = file.path.split("/")
        folder = "/".join(parts[: skipped + depth])
        if len(parts) - skipped <= depth:
            yield f"{file.path}  {'link' if file.is_link else size_said(file.size)}"
        elif folder not in told:
            told.add(folder)
            yield f"{folder}/  {counted(inside[folder], 'file')}"


TOOL = Tool(
    text=(
        "Show folders and files, with sizes, without what git ignores. Use it first, to see what there is. Gives a "
        "line a file; deeper folders are counted."
    ),
    schema=record_of(
        {
            "path": text("Folder to begin in; default: the root."),
            "depth": whole(f"How many folders deep; default: {_DEPTH}.", 1, 20),
            "glob": GLOB,
        }
    ),
    perform=list_files,
)
