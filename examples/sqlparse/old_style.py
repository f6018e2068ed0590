"""Say where a Python file still calls `"…".format(…)` though an f-string would do.

The rule, on purpose not that of the tools which do the work: a literal's `.format` call is old style if all its fields
have plain arguments and the f-string would fit on one line of 88 columns. Exit status 0: none; 1: some, each printed
with its place. With `--list` it prints the tracked files that have some, one a line, and exits 0.
"""

import ast
import string
import subprocess
import sys
from pathlib import Path

COLUMNS_MAX = 88


def is_plain(call: ast.Call) -> bool:
    """Whether the call's arguments could stand inside an f-string: nothing unpacked, no loop, no function."""
    if not call.args and len(call.keywords) == 1 and call.keywords[0].arg is None:
        return ast.unparse(call.keywords[0].value) == "locals()"
    if any(keyword.arg is None for keyword in call.keywords):
        return False
    parts = [part for value in [*call.args, *(keyword.value for keyword in call.keywords)] for part in ast.walk(value)]
    return not any(isinstance(part, (ast.Starred, ast.comprehension, ast.Lambda)) for part in parts)


def f_string_length(template: str, call: ast.Call) -> int:
    """How long the f-string would be, its quotes and its `f` included."""
    arguments = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg}
    arguments |= {str(index): ast.unparse(value) for index, value in enumerate(call.args)}
    length, automatic = len("f''"), 0
    for text, field, spec, conversion in string.Formatter().parse(template):
        length += len(text.encode("unicode_escape"))
        if field is None:
            continue
        name = field or str(automatic)
        automatic += not field
        first = name.partition(".")[0].partition("[")[0]
        length += len("{}") + len(arguments.get(first, first)) + len(name) - len(first)
        length += len(f"!{conversion}") * bool(conversion) + len(f":{spec}") * bool(spec)
    return length


def old_style_lines(source: str) -> list[int]:
    """The lines on which a replaceable `.format` call begins."""
    lines = source.splitlines()
    found: list[int] = []
    for call in ast.walk(ast.parse(source)):
        match call:
            case ast.Call(func=ast.Attribute(attr="format", value=ast.Constant(value=str(template)))) if is_plain(call):
                after = lines[(call.end_lineno or call.lineno) - 1][call.end_col_offset or 0 :]
                if call.col_offset + f_string_length(template, call) + len(after) <= COLUMNS_MAX:
                    found.append(call.lineno)
            case _:
                pass
    return sorted(found)


def main(arguments: list[str]) -> int:
    """Judge the named files, or list the tracked ones that are to be changed."""
    if arguments == ["--list"]:
        tracked = subprocess.run(["git", "ls-files", "*.py"], check=True, capture_output=True, text=True).stdout
        for name in tracked.splitlines():
            if old_style_lines(Path(name).read_text(encoding="utf-8")):
                print(name)
        return 0
    places = [(name, line) for name in arguments for line in old_style_lines(Path(name).read_text(encoding="utf-8"))]
    for name, line in places:
        print(f"{name}:{line}: an f-string would do here")
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
