"""The cases: what lies in the repository of each, how it is judged, and what would be right."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

SECONDS = 20
"""So long a test may take: some of the faults are loops without an end."""

_CONFTEST = """import pytest

pytest.use_correct = False
"""
_LOADING = '''"""Reads the examples of a function: one a line, arguments and result."""

import json
from pathlib import Path


def load_json_testcases(name):
    """Return (arguments, result) for each line."""
    lines = (Path(__file__).parent / "json_testcases" / f"{name}.json").read_text().splitlines()
    pairs = [json.loads(line) for line in lines if line]
    return [(given if isinstance(given, list) else [given], result) for given, result in pairs]
'''
_NODE = '''"""A node of a graph or a list, as the tests use it."""


class Node:
    """Holds a value and knows those beside it."""

    def __init__(self, value=None, successor=None, successors=(), predecessors=(), incoming=(), outgoing=()):
        """Know what is given."""
        self.value = value
        self.successor = successor
        self.successors = list(successors)
        self.predecessors = list(predecessors)
        self.incoming_nodes = list(incoming)
        self.outgoing_nodes = list(outgoing)
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One faulty function."""

    name: str
    """Its folder in the repository, and the step's id."""
    function: str
    """What has the fault."""
    path: str
    """The file it stands in, in that folder."""
    files: Mapping[str, str]
    """All that is in the folder, by its path there."""
    visible: str
    """The command whose status tells whether the visible tests pass; run in the folder."""
    held_back: str
    """The same for the tests an agent is not told of; empty: there are none."""
    reference: str
    """What would be right, as the content of the file."""


def read_cases(path: Path) -> list[Case]:
    """Return the cases of a file, each a line of JSON."""
    lines = path.read_text("utf-8").splitlines()
    return [case_of(cast("dict[str, str]", json.loads(line))) for line in lines if line.strip()]


def case_of(line: Mapping[str, str]) -> Case:
    """Return the case that a line is, whichever of the two formats it has."""
    return _human_eval_case(line) if "task_id" in line else _quix_case(line)


def _quix_case(line: Mapping[str, str]) -> Case:
    """All tests of these are visible."""
    name = line["name"]
    files = {
        f"python_programs/{name}.py": line["buggy"],
        f"test_{name}.py": line["test_file"],
        "conftest.py": _CONFTEST,
        "load_testdata.py": _LOADING,
        "node.py": _NODE,
    }
    if line["json_cases"]:
        files[f"json_testcases/{name}.json"] = line["json_cases"]
    return Case(
        name=f"quixbugs/{name}",
        function=name,
        path=f"python_programs/{name}.py",
        files=files,
        visible=f"timeout {SECONDS} python -m pytest -q -p no:cacheprovider test_{name}.py",
        held_back="",
        reference=line["reference"],
    )


def _human_eval_case(line: Mapping[str, str]) -> Case:
    """Examples are visible, tests are not: they stand in a command, never in a file."""
    name, function = line["task_id"].lower().replace("/", "-"), line["entry_point"]
    # Some tests use what stands beside the function, too.
    head = "from solution import *\n\n\n"
    return Case(
        name=f"humanevalfix/{name}",
        function=function,
        path="solution.py",
        files={"solution.py": line["prompt"] + line["buggy_solution"], "examples.py": head + line["example_test"]},
        visible=f"timeout {SECONDS} python examples.py",
        held_back=f"timeout {SECONDS} python - <<'HELD_BACK'\n{head}{textwrap.dedent(line['test']).strip()}\nHELD_BACK",
        reference=line["prompt"] + line["canonical_solution"],
    )
