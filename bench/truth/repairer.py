"""A worker without a model: it changes a faulty file in small ways until the visible tests pass.

`python repairer.py FILE TESTS SEED` writes the first change that passes, in an order that the seed decides. It needs
nothing but Python, so that it can be copied into a repository and run in a sandbox as the body of a step. Lines that
failing tests ran through come earlier in the order than others.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import itertools
import random
import resource
import signal
import sys
import types
import warnings
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

SECONDS = 0.05
"""So much processor time the tests may take for one change."""
BYTES_MAX = 2_000_000_000
_COMPARE = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_GROUPS = (_COMPARE, (ast.In, ast.NotIn), (ast.Is, ast.IsNot))
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_BITS = (ast.BitAnd, ast.BitOr, ast.BitXor)
_ALIKE = (
    ("min", "max"),
    ("any", "all"),
    ("append", "extend"),
    ("upper", "lower"),
    ("startswith", "endswith"),
    ("isupper", "islower"),
    ("add", "discard"),
    ("floor", "ceil"),
    ("find", "rfind"),
    ("index", "count"),
)
_AROUND = ("abs({})", "set({})", "sorted({})", "len({})", "str({})", "{}.lower()", "{} + 1", "{} - 1", "{}[::-1]")
Change = tuple[int, int, int, str]
"""Line, begin and end in the text as places in UTF-8, and what is put there."""


def changes_of(text: str) -> list[Change]:
    """Return each small change of the functions in a file."""
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: dict[Change, None] = {}
    for function in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)):
        parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
        names = sorted({n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)})
        names += [arg.arg for arg in function.args.args]
        tests = [ast.unparse(n.test) for n in ast.walk(function) if isinstance(n, ast.If | ast.While)]
        for node in ast.walk(function):
            if node is function or not isinstance(node, ast.stmt | ast.expr):
                continue
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            begin = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            whole = text.encode()[begin:end].decode()
            if isinstance(node, ast.stmt):
                ways = _of_statement(node, whole, names)
            else:
                ways = _of_expression(node, parents[node], names, tests)
            for new in ways:
                if new != whole:
                    found[(node.lineno, begin, end, new)] = None
    return list(found)


def _of_statement(node: ast.stmt, whole: str, names: list[str]) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    pad = "\n" + " " * node.col_offset
    yield "pass"
    if isinstance(node, ast.AugAssign):
        for kind in _others(node.op):
            yield ast.unparse(_with(node, op=kind()))
    if isinstance(node, ast.If | ast.For | ast.While):
        inner = node.body + node.orelse
        if len(inner) == 1 and not isinstance(inner[0], ast.If | ast.For | ast.While):
            yield ast.unparse(inner[0])
        if node.orelse and not isinstance(node, ast.For | ast.While):
            yield ast.unparse(_with(node, orelse=[])).replace("\n", pad)
    for name in names:
        yield f"{whole}{pad}return {name}"
    if not isinstance(node, ast.Return):
        for extra in ("break", "continue"):
            yield f"{whole}{pad}{extra}"
        if "\n" not in whole:
            yield f"{whole}{pad}{whole}"


def _of_expression(node: ast.expr, parent: ast.AST, names: list[str], tests: list[str]) -> Iterator[str]:
    if isinstance(getattr(node, "ctx", ast.Load()), ast.Store | ast.Del):
        return
    is_alone = isinstance(parent, ast.stmt | ast.Call | ast.Subscript)
    for new in itertools.chain(_of_operator(node), _of_value(node, names), _around(node, parent, tests)):
        plain = ast.Name | ast.Constant | ast.Call | ast.Subscript
        yield new if is_alone or isinstance(ast.parse(new, mode="eval").body, plain) else f"({new})"


def _of_operator(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Compare():
            for at, op in enumerate(node.ops):
                for kind in _others(op):
                    yield ast.unparse(_with(node, ops=[*node.ops[:at], kind(), *node.ops[at + 1 :]]))
        case ast.BinOp():
            for kind in _others(node.op):
                yield ast.unparse(_with(node, op=kind()))
            yield ast.unparse(_with(node, left=node.right, right=node.left))
            yield from (ast.unparse(node.left), ast.unparse(node.right))
        case ast.BoolOp():
            yield ast.unparse(_with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And()))
            yield from (ast.unparse(value) for value in node.values)
        case ast.UnaryOp():
            yield ast.unparse(node.operand)
        case _:
            pass


def _of_value(node: ast.expr, names: list[str]) -> Iterator[str]:
    match node:
        case ast.Constant(value=bool() as value):
            yield repr(not value)
        case ast.Constant(value=int() | float() as value):
            yield from dict.fromkeys(repr(new) for new in (value + 1, value - 1, 0, 1, 2, 10, -value))
        case ast.Constant(value=str()):
            yield from ("''", "' '")
        case ast.Name() if node.id in names:
            yield from names
        case ast.Call():
            yield from _of_call(node)
        case ast.Subscript(slice=ast.Slice() as part):
            for new in (_with(part, lower=None), _with(part, upper=None), _with(part, step=None)):
                yield ast.unparse(_with(node, slice=new))
        case ast.Attribute():
            yield from (ast.unparse(_with(node, attr=name)) for name in _partners(node.attr))
        case _:
            pass


def _around(node: ast.expr, parent: ast.AST, tests: list[str]) -> Iterator[str]:
    whole = ast.unparse(node)
    if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.comprehension | ast.BoolOp):
        yield f"not ({whole})"
        yield from (f"({whole}) {word} ({test})" for test in tests if test != whole for word in ("and", "or"))
    is_called = isinstance(parent, ast.Call) and parent.func is node
    if isinstance(node, ast.Name | ast.Subscript | ast.Call | ast.BinOp | ast.ListComp) and not is_called:
        held = whole if isinstance(node, ast.Name | ast.Subscript | ast.Call) else f"({whole})"
        yield from (form.format(held if form.startswith("{") else whole) for form in _AROUND)


def _of_call(node: ast.Call) -> Iterator[str]:
    if isinstance(node.func, ast.Name):
        yield from (ast.unparse(_with(node, func=ast.Name(name))) for name in _partners(node.func.id))
    for at in range(len(node.args)):
        if len(node.args) > 1 or node.keywords:
            yield ast.unparse(_with(node, args=[*node.args[:at], *node.args[at + 1 :]]))
    if len(node.args) == 1 and not isinstance(node.args[0], ast.GeneratorExp):
        yield ast.unparse(node.args[0])
    if len(node.args) > 1:
        yield ast.unparse(_with(node, args=node.args[::-1]))
    if isinstance(node.func, ast.Attribute) and not node.args:
        yield ast.unparse(node.func.value)
    for at in range(len(node.keywords)):
        yield ast.unparse(_with(node, keywords=[*node.keywords[:at], *node.keywords[at + 1 :]]))


def _others(op: ast.operator | ast.cmpop) -> Iterator[type]:
    for group in (*_GROUPS, _ARITHMETIC, _BITS):
        if isinstance(op, group):
            yield from (kind for kind in group if kind is not type(op))


def _partners(name: str) -> Iterator[str]:
    for group in _ALIKE:
        if name in group:
            yield from (other for other in group if other != name)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def changed(text: str, change: Change) -> str | None:
    """Return the text with a change in it; None: that is no Python."""
    _, begin, end, new = change
    data = text.encode()
    data = data[:begin] + new.encode() + data[end:]
    try:
        compile(data.decode(), "solution.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return data.decode()


class _TooLong(BaseException):
    """The tests take too long."""


@contextlib.contextmanager
def limited(seconds: float) -> Generator[None]:
    """Break off what takes too long, and let it print nothing."""

    def stop(*_: object) -> None:
        raise _TooLong

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.05)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def passes(text: str, tests: str, seen: set[int] | None = None, seconds: float = SECONDS) -> bool:
    """Tell whether the tests of a file pass; the lines they ran through are added to `seen`."""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module

    def trace(frame: types.FrameType, *_: object) -> object:
        if frame.f_code.co_filename != "solution.py":
            return None
        seen.add(frame.f_lineno)  # type: ignore[union-attr]
        return trace

    try:
        with limited(seconds):
            exec(compile(text, "solution.py", "exec"), module.__dict__)  # noqa: S102
            if seen is not None:
                sys.settrace(trace)  # type: ignore[arg-type]
            exec(compile(tests, "tests.py", "exec"), {"__name__": "__main__"})  # noqa: S102
    except (Exception, _TooLong, SystemExit):  # noqa: BLE001 - whatever the changed file does
        return False
    finally:
        sys.settrace(None)
    return True


def in_order(changes: Sequence[Change], seen: set[int], seed: int) -> list[Change]:
    """Return the changes in the order in which they are tried: those of lines that the tests ran through come first."""
    random_ = random.Random(seed)  # noqa: S311 - a seed gives the same order each time
    return sorted(changes, key=lambda one: random_.random() + (one[0] not in seen))


def repair(text: str, tests: str, seed: int) -> str | None:
    """Return the first changed text with which the tests pass; None: no small change lets them."""
    seen: set[int] = set()
    passes(text, tests, seen)
    for change in in_order(changes_of(text), seen, seed):
        new = changed(text, change)
        if new is not None and passes(new, tests):
            return new
    return None


def main() -> None:
    """Do as the command line says; status 1: no change was found."""
    file, tests, seed = Path(sys.argv[1]), Path(sys.argv[2]).read_text("utf-8"), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_MAX, BYTES_MAX))
    sys.setrecursionlimit(400)
    warnings.simplefilter("ignore")
    new = repair(file.read_text("utf-8"), tests, seed)
    if new is None:
        sys.exit("no small change lets the tests pass")
    file.write_text(new, "utf-8")


if __name__ == "__main__":
    main()
