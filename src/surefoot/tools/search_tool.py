"""The tool `search`: lines that match a pattern."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Iterator
from itertools import groupby
from typing import cast

from surefoot.core.event_words import Absent
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import counted
from surefoot.threads import in_thread
from surefoot.tools.argument_schema import flag, record_of, text, whole
from surefoot.tools.arguments import Arguments
from surefoot.tools.file_listing import GIT, GLOB, asked, place_of, rooted
from surefoot.tools.lane_files import Refused
from surefoot.tools.pagination import capped, shortened
from surefoot.tools.tool_context import TEXT_BYTES_MAX, Tool, ToolContext, ToolResult, misused

MATCHES_MAX = 100
"""So many matches are shown, if the call does not say."""
_OUTPUT_MAX = 4_000_000
_GIT_ERROR = 128
_NO_PERL = regex(r"(?:perl|PCRE).*(?:not compiled|not supported|without)|cannot use Perl", re.IGNORECASE)


@record(kw_only=False)
class _Line:
    """A line that was found, or one beside it."""

    path: str
    number: int
    text: str
    is_match: bool


@record(kw_only=False)
class _Query:
    """What is searched for."""

    pattern: str
    is_literal: bool
    ignores_case: bool
    place: str
    glob: str
    around: int


async def search_files(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Show lines that match a pattern."""
    glob = arguments.text("glob")
    query = _Query(
        pattern=arguments.text("pattern"),
        is_literal=arguments.flag("literal"),
        ignores_case=arguments.flag("ignore_case"),
        place=place_of(context, arguments.text("path")),
        glob=rooted(glob) if glob else "",
        around=arguments.number("context", 0),
    )
    if "\n" in query.pattern or "\0" in query.pattern:
        return misused(
            "the pattern spans lines, but lines are matched one by one; search for a part that is on one line"
        )
    found, is_cut = await _found(query, context)
    if not found:
        where = "" if query.place == "." else f" below {query.place}"
        fits = f" in files that fit {glob}" if glob else ""
        return ToolResult(ok=True, text=f"nothing matches {query.pattern!r}{where}{fits}", absent=Absent.SOUGHT)
    return await in_thread(_matches_result, found, arguments.number("max", MATCHES_MAX), is_cut=is_cut)


async def _found(query: _Query, context: ToolContext) -> tuple[list[_Line], bool]:
    """Ask ripgrep, then git with Perl's expressions, then git with POSIX's; the first that can answer does."""
    said = ""
    # With a glob, ripgrep looks into files that git ignores.
    program = None if query.glob else shutil.which("rg")
    ways = ([_ripgrep(query, program)] if program else []) + [_git(query, "-P"), _git(query, "-E")]
    for argv in ways:
        outcome, out = await asked(context, *argv, output_max=_OUTPUT_MAX)
        is_cut = len(out) >= _OUTPUT_MAX
        if outcome.exit_code in {0, 1} and outcome.started:
            read = _read_ripgrep if argv[0] == program else _read_git
            return await in_thread(list, read(out)), is_cut
        if outcome.timed_out:
            raise Refused("the search took too long; take a simpler pattern, or a `path` or `glob`", is_misuse=False)
        said = (out.decode("utf-8", "replace") or outcome.said).strip()[-600:]
        is_pattern_wrong = outcome.exit_code in {2, _GIT_ERROR} and not _NO_PERL.search(said)
        if is_pattern_wrong and argv[0] != program:
            break
    raise Refused(f"the search could not be made: {said}; correct the pattern, or set `literal`")


def _ripgrep(query: _Query, program: str) -> tuple[str, ...]:
    options = ["--json", "--no-config", "--hidden", "--glob=!.git", "--sort=path", f"--context={query.around}"]
    options += ["--fixed-strings"] if query.is_literal else []
    options += ["--ignore-case"] if query.ignores_case else []
    return (program, *options, f"--regexp={query.pattern}", "--", "." if query.place == "." else f"./{query.place}")


