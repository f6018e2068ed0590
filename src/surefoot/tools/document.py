"""The text of a plan file that a model helped to write, and the lines of its mistakes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from surefoot.core.globs import literal
from surefoot.core.plan import Check, Plan
from surefoot.core.regex import regex

PLAN_NAME = "plan"
"""What stands for the file in places."""
_PLACE = regex(rf"{PLAN_NAME}:(\d+):\d+: ")
_LINE_MAX = 160


def unfolded(plan: Plan) -> Plan:
    """Return a plan made for a folder of a repository with the globs it was written with; see `within`."""
    start = f"{literal(plan.folder)}/"

    def globs(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text.removeprefix(start) for text in texts)

    def check(one: Check) -> Check:
        return replace(one, ask=one.ask.from_root(globs))

    if not plan.folder:
        return plan
    prepare = None if plan.prepare is None else replace(plan.prepare, key=globs(plan.prepare.key))
    return replace(plan, prepare=prepare, accept=tuple(map(check, plan.accept)), scope_write=globs(plan.scope_write))


def quoted(problems: Iterable[str], text: str) -> str:
    """Return the problems, each followed by the line of the document it is about."""
    lines = text.splitlines()
    told: list[str] = []
    for problem in problems:
        told.append(problem)
        place = _PLACE.match(problem)
        number = int(place[1]) if place is not None else 0
        if 0 < number <= len(lines):
            told.append(f"    {number} | {lines[number - 1][:_LINE_MAX]}")
    return "\n".join(told)
