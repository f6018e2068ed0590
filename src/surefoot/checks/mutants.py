"""Small changes of what a step wrote, which a good check of that step would notice.

Lines that the step wrote are put back as they were, one hunk at a time. In Python each expression that stands in them
is changed in small ways as well, by the operators of mutmut, where that is installed; and so are the other lines of
the functions that the step changed: checks that do not notice such changes leave open what these functions do.
"""

from __future__ import annotations

import ast
import difflib
import importlib.util
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from surefoot.core.event_words import Mutant
from surefoot.core.record import record
from surefoot.core.regex import regex

if TYPE_CHECKING:
    import libcst

PER_FILE_MAX = 200
_PROSE = (".md", ".rst", ".adoc")
_TESTS = regex(r"(^|/)(tests?|testing|__tests__)/|(^|/)(test_[^/]*|conftest)\.py$|[^/]*[._](test|tests|spec)\.[^/.]+$")
_LINE_MAX = 200


@record
class Changed:
    """A file with a small change in it."""

    mutant: Mutant
    content: bytes
    """Of the whole file."""


def is_code(path: str) -> bool:
    """Tell whether a check could notice a change of a file: not of prose, and not of tests, which are what is asked."""
    return not path.lower().endswith(_PROSE) and _TESTS.search(path) is None


def mutants_of(path: str, old: bytes | None, new: bytes) -> list[Changed]:
    """Return the small changes of a file that a step wrote, hunks first, and then each line in turn.

    `old` is the file before the step; None: there was none. Files that are not text in UTF-8 have no small changes.
    """
    texts = _texts(old, new)
    if texts is None:
        return []
    ones, others = (text.splitlines(keepends=True) for text in texts)
    hunks = _hunks(ones, others)
    undone = [] if old is None else [_undone(path, ones, others, hunk) for hunk in hunks]
    changes = _python_changes(path, texts[1], _written(hunks)) if path.endswith(".py") else iter(())
    return [*(one for one in undone if one is not None), *_by_line(itertools.islice(changes, PER_FILE_MAX))]


def mutants_around(path: str, old: bytes | None, new: bytes) -> list[Changed]:
    """Return the small changes of lines that a step did not write, in the Python functions that it changed."""
    texts = _texts(old, new) if path.endswith(".py") else None
    if texts is None:
        return []
    ones, others = (text.splitlines(keepends=True) for text in texts)
    hunks = _hunks(ones, others)
    written = _written(hunks)
    # Where lines were only taken away, the one before them says which function that was in.
    touched = written | {j1 for _, _, j1, j2 in hunks if j1 == j2}
    held: set[int] = set()
    for lines in _functions(texts[1]):
        if touched.intersection(lines):
            held.update(lines)
    return list(_by_line(itertools.islice(_python_changes(path, texts[1], held - written), PER_FILE_MAX)))


def _texts(old: bytes | None, new: bytes) -> tuple[str, str] | None:
    try:
        return (old or b"").decode("utf-8"), new.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _hunks(ones: Sequence[str], others: Sequence[str]) -> list[tuple[int, int, int, int]]:
    matcher = difflib.SequenceMatcher(None, ones, others, autojunk=False)
    return [(i1, i2, j1, j2) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal"]


def _written(hunks: Iterable[tuple[int, int, int, int]]) -> set[int]:
    """Return the numbers of the lines that the step wrote."""
    return {number + 1 for _, _, j1, j2 in hunks for number in range(j1, j2)}


def _functions(text: str) -> Iterator[range]:
    """Yield the lines of each function that stands in no other one."""
    try:
        inner: list[ast.AST] = [ast.parse(text)]
    except (SyntaxError, ValueError):
        return
    for node in inner:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield range(node.lineno, node.end_lineno + 1)
        else:
            inner += ast.iter_child_nodes(node)


def _undone(path: str, ones: Sequence[str], others: Sequence[str], hunk: tuple[int, int, int, int]) -> Changed | None:
    """Put one hunk back; None: only blank lines and comments differ."""
    i1, i2, j1, j2 = hunk
    if not any(_says_something(path, line) for line in (*ones[i1:i2], *others[j1:j2])):
        return None
    content = "".join((*others[:j1], *ones[i1:i2], *others[j2:])).encode("utf-8")
    first = next((line for line in others[j1:j2] if line.strip()), "")
    back = next((line for line in ones[i1:i2] if line.strip()), "")
    mutant = Mutant(path=path, line=j1 + 1, before=_short(first), after=_short(back), is_undone=True)
    return Changed(mutant=mutant, content=content)


def _says_something(path: str, line: str) -> bool:
    text = line.strip()
    return bool(text) and not (path.endswith(".py") and text.startswith("#"))


def _short(line: str) -> str:
    text = line.strip()
    return text if len(text) <= _LINE_MAX else f"{text[: _LINE_MAX - 1]}…"


def _by_line(changes: Iterable[Changed]) -> Iterator[Changed]:
    """Take one change of each line, then the next of each: where time is short, no line is left out."""
    lines: dict[int, list[Changed]] = {}
    for one in changes:
        lines.setdefault(one.mutant.line, []).append(one)
    for turn in itertools.zip_longest(*lines.values()):
        yield from (one for one in turn if one is not None)


def can_change_python() -> bool:
    """Tell whether the library is installed by which Python is changed."""
    return importlib.util.find_spec("mutmut") is not None


def _python_changes(path: str, text: str, lines: set[int]) -> Iterator[Changed]:
    """Change each expression that begins in one of the lines, in all ways that the library knows."""
    if not can_change_python():
        return
    import libcst
    from libcst.metadata import MetadataWrapper, PositionProvider
    from mutmut.mutation.mutators import mutation_operators

    try:
        wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
    except libcst.ParserSyntaxError:
        return
    module, source = wrapper.module, text.splitlines()
    places = wrapper.resolve(PositionProvider)
    for node in _expressions(module):
        place = places.get(node)
        if place is None or place.start.line not in lines:
            continue
        for new in itertools.chain.from_iterable(op(node) for kind, op in mutation_operators if isinstance(node, kind)):
            code = _replaced(module, node, new)
            if code in ("", text) or not _is_python(code):
                continue
            number = place.start.line
            after = code.splitlines()[number - 1 : number]
            mutant = Mutant(path=path, line=number, before=_short(source[number - 1]), after=_short("".join(after)))
            yield Changed(mutant=mutant, content=code.encode("utf-8"))


def _expressions(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    """Walk through all that a change of could be noticed: no imports, types, documentation or texts of errors."""
    import libcst

    if isinstance(node, libcst.Annotation | libcst.Import | libcst.ImportFrom | libcst.Raise | libcst.Assert):
        return
    is_documentation = isinstance(node, libcst.Expr) and isinstance(node.value, libcst.SimpleString)
    if is_documentation:
        return
    yield node
    for child in node.children:
        yield from _expressions(child)


def _is_python(code: str) -> bool:
    try:
        compile(code, "<changed>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _replaced(module: libcst.Module, node: libcst.CSTNode, new: libcst.CSTNode) -> str:
    changed = module.deep_replace(node, new)
    return changed.code if isinstance(changed, type(module)) else ""
