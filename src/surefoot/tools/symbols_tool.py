"""The tool `symbols`: where a name is defined and used.

Python is read by its own parser, other languages by the look of a line. Nothing that is read is run.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from difflib import get_close_matches
from pathlib import PurePosixPath

from surefoot.core.globs import literal, matches
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import counted
from surefoot.threads import in_thread
from surefoot.tools.argument_schema import record_of, text
from surefoot.tools.arguments import Arguments
from surefoot.tools.file_listing import GIT, asked, known_files, place_of, rooted
from surefoot.tools.lane_files import LaneFiles, Missing, Refused
from surefoot.tools.languages import DEFINITIONS, LINE_MAX, PARSED_MAX, language_of
from surefoot.tools.pagination import capped, lines_of, shortened
from surefoot.tools.tool_context import TEXT_BYTES_MAX, Tool, ToolContext, ToolResult, failed, misused, not_there

_DEFINITIONS_MAX, _USES_MAX = 40, 80
"""So many of each are shown at once."""
_BYTES_MAX = 10_000_000
"""No more bytes of files are looked through: that takes about ten seconds at worst."""
_NEAREST_MAX, _COMPARED_MAX = 3, 20_000
_IDENTIFIER = regex(r"[^\W\d][\w$]*|\$[\w$]*")
_NO_CODE = frozenset({"", "markdown", "toml"})
"""Languages in which nothing has a definition."""
_WORDS = (
    "class|interface|enum|record|struct|object|trait|namespace|union|protocol|extension|actor|module|mod|macro_rules!"
)
_NAMED = rf"\b(?P<word>{_WORDS}|type|typealias|function\*?|func|fun|fn|def)\s+(?:\([^)]*\)\s*)?[&*]?"
_MADE = (
    r"\s*(?:(?:export|pub(?:\([^)]*\))?|public|private|protected|internal|static|final|readonly|declare)\s+)*"
    r"(?P<word>const|let|var|val|static)\s+(?:mut\s+)?"
)


@record(kw_only=False)
class _Place:
    """A line on which the name stands."""

    path: str
    line: int
    text: str
    kind: str
    """What is defined there; empty: nothing, the name is used."""
    scope: tuple[str, ...] = ()
    """For definitions: the parts of the module and of what encloses it."""


@record(frozen=False, kw_only=False)
class _Findings:
    """All that is known of a name."""

    definitions: list[_Place] = field(default_factory=list[_Place])
    uses: list[_Place] = field(default_factory=list[_Place])
    beside: int = 0
    """Lines that name it in comments and texts only."""
    left_out: int = 0
    """Files that hold the name and were not looked through."""
    elsewhere: int = 0
    """Uses in files that do not name what stands before the last dot."""


async def find_symbols(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Show the definitions of a name, then its uses."""
    wanted = arguments.text("name").strip()
    *rest, name = wanted.split(".")
    if not all(_IDENTIFIER.fullmatch(part) for part in (*rest, name)):
        return misused(f"{wanted!r} is no name; give one identifier, or several with dots between; else use `search`")
    globs = _globs(arguments.text("path"), context)
    outcome, out = await asked(context, *GIT, "grep", "-I", "-l", "-z", "-w", "-F", "--untracked", "-e", name)
    if outcome.timed_out:
        return failed("the search took too long; give a `path`, or use `search` with a `glob`")
    if outcome.exit_code not in {0, 1}:
        return failed(f"git could not search ({outcome.said}): {outcome.tail.strip()}")
    paths = sorted(path for path in map(os.fsdecode, out.split(b"\0")) if path and matches(path, globs))
    found = await in_thread(_look, paths, LaneFiles(context.root), name, rest)
    if found.definitions or found.uses or found.beside or found.left_out:
        return await in_thread(_symbols_result, wanted, found)
    files = [file.path for file in await known_files(context) if not file.is_link and matches(file.path, globs)]
    if not files:
        raise Missing(arguments.text("path"))
    near = await in_thread(_nearest, files, LaneFiles(context.root), name)
    there = f"; there is {', '.join(near)}" if near else ""
    return not_there(f"nothing is called {name!r}{there}")


def _globs(path: str, context: ToolContext) -> tuple[str, ...]:
    """Return what a path of a call means: a glob, a file, or all below a folder."""
    if re.search(r"[*?\[]", path):
        return (rooted(path),)
    place = place_of(context, path)
    inside = "**" if place == "." else f"{literal(place)}/**"
    return (inside,) if LaneFiles(context.root).is_folder(place) else (literal(place),)


