"""Globs and commands that would take for ever to read: of an agent's tools, and of a plan.

Read `tests/shellwords/test_budget.py` and `tests/core/test_globs.py` for all their forms.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

GLOB = "*a" * 16 + "*b"
DOUBLING = "exit 0; v0=aa; " + "; ".join(f"v{n}=$v{n - 1}$v{n - 1}" for n in range(1, 40)) + "; echo $v39"
CALLS = [
    {"tool": "list", "arguments": {"glob": GLOB}},
    {"tool": "search", "arguments": {"pattern": "x", "glob": GLOB}},
    {"tool": "outline", "arguments": {"path": GLOB}},
    {"tool": "run", "arguments": {"command": f"echo done > done.txt; {DOUBLING}"}},
]
FINISH = {"tool": "finish", "arguments": {"summary": "I am through.", "confidence": 0.95}}
PLAN = "goal: Read\nsteps: [{id: read, agent: Read., checks: [{file: done.txt, contains: done}]}]\n"


def test_no_tool_of_an_agent_stops_the_engine(stage: Stage) -> None:
    """Names that all stars could share, and variables that double each other."""
    (stage.user / ("a" * 60)).write_text("x\n", "utf-8")
    stage.bash("git add . && git commit -qm names")
    script = stage.folder / "script.yaml"
    turns = [{"when": {"turn": at}, "calls": calls} for at, calls in ((1, CALLS), (2, [FINISH]))]
    script.write_text(json.dumps(turns), "utf-8")
    said = stage.say("run", stage.plan(PLAN), "--yes", "--model", f"scripted:{script}")
    assert (said.code, stage.git("show", "HEAD:" + "a" * 60)) == (0, "x"), said.out


@pytest.mark.parametrize("command", ["sudo --x " * 7_000 + "ls", DOUBLING], ids=["options", "doubling"])
def test_a_command_that_takes_too_long_to_read_is_unclear(stage: Stage, command: str) -> None:
    """Options of which each may take a value or not, and variables: a person is asked."""
    steps = [{"id": "long", "run": command, "network": True, "effect": "reversible", "writes": [f"{GLOB}.txt"]}]
    plan = stage.plan(json.dumps({"goal": "Read", "steps": steps}))
    said = stage.say("check", plan)
    assert "it stands for too much to look at" in said.out
