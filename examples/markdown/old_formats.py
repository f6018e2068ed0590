"""Say where a Python file still builds a string with `%` or `.format` though an f-string would do.

The rule, on purpose not that of the tool which does the work: a literal is old style if `%` puts values into it and
each of its fields is a plain `%s` or `%r`, or if its `.format` is called; but not if the values hold strings, which an
f-string could not quote before Python 3.12. A `%d` is let be: it refuses what is no number, and an f-string would not.
Exit status 0: none; 1: some, each printed with its place. Usage: `old_formats.py FILE…`.
"""

import ast
import re
import sys
from collections.abc import Iterable
from pathlib import Path

FIELDS = re.compile(r"%(%|\(\w+\))?([^%]?)")


def is_plain_percent(template: str, values: ast.expr) -> bool:
    """Whether every field of a `%` template is `%s` or `%r`, and its values stand there one by one."""
    fields = [kind for escape, kind in FIELDS.findall(template) if escape != "%"]
    if not fields or any(kind not in {"s", "r"} for kind in fields):
        return False
    return len(fields) == 1 or isinstance(values, ast.Tuple)


def holds_string(values: Iterable[ast.expr]) -> bool:
    """Whether one of the values is written with quotes."""
    parts = (part for value in values for part in ast.walk(value))
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts)


def old_style_lines(source: str) -> list[int]:
    """The lines on which a string that could be an f-string begins."""
    found: list[int] = []
    for part in ast.walk(ast.parse(source)):
        match part:
            case ast.BinOp(left=ast.Constant(value=str(template)), op=ast.Mod(), right=values):
                if is_plain_percent(template, values) and not holds_string([values]):
                    found.append(part.lineno)
            case ast.Call(func=ast.Attribute(attr="format", value=ast.Constant(value=str()))):
                if not holds_string([*part.args, *(keyword.value for keyword in part.keywords)]):
                    found.append(part.lineno)
            case _:
                pass
    return sorted(found)


def main(names: list[str]) -> int:
    """Print every old style string of the named files."""
    places = [(name, line) for name in names for line in old_style_lines(Path(name).read_text(encoding="utf-8"))]
    for name, line in places:
        print(f"{name}:{line}: an f-string would do here")
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
