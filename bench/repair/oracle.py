"""A scripted model that knows what is right: what it does not reach is the fault of what is round it.

What it answers follows from what it is told alone, so that it can be killed at any point. Read
`surefoot.models.scripts` for what scripts are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.repair.cases import Case
from surefoot.models.scripts import Answered, Script, ScriptedRequest


def oracle_of(cases: Sequence[Case]) -> Script:
    """Return the script for these cases."""
    known: Mapping[str, Case] = {case.name: case for case in cases}

    def play(request: ScriptedRequest) -> Answered:
        case = known[request.step]
        path = f"{case.name}/{case.path}"
        turns: list[Sequence[tuple[str, Mapping[str, object]]]] = [
            [("read", {"path": path})],
            [("edit", {"create": [{"path": path, "content": case.reference}]})],
            [("run", {"command": case.visible, "cwd": case.name})],
            [("finish", _claim(path))],
        ]
        return turns[min(request.turn, len(turns)) - 1]

    return play


def _claim(path: str) -> Mapping[str, object]:
    shown = [{"text": "the visible tests pass", "evidence": "3.1"}]
    return {"summary": "Put the fault right.", "changed": [path], "statements": shown, "confidence": 1.0}
