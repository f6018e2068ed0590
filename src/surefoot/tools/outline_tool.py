"""The tool `outline`: definitions in a file, with line numbers.

Python is read by its own parser, other languages by the look of a line. Nothing that is read is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from surefoot.core.regex import regex
from surefoot.core.short_text import counted
from surefoot.threads import in_thread
from surefoot.tools.argument_schema import record_of, text
from surefoot.tools.arguments import Arguments
from surefoot.tools.file_listing import fitting, known_files
from surefoot.tools.lane_files import LaneFiles, Missing, Refused, clean, text_of
from surefoot.tools.languages import DEFINITIONS, LINE_MAX, PARSED_MAX, language_of
from surefoot.tools.pagination import capped, lines_of
from surefoot.tools.tool_context import TEXT_BYTES_MAX, Tool, ToolContext, ToolResult

_FILES_MAX = 200
_FENCED = regex(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_MAGIC = regex(r"[*?\[]")


async def outline_files(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Show what is defined in a file, or in all files that a glob matches."""
    wanted = arguments.text("path")
    if _MAGIC.search(wanted):
        fits = await in_thread(fitting, await known_files(context), wanted)
        paths = [file.path for file in fits if not file.is_link]
        if not paths:
            raise Missing(wanted)
    else:
        paths = [clean(wanted)]
    return await in_thread(_outline, paths, LaneFiles(context.root))


def _outline(paths: Sequence[str], files: LaneFiles) -> ToolResult:
    lines: list[str] = []
    for path in paths[:_FILES_MAX]:
        try:
            text = text_of(path, files.read(path).content)
        except Refused as error:
            if len(paths) == 1:
                raise
            lines.append(error.text)
            continue
        lines += _of_file(path, text)
    if len(paths) > _FILES_MAX:
        lines.append(f"… {len(paths) - _FILES_MAX} more files fit; take a narrower glob")
    shown, left_out = capped(lines, TEXT_BYTES_MAX)
    more = [f"… {left_out} more lines; take a narrower glob"] if left_out else []
    return ToolResult(ok=True, text="\n".join([*shown, *more]), whole="\n".join(lines) if left_out else None)


def _of_file(path: str, text: str) -> Iterator[str]:
    language, total = language_of(path), len(lines_of(text))
    if not language:
        yield f"{path}: {counted(total, 'line')}; no outline for this kind of file: `read` it"
        return
    note, found = "", None
    if language == "python" and len(text) <= PARSED_MAX:
        try:
            found = list(_of_python(ast.parse(text).body, 1))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            note = f" (does not parse: {str(error) or type(error).__name__}; told by the look of its lines)"
    if found is None:
        if language == "markdown":
            # No comment in a block of code is to be taken for a heading.
            text = _FENCED.sub(lambda match: "\n" * match[0].count("\n"), text)
        look = re.compile(DEFINITIONS[language])
        found = [
            f"  {number}  {line.rstrip().removesuffix('{').rstrip()}"
            for number, line in enumerate(lines_of(text), 1)
            if len(line) <= LINE_MAX and look.match(line)
        ]
    yield f"{path}: {total} lines{note}"
    yield from found or ["  nothing is defined in it that can be told"]


def _of_python(body: Sequence[ast.stmt], depth: int) -> Iterator[str]:
    for one in body:
        if isinstance(one, ast.ClassDef):
            of = ", ".join(ast.unparse(each) for each in one.bases)
            yield _line(one, depth, f"class {one.name}" + (f"({of})" if of else ""))
            yield from _of_python(one.body, depth + 1)
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            word = "async def" if isinstance(one, ast.AsyncFunctionDef) else "def"
            yield _line(one, depth, f"{word} {one.name}({ast.unparse(one.args)})")
        elif depth == 1 and isinstance(one, ast.Assign | ast.AnnAssign):
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            yield from [_line(one, depth, " = ".join(names))] if names else []
        elif isinstance(one, ast.If | ast.Try):
            yield from _of_python([*one.body, *one.orelse], depth)


def _line(one: ast.stmt, depth: int, said: str) -> str:
    lines = str(one.lineno) if one.lineno == one.end_lineno else f"{one.lineno}-{one.end_lineno}"
    return f"{'  ' * depth}{lines}  {said}"[:LINE_MAX]


TOOL = Tool(
    text="Show classes, functions and headings of files with line numbers. Use it before reading a long file.",
    schema=record_of({"path": text("A file, or a glob over files.")}, "path"),
    perform=outline_files,
)