def _git(query: _Query, kind: str) -> tuple[str, ...]:
    options = ["-I", "-n", "-z", "--column", "--untracked", "--no-color", f"--context={query.around}"]
    options += ["--ignore-case"] if query.ignores_case else []
    options += ["--fixed-strings" if query.is_literal else kind]
    below = "" if query.place == "." else query.place
    specs = [f":(literal){below}"] if below else []
    if query.glob:
        # Two pathspecs mean either: a glob below a folder has to be one.
        is_below = below and query.glob.startswith("**/")
        folder = re.sub(r"([*?\[\\])", r"\\\1", below) + "/" if is_below else ""
        specs = [f":(glob){folder}{query.glob}"]
    return (*GIT, "grep", *options, "-e", query.pattern, "--", *specs)


def _read_ripgrep(out: bytes) -> Iterator[_Line]:
    for raw in out.splitlines():
        try:
            told = json.loads(raw)
        except ValueError:  # the last line, where the output was cut
            continue
        if told["type"] in {"match", "context"}:
            said = told["data"]
            path, text = _decoded(said["path"]).removeprefix("./"), _decoded(said["lines"]).rstrip("\r\n")
            yield _Line(path, cast("int", said["line_number"]), text, told["type"] == "match")


def _decoded(said: dict[str, str]) -> str:
    if "text" in said:
        return said["text"]
    return os.fsdecode(base64.b64decode(said["bytes"])).encode("utf-8", "replace").decode()


def _read_git(out: bytes) -> Iterator[_Line]:
    for raw in out.split(b"\n"):
        path, *rest = raw.split(b"\0")
        if len(rest) in {2, 3} and rest[0].isdigit():
            text = rest[-1].decode("utf-8", "replace").rstrip("\r")
            yield _Line(path.decode("utf-8", "replace"), int(rest[0]), text, len(rest) == 3)


def _matches_result(found: list[_Line], most: int, *, is_cut: bool) -> ToolResult:
    matching = [line for line in found if line.is_match]
    files = len({line.path for line in matching})
    last = matching[most - 1] if len(matching) > most else None
    wanted = found if last is None else found[: found.index(last) + 1]
    lines = list(_grouped(wanted))
    shown, left_out = capped(lines, TEXT_BYTES_MAX)
    of = "at least " if is_cut else ""
    head = f"{of}{counted(len(matching), 'match', 'matches')} in {counted(files, 'file')}"
    if last is not None or left_out or is_cut:
        shown.append("… not all are shown; take a narrower pattern, `path` or `glob`, or a higher `max`")
    whole = "\n".join([head, *_grouped(found)]) if last is not None or left_out else None
    return ToolResult(ok=True, text="\n".join([head, *shown]), whole=whole)


def _grouped(found: list[_Line]) -> Iterator[str]:
    for path, lines in groupby(found, lambda line: line.path):
        yield path
        before = 0
        for line in lines:
            if before and line.number > before + 1 and not line.is_match:
                yield "  --"
            before = line.number
            yield f"  {line.number}{':' if line.is_match else '-'} {shortened(line.text)}"


TOOL = Tool(
    text=(
        "Find lines that match a pattern in all files git does not ignore. Use it to find where something is defined"
        " or used. Gives matches by file with line numbers, and says how many more there are."
    ),
    schema=record_of(
        {
            "pattern": text("Regular expression, matched line by line."),
            "literal": flag("Take the pattern as plain text."),
            "ignore_case": flag("Take capital and small letters for the same."),
            "path": text("Folder or file to search; default: the root."),
            "glob": GLOB,
            "context": whole("So many lines round each match; default: 0.", 0, 5),
            "max": whole(f"So many matches at most; default: {MATCHES_MAX}.", 1, 500),
        },
        "pattern",
    ),
    perform=search_files,
)
