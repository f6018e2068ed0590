"""The cases: a faulty function, tests that the worker sees, and tests that tell the truth afterwards.

The examples of the docstring are visible in HumanEvalFix, and its tests are hidden. QuixBugs has one set of tests: the
first two are visible here, and the others hidden.
"""

from __future__ import annotations

import ast
import hashlib
import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

_HEAD = "from solution import *\n\n\n"
_SEEN = 2
FILES = ("quixbugs.jsonl", "humanevalfix.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One faulty function."""

    name: str
    """Its folder in the repository, and the step's id."""
    function: str
    text: str
    """The faulty file, `solution.py`."""
    visible: str
    """A Python file that fails unless `solution` passes the tests that the worker sees."""
    hidden: str
    """The same with the tests that it does not see."""

    is_design: bool = False
    """Whether what comes of it was looked at while the measure was designed."""


def read_cases(folder: Path) -> list[Case]:
    """Return the cases of a folder with the two files; a file that is not there has none."""
    paths = [folder / name for name in FILES if (folder / name).exists()]
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [case_of(json.loads(line)) for line in lines]


def case_of(line: Mapping[str, str]) -> Case:
    """Return the case that a line is, whichever of the two formats it has."""
    if "task_id" in line:
        return Case(
            name=line["task_id"].lower().replace("/", "-"),
            function=line["entry_point"],
            text=line["prompt"] + line["buggy_solution"],
            visible=_HEAD + line["example_test"],
            hidden=f"{_HEAD}{textwrap.dedent(line['test']).strip()}\n",
            is_design=hashlib.sha256(line["task_id"].encode()).digest()[0] % 2 == 0,
        )
    seen, unseen = _divided(line)
    return Case(
        name=f"quixbugs-{line['name'].replace('_', '-')}",
        function=line["name"],
        text=line["buggy"],
        visible=seen,
        hidden=unseen,
    )


def _divided(line: Mapping[str, str]) -> tuple[str, str]:
    """Divide the tests of QuixBugs: pairs of arguments and results, or functions that begin with `test`."""
    if line["json_cases"]:
        pairs = [json.loads(row) for row in line["json_cases"].splitlines() if row.strip()]
        calls = [
            f"assert {line['name']}({', '.join(map(repr, _given(given)))}) == {result!r}\n" for given, result in pairs
        ]
        return _HEAD + "".join(calls[:_SEEN]), _HEAD + "".join(calls[_SEEN:])
    made = [node for node in ast.parse(line["test_file"]).body if isinstance(node, ast.FunctionDef)]
    tests = [f"{ast.unparse(node)}\n\n\n{node.name}()\n\n\n" for node in made if node.name.startswith("test")]
    return _HEAD + _NODE + "".join(tests[:_SEEN]), _HEAD + _NODE + "".join(tests[_SEEN:])


def _given(given: object) -> list[object]:
    return cast("list[object]", given) if isinstance(given, list) else [given]


_NODE = '''class Node:
    """Holds a value and knows those beside it."""

    def __init__(self, value=None, successor=None, successors=(), predecessors=()):
        self.value = value
        self.successor = successor if not isinstance(successor, list) else None
        self.successors = list(successors) or (successor if isinstance(successor, list) else [])
        self.predecessors = list(predecessors)


'''