def _look(paths: Sequence[str], files: LaneFiles, name: str, rest: Sequence[str]) -> _Findings:
    found, room = _Findings(), _BYTES_MAX
    for path in paths:
        try:
            content = files.read(path).content if room > 0 else b""
        except Refused:  # too big, or no file by now
            content = b""
        room -= len(content)
        if not content or room < 0:
            found.left_out += 1
            continue
        _look_into(path, content.decode("utf-8", "replace"), name, rest, found)
    fitting_rest = [one for one in found.definitions if one.scope[len(one.scope) - len(rest) :] == tuple(rest)]
    if rest and fitting_rest:
        found.definitions = fitting_rest
    found.definitions.sort(key=lambda one: (one.kind == "import", one.path, one.line))
    return found


def _look_into(path: str, text: str, name: str, rest: Sequence[str], found: _Findings) -> None:
    """Add the places of one file."""
    language, lines = language_of(path), lines_of(text)
    # A package has the name of its folder.
    parts = PurePosixPath(path).with_suffix("").parts
    module = parts[:-1] if parts[-1] == "__init__" else parts
    word = _word(name, language)
    standing = {number for number, line in enumerate(lines, 1) if word.search(line)}
    kinds = _python_kinds(text, name, module) if language == "python" else None
    if kinds is None:
        kinds = {number: (_kind_by_look(lines[number - 1], language, word), module) for number in standing}
    places = [_Place(path, number, lines[number - 1].strip(), *kinds[number]) for number in sorted(standing & {*kinds})]
    found.beside += len(standing) - len(places)
    found.definitions += (one for one in places if one.kind)
    uses = [one for one in places if not one.kind]
    if not rest or rest[-1] in module or _word(rest[-1], language).search(text):
        found.uses += uses
    else:
        found.elsewhere += len(uses)


def _word(name: str, language: str) -> re.Pattern[str]:
    letters = r"\w$" if language == "script" else r"\w"
    return re.compile(rf"(?<![{letters}]){re.escape(name)}(?![{letters}])")


# --- by the look of a line


def _kind_by_look(line: str, language: str, word: re.Pattern[str]) -> str:
    """Return what a line defines under the name; empty where the line only uses the name."""
    if language in _NO_CODE or len(line) > LINE_MAX:
        return ""
    if re.match(rf"{_MADE}(?:[\w<>\[\]:.]+\s+)?{word.pattern}\s*[:=]", line):
        return "variable"
    if not re.match(DEFINITIONS[language], line):
        return ""
    named = re.search(_NAMED + word.pattern, line)
    if named is not None:
        return "function" if named["word"].startswith(("f", "def")) else named["word"].removesuffix("!")
    before, is_called, _ = line.partition("(")
    if is_called and re.search(rf"{word.pattern}\s*$", before):
        return "function"
    return "target" if language == "make" and word.search(line.partition(":")[0]) else ""


# --- Python


def _python_kinds(text: str, name: str, module: tuple[str, ...]) -> dict[int, tuple[str, tuple[str, ...]]] | None:
    """Return what stands in each line where the name does: its kind, or nothing for a use, and its scope.

    None: the file cannot be parsed.
    """
    if len(text) > PARSED_MAX:
        return None
    kinds: dict[int, tuple[str, tuple[str, ...]]] = {}
    try:
        for line, kind, scope in _in_python(ast.parse(text), name, module, None):
            if kind or line not in kinds:
                kinds[line] = kind, scope
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return kinds


