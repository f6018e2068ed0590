"""Plays a model that replaces six in isodate 0.6.1, so that a goal in words can be seen at work without any provider.

    python examples/fetch.py isodate build/isodate
    cd build/isodate
    export SUREFOOT_CONFIG=$PWD/../../examples/isodate/agent.toml
    surefoot run "Replace six with plain Python 3" --yes --model scripted:../../examples/isodate/agent.py:play

What it answers follows from what it is told, so that a run that is killed goes on where it was. Its first attempt at
one step is careless, and claims what nobody has seen: the check says so, and the next attempt does better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surefoot.models.scripts import ScriptedRequest

Calls = Sequence[tuple[str, Mapping[str, object]]]
TESTS = "python -m pytest -q -p no:cacheprovider -o 'python_files=test_*.py' src/isodate/tests"
DURATION, PICKLE, SETUP = "src/isodate/isoduration.py", "src/isodate/tests/test_pickle.py", "setup.py"
SUITE = {"name": "suite", "tests": TESTS, "expect": "pass_to_pass"}
INSTALL = "python3 -m venv .venv && .venv/bin/pip install -q pytest==9.2.0 six==1.17.0"
UNDERSTOOD = {
    "summary": "Two modules and the requirement in setup.py use six: for string_types, and for cPickle.",
    "files": [
        {"path": DURATION, "learned": "string_types stands in the import and in one isinstance"},
        {"path": PICKLE, "learned": "cPickle comes from six.moves"},
        {"path": SETUP, "learned": "install_requires names six"},
    ],
    "scope": [DURATION, PICKLE, SETUP],
    "risks": ["The release keeps no support for Python 2."],
    "questions": [],
    "prepare": {"run": INSTALL, "key": ["setup.py"], "path": [".venv/bin"], "network": True},
    "accept": [SUITE, {"name": "no six", "run": "! git grep -nw six -- '*.py'", "expect": "fail_to_pass"}],
}
WRITES = {"duration": DURATION, "pickle": PICKLE, "requirement": SETUP}


def step(name: str, what: str, needs: tuple[str, ...] = ()) -> Mapping[str, object]:
    """Return one step of the plan, proved by a search that is red before it, and by the suite."""
    path = WRITES[name]
    lacks = {"name": f"no six in {path}", "run": f"! grep -nw six {path}", "expect": "fail_to_pass"}
    own = {"id": name, "why": f"{path} uses six", "agent": what, "writes": [path], "checks": [lacks, SUITE]}
    return {**own, "needs": list(needs)} if needs else own


PLAN = [
    step("duration", "Replace string_types by str and take the import of six out."),
    step("pickle", "Import pickle itself."),
    step("requirement", "Take six out of install_requires.", needs=("duration", "pickle")),
]
EDITS = {
    "duration": [
        ("from six import string_types\n", ""),
        ("isinstance(datestring, string_types)", "isinstance(datestring, str)"),
    ],
    "pickle": [("from six.moves import cPickle as pickle", "import pickle")],
    "requirement": [("    install_requires=[\n          'six'\n      ],\n", "")],
}


def play(request: ScriptedRequest) -> Calls:
    """Return the calls of the next reply."""
    if request.role == "scout":
        if request.turn == 1:
            return [("list", {}), ("search", {"pattern": r"\bsix\b", "glob": "*.py"})]
        if request.turn == 2:
            return [("read", {"path": DURATION}), ("read", {"path": SETUP})]
        return [("understood", UNDERSTOOD)]
    if request.role == "planner":
        return [("plan", {"steps": PLAN})]
    if request.role == "reviewer":
        if request.turn == 1:
            return [("git", {"args": ["diff", "--stat", "HEAD~3", "HEAD"]})]
        return [("finish", {"summary": "The difference does what the goal says.", "confidence": 0.8})]
    return work(request)


def work(request: ScriptedRequest) -> Calls:
    """Return what the worker does next: read, edit and run, finish."""
    path, is_careless = WRITES[request.step], request.step == "duration" and request.attempt == 1
    edits = EDITS[request.step][:1] if is_careless else EDITS[request.step]
    if request.turn == 1:
        return [("read", {"path": path})]
    if request.turn == 2:
        changes = ("edit", {"edits": [{"path": path, "old": old, "new": new} for old, new in edits]})
        return [changes] if is_careless else [changes, ("run", {"command": TESTS})]
    statement = {"text": "all tests pass", "evidence": "" if is_careless else "2.2"}
    done = {"summary": f"{path} does without six.", "changed": [path], "statements": [statement], "confidence": 0.9}
    return [("finish", {**done, "uncertainties": []})]
