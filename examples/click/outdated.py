"""Say where a Python file is written for Pythons before 3.8.

The rule, on purpose not that of the tool which does the work, is four kinds long: a class that names `object` as its
base, a string with a `u` in front, a name that is only another one for `OSError`, and a `.format` on one line that
takes names alone, one after the other. Exit status 0: none; 1: some, each printed with its place. Usage:
`outdated.py FILE…`.
"""

import ast
import sys
from pathlib import Path

OTHER_NAMES = {"IOError", "EnvironmentError"}


def is_name(value: ast.expr) -> bool:
    """Whether an expression is a name, or an attribute of one."""
    return is_name(value.value) if isinstance(value, ast.Attribute) else isinstance(value, ast.Name)


def is_short(call: ast.Call) -> bool:
    """Whether a `.format` call stands on one line and takes names alone, one after the other."""
    return call.lineno == call.end_lineno and not call.keywords and all(is_name(value) for value in call.args)


def outdated(source: str) -> list[tuple[int, str]]:
    """The line and the kind of each place."""
    found: list[tuple[int, str]] = []
    for part in ast.walk(ast.parse(source)):
        match part:
            case ast.ClassDef(bases=[ast.Name(id="object")]):
                found.append((part.lineno, f"class {part.name} names object as its base"))
            case ast.Constant(kind="u"):
                found.append((part.lineno, "a string needs no u in front"))
            case ast.Name(id=name) if name in OTHER_NAMES:
                found.append((part.lineno, f"{name} is OSError"))
            case ast.Call(func=ast.Attribute(attr="format", value=ast.Constant(value=str()))) if is_short(part):
                found.append((part.lineno, "an f-string would do here"))
            case _:
                pass
    return sorted(found)


def main(names: list[str]) -> int:
    """Print every outdated place of the named files."""
    places = [(name, *place) for name in names for place in outdated(Path(name).read_text(encoding="utf-8"))]
    for name, line, what in places:
        print(f"{name}:{line}: {what}")
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