def _in_python(
    tree: ast.AST, name: str, scope: tuple[str, ...], outer: ast.AST | None
) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield each line below a part of a program on which the name stands; `outer` is the class or function round it."""
    for one in ast.iter_child_nodes(tree):
        own = scope
        for line, kind in _kinds_of(one, name, tree, outer):
            # What a method gives to `self` belongs to the class.
            yield line, kind, scope[:-1] if kind == "attribute" and isinstance(one, ast.Attribute) else scope
        inside = outer
        if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            own, inside = (*scope, one.name), one
        yield from _in_python(one, name, own, inside)


def _kind_of_name(one: ast.Name | ast.Attribute, parent: ast.AST, outer: ast.AST | None) -> str:
    """Return what a name stands for that is given a value; empty for a use, and for a part of another object."""
    if not isinstance(one.ctx, ast.Store) or isinstance(parent, ast.AugAssign):
        return ""
    if isinstance(one, ast.Attribute):
        return "attribute" if isinstance(one.value, ast.Name) and one.value.id == "self" else ""
    if one.id.isupper():
        return "constant"
    return "attribute" if isinstance(outer, ast.ClassDef) else "variable"


def _kinds_of(one: ast.AST, name: str, parent: ast.AST, outer: ast.AST | None) -> Iterator[tuple[int, str]]:
    """Yield the line and the kind, where a part of a program has the name itself."""
    match one:
        case ast.ClassDef() if one.name == name:
            yield one.lineno, "class"
        case ast.FunctionDef() | ast.AsyncFunctionDef() if one.name == name:
            yield one.lineno, "method" if isinstance(outer, ast.ClassDef) else "function"
        case ast.alias():
            bound = one.asname or one.name.partition(".")[0]
            if name in (bound, *one.name.split(".")):
                yield one.lineno, "import" if bound == name else ""
        case ast.ImportFrom(module=str(module)) if name in module.split("."):
            yield one.lineno, ""
        case ast.Name(id=said) | ast.Attribute(attr=said) if said == name:
            yield one.end_lineno or one.lineno, _kind_of_name(one, parent, outer)
        case ast.arg(arg=said) | ast.keyword(arg=said) if said == name:
            yield one.lineno, ""
        case ast.ExceptHandler(name=said) | ast.MatchAs(name=said) | ast.MatchStar(name=said) if said == name:
            yield one.lineno, "variable"
        case ast.Global() | ast.Nonlocal() if name in one.names:
            yield one.lineno, ""
        case _:
            pass


# --- what is told


def _symbols_result(wanted: str, found: _Findings) -> ToolResult:
    uses = sorted(found.uses, key=lambda one: (language_of(one.path) in _NO_CODE, one.path, one.line))
    files = len({one.path for one in uses})
    head = f"{wanted}: {counted(len(found.definitions), 'definition')}, {counted(len(uses), 'use')}"
    head += f" in {counted(files, 'file')}" if uses else ""
    defined = [f"  {one.path}:{one.line}  {one.kind}  {shortened(one.text)}" for one in found.definitions]
    used = [f"  {one.path}:{one.line}: {shortened(one.text)}" for one in uses]
    rest: list[str] = []
    if found.elsewhere:
        near = wanted.split(".")[-2]
        rest.append(f"… {counted(found.elsewhere, 'more use')} in files without {near}; ask for the last part alone")
    if found.beside:
        rest.append(f"… {counted(found.beside, 'line')} with it in comments and texts only; `search` shows them")
    if found.left_out:
        rest.append(f"… {counted(found.left_out, 'file')} not looked through, too big or too many; give a `path`")
    lines = [*_section("defined", defined, _DEFINITIONS_MAX), *_section("used", used, _USES_MAX), *rest]
    shown, left_out = capped(lines, TEXT_BYTES_MAX)
    shown += [f"… {counted(left_out, 'line')} left out; give a `path`"] if left_out else []
    whole = "\n".join([head, "defined", *defined, "used", *used, *rest])
    is_short = left_out or len(defined) > _DEFINITIONS_MAX or len(used) > _USES_MAX
    return ToolResult(ok=True, text="\n".join([head, *shown]), whole=whole if is_short else None)


def _section(word: str, lines: Sequence[str], most: int) -> Iterator[str]:
    if not lines:
        return
    yield word
    yield from lines[:most]
    if len(lines) > most:
        yield f"  … and {len(lines) - most} more; give a `path`"


def _nearest(paths: Sequence[str], files: LaneFiles, name: str) -> list[str]:
    """Return identifiers that exist and are spelt much like the name, those that differ in capitals first."""
    known, room = set[str](), _BYTES_MAX
    for path in paths:
        try:
            content = files.read(path).content
        except Refused:
            continue
        room -= len(content)
        if room < 0:
            break
        if b"\0" not in content and language_of(path) not in _NO_CODE:
            known.update(_IDENTIFIER.findall(content.decode("utf-8", "replace")))
    like = sorted(one for one in known if abs(len(one) - len(name)) <= max(2, len(name) // 3))
    same = [one for one in like if one.lower() == name.lower()]
    return list(dict.fromkeys([*same, *get_close_matches(name, like[:_COMPARED_MAX], _NEAREST_MAX)]))[:_NEAREST_MAX]


TOOL = Tool(
    text=(
        "Find where an exact name is defined and used: a function, class, constant and the like. Gives the definitions "
        "with their kind, then the uses, each as file:line."
    ),
    schema=record_of(
        {
            "name": text("The exact identifier. Of a dotted name the last part is looked for; the rest narrows."),
            "path": text("A file, a folder or a glob to look in."),
        },
        "name",
    ),
    perform=find_symbols,
)
