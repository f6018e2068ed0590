"""The tool `outline`: what is defined in a file, with line numbers.

Owns how a language's definitions are told: Python by its own parser, others by the look of a line. Must never run what
it reads. Read `surefoot.tools.looking` next.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from surefoot.threads import in_thread
from surefoot.tools import given
from surefoot.tools.desk import TEXT_BYTES_MAX, Desk, ToolResult, failed
from surefoot.tools.files import LaneFiles, Refused, clean, text_of
from surefoot.tools.given import Arguments
from surefoot.tools.known_files import fitting, known_files
from surefoot.tools.pages import capped, lines_of

_FILES_MAX = 200
_PARSED_MAX = 500_000
"""No bigger Python file is parsed: nothing else goes on meanwhile."""
_LINE_MAX = 200
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_MAGIC = re.compile(r"[*?\[]")

_NAME = r"[A-Za-z_$][\w$]*"
_BEFORE = (
    r"(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|sealed|async|override|virtual|"
    r"open|data|inline|partial|readonly|synchronized|native|suspend)\s+)*"
)
_TYPES = r"(?:class|interface|enum|record|struct|object|trait|namespace|@interface)"
_TYPE = rf"\s*{_BEFORE}{_TYPES}\s+{_NAME}"
_NO_KEYWORD = r"(?!(?:if|for|while|switch|catch|return|else|typedef|new|throw|do)\b)"
_METHOD = rf"\s+{_BEFORE}{_NO_KEYWORD}[A-Za-z_][\w<>\[\],.? ]*\s+{_NAME}\s*\([^;=]*\{{\s*$"
_SHORT_METHOD = rf"\s+{_BEFORE}{_NO_KEYWORD}(?:get\s+|set\s+)?#?{_NAME}\s*\([^;]*\{{\s*$"
_LOOKS: Mapping[str, str] = {
    "python": r"\s*(?:async\s+def|def|class)\s+\w+",
    "script": (
        rf"{_TYPE}|\s*{_BEFORE}function\*?\s+{_NAME}|\s*{_BEFORE}type\s+{_NAME}.*=|{_SHORT_METHOD}"
        rf"|\s*{_BEFORE}(?:const|let|var)\s+{_NAME}\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\).*=>|{_NAME}\s*=>)"
    ),
    "go": r"(?:func|type)\s+.*",
    "rust": (
        r"\s*(?:pub(?:\([^)]*\))?\s+)?(?:(?:async|unsafe|const|extern)\s+)*"
        r"(?:fn|struct|enum|trait|impl|mod|type|macro_rules!|union)\b.*"
    ),
    "java": rf"{_TYPE}|{_METHOD}",
    "kotlin": rf"{_TYPE}|\s*{_BEFORE}(?:fun|def|typealias)\s+.*",
    "c": (
        rf"(?:typedef\s+)?(?:struct|union|enum)\s+{_NAME}\s*\{{|#\s*define\s+\w+\(|{_TYPE}"
        rf"|{_NO_KEYWORD}[A-Za-z_][\w :*&<>,~]*[ *&]~?[A-Za-z_][\w:~]*\s*\([^;]*$"
    ),
    "ruby": r"\s*(?:def|class|module)\s+\S+",
    "php": rf"{_TYPE}|\s*{_BEFORE}function\s+&?{_NAME}",
    "shell": r"\s*(?:function\s+[\w:.-]+|[\w:.-]+\s*\(\))",
    "swift": rf"\s*{_BEFORE}(?:func|class|struct|enum|protocol|extension|actor)\s+.*",
    "markdown": r"#{1,6}\s+\S.*",
    "toml": r"\[\[?[^\]]+\]\]?",
    "make": r"[A-Za-z0-9_.%/-]+(?: [A-Za-z0-9_.%/-]+)*\s*:(?!=).*",
    "sql": r"(?i:\s*create\s+.*)",
}
_LANGUAGES: Mapping[str, str] = {
    **dict.fromkeys((".py", ".pyi"), "python"),
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"), "script"),
    ".go": "go",
    ".rs": "rust",
    **dict.fromkeys((".java", ".cs"), "java"),
    **dict.fromkeys((".kt", ".kts", ".scala"), "kotlin"),
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".m"), "c"),
    **dict.fromkeys((".rb", ".rake"), "ruby"),
    ".php": "php",
    **dict.fromkeys((".sh", ".bash", ".zsh"), "shell"),
    ".swift": "swift",
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".toml", ".ini", ".cfg"), "toml"),
    ".mk": "make",
    ".sql": "sql",
}


async def outline_files(arguments: Arguments, desk: Desk) -> ToolResult:
    """Show what is defined in a file, or in all files that a glob matches."""
    wanted = given.text(arguments, "path")
    if _MAGIC.search(wanted):
        fits = await in_thread(fitting, await known_files(desk), wanted)
        paths = [file.path for file in fits if not file.is_link]
        if not paths:
            return failed(f"no file fits {wanted}; look with `list`")
    else:
        paths = [clean(wanted)]
    return await in_thread(_outline, paths, LaneFiles(desk.root))


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
    name = PurePosixPath(path)
    language = "make" if name.name == "Makefile" else _LANGUAGES.get(name.suffix.lower())
    total = len(lines_of(text))
    if language is None:
        yield f"{path}: {total} lines; no outline for this kind of file: `read` it"
        return
    note, found = "", None
    if language == "python" and len(text) <= _PARSED_MAX:
        try:
            found = list(_of_python(ast.parse(text).body, 1))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            note = f" (does not parse: {str(error) or type(error).__name__}; told by the look of its lines)"
    if found is None:
        found = list(_by_look(_unfenced(text) if language == "markdown" else text, re.compile(_LOOKS[language])))
    yield f"{path}: {total} lines{note}"
    yield from found or ["  nothing is defined in it that can be told"]


def _unfenced(text: str) -> str:
    """Return a page with its blocks of code blanked, so that no comment in them is taken for a heading."""
    return _FENCED.sub(lambda match: "\n" * match[0].count("\n"), text)


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
    return f"{'  ' * depth}{lines}  {said}"[:_LINE_MAX]


def _by_look(text: str, look: re.Pattern[str]) -> Iterator[str]:
    for number, line in enumerate(lines_of(text), 1):
        # A longer line is no definition, and patterns take their time with it.
        if len(line) <= _LINE_MAX and look.match(line):
            yield f"  {number}  {line.rstrip().removesuffix('{').rstrip()}"
