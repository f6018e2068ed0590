"""What people are told of an amendment before they agree to it: what it does to each step, and what differs.

Nothing here changes the state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from enum import Enum

from surefoot.core.amendment_effects import AmendmentEffects
from surefoot.core.amendments import (
    AddAccept,
    AddConstraint,
    AddStep,
    DropAccept,
    DropConstraint,
    Fate,
    MoveStep,
    Operation,
    SetGoal,
    SetLimits,
    SetScope,
)
from surefoot.core.plan import Limits, Plan, Step
from surefoot.core.short_text import shortened
from surefoot.core.state import RunState
from surefoot.core.untrusted_text import in_line

_TEXT_MAX, _VALUE_MAX = 400, 120


def lines_of_amendment(
    state: RunState, operations: Sequence[Operation], found: AmendmentEffects, *, is_for_agents: bool = False
) -> Iterator[str]:
    """Yield, line by line, what an amendment does to each step, what its steps are, and what it allows more.

    Agents are told of no check that is held back from them.
    """
    for one in found.changes:
        if one.fate is not Fate.KEPT:
            yield f"{one.fate.value}: {one.step}{f' ({one.why})' if one.why else ''}"
    yield from differences_of(state.plan, operations, found.plan, is_for_agents=is_for_agents)
    yield from (f"It allows more, or proves less: {text}" for text in found.wideners)


def differences_of(
    before: Plan, operations: Sequence[Operation], after: Plan, *, is_for_agents: bool = False
) -> Iterator[str]:
    """Yield, line by line, what differs between two plans, of which operations make one of the other."""
    known = {step.id: step for step in before.steps}
    for step in after.steps:
        if step.id in known:
            yield from _differences(known[step.id], step, is_for_agents=is_for_agents)
        else:
            yield f"{step.id} does {step.body.lead}{in_line(shortened(step.body.text, _TEXT_MAX))}"
            yield f"{step.id} is checked by {_checks(step, is_for_agents=is_for_agents)}"
    yield from (said for one in operations for said in _said(one, before.limits))


def _differences(was: Step, now: Step, *, is_for_agents: bool) -> Iterator[str]:
    if was.body != now.body:
        yield f"{now.id} does {now.body.lead}{in_line(shortened(now.body.text, _TEXT_MAX))}"
        yield f"{now.id} did {was.body.lead}{in_line(shortened(was.body.text, _TEXT_MAX))}"
    checks = [_checks(step, is_for_agents=is_for_agents) for step in (now, was)]
    if was.checks != now.checks:
        yield f"{now.id} is checked by {checks[0]}; before by {checks[1]}"
    yield from _of_fields(now.id, was, now, ("body", "checks", "id"))


def _of_fields(name: str, was: Step | Limits, now: Step | Limits, but: Iterable[str] = ()) -> Iterator[str]:
    """Yield the fields in which two records of a kind differ."""
    for one in fields(was):
        old, new = getattr(was, one.name), getattr(now, one.name)
        if old != new and one.name not in but:
            yield f"{name}, {one.name}: {_value(new)}; before: {_value(old)}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_value, value)) or "nothing"  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value.value) if isinstance(value, Enum) else "nothing" if value in (None, "") else str(value)
    return in_line(shortened(text, _VALUE_MAX))


def _checks(step: Step, *, is_for_agents: bool) -> str:
    return ", ".join(check.name for check in step.checks if not (check.held_back and is_for_agents)) or "nothing"


def _said(operation: Operation, limits: Limits) -> Iterator[str]:
    """Yield what an operation means that no step shows."""
    match operation:
        case AddStep(step=step, before=before, after=after) if before or after:
            yield _placed(step.id, before, after)
        case MoveStep(step=step, before=before, after=after):
            yield _placed(step, before, after)
        case SetGoal(goal=goal):
            yield f"The goal: {in_line(shortened(goal, _TEXT_MAX))}"
        case SetScope(scope_write=globs):
            yield f"The run may change: {_value(globs)}"
        case SetLimits(limits=new):
            yield from _of_fields("limits", limits, new)
        case AddAccept(check=check):
            yield f"Acceptance check: {check.name}"
        case DropAccept(name=name):
            yield f"Acceptance check dropped: {name}"
        case AddConstraint(constraint=constraint):
            denied = f" (not to be changed: {_value(constraint.deny)})" if constraint.deny else ""
            yield f"Holds from here on: {in_line(shortened(constraint.text, _TEXT_MAX))}{denied}"
        case DropConstraint(text=text):
            yield f"Does not hold any more: {in_line(shortened(text, _TEXT_MAX))}"
        case _:
            return


def _placed(step: str, before: str | None, after: str | None) -> str:
    return f"{step} comes before {before}" if before else f"{step} comes after {after}"
