"""Say where a Python file still caters for Python 2.

Two kinds are looked for: a class that names `object` as its base, and the use of a name that comes from `six`. Usage:
`python2_leftovers.py FILE…`. Exit status 0: none; 1: some, each printed with its place.
"""

import ast
import sys
from pathlib import Path


def leftovers(source: str) -> list[tuple[int, str]]:
    """The line and the kind of each leftover."""
    parts = list(ast.walk(ast.parse(source)))
    from_six = {
        alias.asname or alias.name
        for part in parts
        if isinstance(part, ast.ImportFrom) and (part.module or "").partition(".")[0] == "six"
        for alias in part.names
    }
    found: list[tuple[int, str]] = []
    for part in parts:
        match part:
            case ast.ClassDef(bases=[ast.Name(id="object")]):
                found.append((part.lineno, f"class {part.name} names object as its base"))
            case ast.Name(id=name) if name in from_six:
                found.append((part.lineno, f"{name} comes from six"))
            case _:
                pass
    return sorted(found)


def main(names: list[str]) -> int:
    """Print every leftover of the named files."""
    places = [(name, *place) for name in names for place in leftovers(Path(name).read_text(encoding="utf-8"))]
    for name, line, what in places:
        print(f"{name}:{line}: {what}")
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
