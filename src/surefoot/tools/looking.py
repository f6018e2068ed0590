"""The tools `list` and `read`.

Owns how folders and files are shown. Must never show what lies outside the lane. Read `surefoot.tools.searching` next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from surefoot.threads import in_thread
from surefoot.tools import given
from surefoot.tools.desk import TEXT_BYTES_MAX, Desk, ToolResult, failed
from surefoot.tools.files import Held, LaneFiles, Missing, Refused, text_of
from surefoot.tools.given import Arguments
from surefoot.tools.known_files import Known, fitting, known_files, place_of
from surefoot.tools.pages import capped, lines_of, numbered, page_of, size_said
from surefoot.tools.specs import LINES_MAX

_DEPTH = 2
_LEAST_BYTES = 2_000
_OTHERS_MAX = 8
"""Where nothing fits, so many of the files that are there are named."""


async def list_files(arguments: Arguments, desk: Desk) -> ToolResult:
    """Show folders and files git does not ignore."""
    place, glob = place_of(desk, given.text(arguments, "path")), given.text(arguments, "glob")
    return await in_thread(_list, await known_files(desk, place), place, glob, given.number(arguments, "depth", _DEPTH))


def _list(known: Sequence[Known], place: str, glob: str, depth: int) -> ToolResult:
    files = fitting(known, glob)
    if not files:
        fits = f" that fits {glob}" if glob else ""
        others = [file.path for file in known[:_OTHERS_MAX]]
        there = f"; there is {', '.join(others)}" if others else ""
        return failed(f"there is no file{fits} below {place}; what git ignores is not listed{there}")
    lines = list(_listed(files, place, depth))
    shown, left_out = capped(lines, TEXT_BYTES_MAX)
    more = [f"… and {left_out} more lines; look into one folder with `path`, or give a `glob`"] if left_out else []
    head = f"{place}: {len(files)} files, {size_said(sum(file.size for file in files))}"
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
            yield f"{folder}/  {inside[folder]} files"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A range of lines of a file."""

    path: str
    start: int
    end: int | None


async def read_files(arguments: Arguments, desk: Desk) -> ToolResult:
    """Show lines of files, with their numbers."""
    wanted = [_wanted(one) for one in (arguments, *given.objects(arguments, "more"))]
    return await in_thread(_read, wanted, LaneFiles(desk.root))


def _wanted(arguments: Arguments) -> _Wanted:
    start = given.number(arguments, "start", 1)
    return _Wanted(given.text(arguments, "path"), start, given.number_or_none(arguments, "end"))


def _read(wanted: Sequence[_Wanted], files: LaneFiles) -> ToolResult:
    parts: list[str] = []
    saw: dict[str, str] = {}
    refused: list[Refused] = []
    room = TEXT_BYTES_MAX
    for at, one in enumerate(wanted):
        try:
            held = files.read(one.path)
            saw[held.path] = held.digest
            # Each of those to come has its share, so that none is left out.
            part = _shown(one, held, max(room // (len(wanted) - at), _LEAST_BYTES))
        except Refused as error:
            if len(wanted) == 1 and isinstance(error, Missing):
                raise
            refused.append(error)
            part = error.text
        room -= len(part.encode("utf-8", "replace"))
        parts.append(part)
    return ToolResult(
        ok=len(refused) < len(wanted),
        text="\n\n".join(parts),
        is_misuse=any(error.is_misuse for error in refused),
        saw=saw,
    )


def _shown(wanted: _Wanted, held: Held, bytes_max: int) -> str:
    lines = lines_of(text_of(held.path, held.content))
    name = held.path if held.path == wanted.path else f"{held.path} (named as {wanted.path})"
    if not lines:
        return f"{name}: empty"
    if wanted.start > len(lines):
        return f"{name}: {len(lines)} lines; line {wanted.start} is beyond its end"
    end = len(lines) if wanted.end is None else min(wanted.end, len(lines))
    if end < wanted.start:
        return f"{name}: {len(lines)} lines; `end` ({wanted.end}) lies before `start` ({wanted.start})"
    page = page_of(lines, wanted.start, min(end - wanted.start + 1, LINES_MAX), bytes_max)
    crlf = ", line ends CRLF" if b"\r\n" in held.content else ""
    head = f"{name}: {len(lines)} lines{crlf}, {page.start}-{page.end} shown"
    more = f"\n… go on with start: {page.end + 1}" if page.end < end else ""
    return f"{head}\n{numbered(page)}{more}"
