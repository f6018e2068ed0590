"""A plan before it runs: order, parallel steps, findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

from surefoot.core.event_words import Finding, Severity
from surefoot.core.graph import Graph
from surefoot.core.ids import StepId
from surefoot.core.plan import Plan, Step
from surefoot.core.review import Review, members_known
from surefoot.core.short_text import counted
from surefoot.errors import PlanInvalid
from surefoot.views.lines import duration

SCHEMA = "surefoot.check/1"
_ALIKE_MOST = 5
"""So many notes of one kind are shown, then how many more there are."""
ROW_MOST = 12
"""So many steps stand in a row."""


def problems_of(error: PlanInvalid) -> list[str]:
    """Return what is wrong with a plan, a line each."""
    problems = cast("Sequence[str]", error.facts.get("problems") or ())
    return list(problems) or [error.message]


def check_document(path: Path, plan: Plan, graph: Graph, reviewed: Review) -> dict[str, object]:
    """Return what `check` says of a plan that can run, as plain data."""
    return {
        "schema": SCHEMA,
        "plan": str(path),
        "valid": True,
        "goal": plan.goal,
        "needs": dict(graph.needs),
        "added": {step.id: step.why for step in plan.steps if step.is_added},
        "risks": {step.id: step.risk for step in plan.steps if step.risk},
        "undo_commands": {step.id: step.undo_run for step in plan.steps if step.undo_run},
        **asdict(reviewed),
    }


def folded(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with only the first few notes of one kind, and how many more there are."""
    shown: list[Finding] = []
    number: dict[str, int] = {}
    last: dict[str, int] = {}
    for finding in findings:
        number[finding.kind] = number.get(finding.kind, 0) + 1
        if finding.severity is not Severity.NOTE or number[finding.kind] <= _ALIKE_MOST:
            shown.append(finding)
            last[finding.kind] = len(shown) - 1
    for kind, at in last.items():
        more = number[kind] - _ALIKE_MOST
        if more > 0 and shown[at].severity is Severity.NOTE:
            text = f"{shown[at].text} ({counted(more, 'more note')} of its kind; --json has all)"
            shown[at] = replace(shown[at], text=text)
    return shown


def most_at_once(plan: Plan, reviewed: Review) -> str:
    """Return how many steps can run at once; more than that, where groups are among them."""
    number = sum(map(members_known, widest(plan, reviewed)))
    is_exact = reviewed.sequencing.is_widest_exact and all(step.for_each is None for step in plan.steps)
    return f"{'' if is_exact else 'at least '}{counted(number, 'step')}"


def widest(plan: Plan, reviewed: Review) -> list[Step]:
    """Return the steps that can run at once: the widest set, or a layer with more when members count."""
    known = {step.id: step for step in plan.steps}
    found = reviewed.sequencing
    sets = [[known[name] for name in names] for names in (found.widest, *found.layers)]
    return max(sets, key=lambda steps: (sum(map(members_known, steps)), any(one.for_each is not None for one in steps)))


def summary(plan: Plan, reviewed: Review) -> str:
    """Return the size of a plan and how long it takes at least, on one line."""
    parts = [counted(len(plan.steps), "step"), f"{most_at_once(plan, reviewed).rpartition(' ')[0]} at once"]
    path = reviewed.critical_path
    parts += [f"critical path {duration(path.seconds)}"] if path.seconds > 0 else []
    return ", ".join(parts)


def chain(names: Sequence[StepId]) -> str:
    """Return a chain of steps, its middle left out if it is long."""
    if len(names) <= 2 * ROW_MOST:
        return " → ".join(names)
    middle = f"… {len(names) - 2 * ROW_MOST} more …"
    return " → ".join([*names[:ROW_MOST], middle, *names[-ROW_MOST:]])


def with_members(step: Step) -> str:
    """Return the name of a step, for a group that lists its items with their number."""
    number = members_known(step)
    return step.id if number == 1 else f"{step.id} ({number} members)"
