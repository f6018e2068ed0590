"""Amendments: how people, agents and recoveries change a plan whose run goes on.

An amendment is a list of operations. They are folded onto the plan in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from enum import StrEnum

from surefoot.core.graph import build_graph, suggestion
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, Constraint, Effect, Limits, Plan, Step, with_constraints
from surefoot.core.record import record


class AmendmentOrigin(StrEnum):
    """Where an amendment comes from."""

    PERSON = "person"
    """Somebody says it by a command."""
    FILE = "file"
    """An amendment's file, or an edited plan."""
    AGENT = "agent"
    """The planner, asked because an agent at work says that the plan should change."""
    RECOVERY = "recovery"
    """The planner, asked because a step failed."""
    PLANNER = "planner"
    """The planner, asked for another reason: a word of a person, a doubt, a stopped plan, a red acceptance check."""


@record
class AddStep:
    """A step more; without a place it comes last."""

    step: Step
    before: StepId | None = None
    after: StepId | None = None


@record
class DropStep:
    """A step less."""

    step: StepId


@record
class ReplaceStep:
    """Another step in the place of one; it may have another id."""

    step: StepId
    by: Step


@record
class MoveStep:
    """A step is taken up earlier or later."""

    step: StepId
    before: StepId | None = None
    after: StepId | None = None


@record
class SetLimits:
    """Other limits of the run."""

    limits: Limits


@record
class SetScope:
    """Other globs over the files that the run may change."""

    scope_write: tuple[str, ...]


@record
class AddAccept:
    """An acceptance check more."""

    check: Check


@record
class DropAccept:
    """An acceptance check less."""

    name: str


@record
class SetGoal:
    """Another goal, in words."""

    goal: str


@record
class AddConstraint:
    """Something that holds from here on, whatever goal and steps say."""

    constraint: Constraint


@record
class DropConstraint:
    """A constraint less."""

    text: str


_OfTheWhole = SetLimits | SetScope | AddAccept | DropAccept | SetGoal | AddConstraint | DropConstraint
Operation = AddStep | DropStep | ReplaceStep | MoveStep | _OfTheWhole


def amended(plan: Plan, operations: Sequence[Operation]) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan with the operations carried out in their order, and what is wrong with them or with it.

    An operation that cannot be carried out is left out, and named; where there is such a problem the plan must not be
    adopted.
    """
    problems: list[str] = []
    for number, operation in enumerate(operations, start=1):
        plan, flaw = _folded(plan, operation)
        if flaw:
            problems.append(f"operation {number}: {flaw}")
    if not plan.steps:
        problems.append("the plan would have no steps")
    _, found = build_graph(plan.steps)
    return plan, (*problems, *(f"step {problem.step!r}: {problem.text}" for problem in found))


_Folded = tuple[Plan, str]
"""A plan, and why the operation could not be carried out on it; empty where it could."""


def _folded(plan: Plan, operation: Operation) -> _Folded:
    match operation:
        case AddStep():
            return _add(plan, operation)
        case DropStep():
            return _drop(plan, operation)
        case ReplaceStep():
            return _replace(plan, operation)
        case MoveStep():
            return _move(plan, operation)
        case _:
            return _of_the_whole(plan, operation)


def _of_the_whole(plan: Plan, operation: _OfTheWhole) -> _Folded:
    match operation:
        case AddAccept():
            return _add_accept(plan, operation)
        case DropAccept(name=name):
            left = tuple(one for one in plan.accept if one.name != name)
            flaw = _not_there("acceptance check", name, [one.name for one in plan.accept])
            return replace(plan, accept=left), flaw
        case SetLimits():
            return replace(plan, limits=operation.limits), ""
        case SetScope():
            return replace(plan, scope_write=operation.scope_write), ""
        case SetGoal():
            return replace(plan, goal=operation.goal), ""
        case AddConstraint():
            return with_constraints(replace(plan, constraints=(operation.constraint,)), plan.constraints), ""
        case DropConstraint(text=text):
            kept = tuple(one for one in plan.constraints if one.text != text)
            flaw = _not_there("constraint", text, [one.text for one in plan.constraints])
            return replace(plan, constraints=kept), flaw


def _placed(plan: Plan, step: Step, before: StepId | None, after: StepId | None) -> _Folded:
    """Return the plan with the step at its place."""
    beside = before or after
    ids = [one.id for one in plan.steps]
    if beside is None:
        return replace(plan, steps=(*plan.steps, step)), ""
    if beside not in ids:
        return plan, _unknown(plan, beside)
    at = ids.index(beside) + (before is None)
    return replace(plan, steps=(*plan.steps[:at], step, *plan.steps[at:])), ""


def _add(plan: Plan, operation: AddStep) -> _Folded:
    if any(one.id == operation.step.id for one in plan.steps):
        return plan, f"there is a step {operation.step.id!r} already; `replace` changes it"
    return _placed(plan, operation.step, operation.before, operation.after)


def _drop(plan: Plan, operation: DropStep) -> _Folded:
    left = tuple(one for one in plan.steps if one.id != operation.step)
    return (plan, _unknown(plan, operation.step)) if len(left) == len(plan.steps) else (replace(plan, steps=left), "")


def _replace(plan: Plan, operation: ReplaceStep) -> _Folded:
    if all(one.id != operation.step for one in plan.steps):
        return plan, _unknown(plan, operation.step)
    return replace(plan, steps=tuple(operation.by if one.id == operation.step else one for one in plan.steps)), ""


def _move(plan: Plan, operation: MoveStep) -> _Folded:
    found = next((one for one in plan.steps if one.id == operation.step), None)
    if found is None:
        return plan, _unknown(plan, operation.step)
    if operation.step in (operation.before, operation.after):
        return plan, f"step {operation.step!r} cannot be moved beside itself"
    moved, flaw = _placed(_drop(plan, DropStep(step=found.id))[0], found, operation.before, operation.after)
    return (plan, flaw) if flaw else (moved, "")


def _add_accept(plan: Plan, operation: AddAccept) -> _Folded:
    if any(one.name == operation.check.name for one in plan.accept):
        return plan, f"there is an acceptance check {operation.check.name!r} already"
    return replace(plan, accept=(*plan.accept, operation.check)), ""


def _not_there(what: str, name: str, names: Sequence[str]) -> str:
    """Say that nothing of that name can be dropped; empty where it can."""
    known = "; ".join(map(repr, names)) or "there are none"
    return "" if name in names else f"there is no {what} {name!r}; those of the plan: {known}"


def _unknown(plan: Plan, name: StepId) -> str:
    return f"there is no step {name!r}; {suggestion(name, {one.id: one for one in plan.steps})}"


class Fate(StrEnum):
    """What an amendment does to a step."""

    ADDED = "added"
    KEPT = "kept"
    """As it stands; what is verified is not done again."""
    EDITED = "edited"
    """It had not begun: it will be carried out as it is now."""
    RESTARTED = "restarted"
    """Its attempt is broken off and put back, and does not count; it begins anew as it is now."""
    INVALIDATED = "done again"
    """It was verified, and is another step now or rests on one."""
    DROPPED = "dropped"
    REFUSED = "refused"
    """The amendment cannot hold as the step stands."""


@record
class StepChange:
    """What an amendment does to one step, and why."""

    step: StepId
    fate: Fate
    why: str


_NOT_WORK = frozenset({"title", "why", "risk", "estimate_s", "needs", "covers"})
"""What of a step only people read, or the order of steps rests on: where nothing else differs nothing is done again."""


def is_same_work(before: Step, after: Step) -> bool:
    """Tell whether two steps do and prove the same, whatever they are called by people and wait for."""
    return all(
        getattr(before, one.name) == getattr(after, one.name) for one in fields(Step) if one.name not in _NOT_WORK
    )


def steps_of(operations: Iterable[Operation]) -> tuple[Step, ...]:
    """Return the steps that an amendment brings into a plan."""
    found = (
        (one.step if isinstance(one, AddStep) else one.by)
        for one in operations
        if isinstance(one, AddStep | ReplaceStep)
    )
    return tuple(found)


def lost_checks(before: Plan, after: Plan) -> tuple[tuple[Step, Check], ...]:
    """Return the checks of steps that no step of another plan asks, each with its step."""
    kept = {(check.digest, check.expect) for step in after.steps for check in step.checks}
    pairs = ((step, check) for step in before.steps for check in step.checks)
    return tuple((step, check) for step, check in pairs if (check.digest, check.expect) not in kept)


def wideners_of(before: Plan, after: Plan) -> tuple[str, ...]:
    """Say in which ways a plan allows more, or proves less, than another: what nobody but a person may decide."""
    return tuple(_wideners(before, after))


def _wideners(before: Plan, after: Plan) -> Iterator[str]:
    if set(after.scope_write) - set(before.scope_write):
        yield f"the run may change more files: {', '.join(sorted(set(after.scope_write) - set(before.scope_write)))}"
    for name in ("wall_s", "cost_usd", "tokens", "requests"):
        was, now = getattr(before.limits, name), getattr(after.limits, name)
        if was is not None and (now is None or now > was):
            yield f"the limit {name} is raised from {was:g} to {'nothing' if now is None else f'{now:g}'}"
    held = (one.text for one in before.constraints if one not in after.constraints)
    yield from (f"the constraint {text!r} is dropped or changed" for text in held)
    yield from (
        f"acceptance check {check.name!r} is dropped or changed" for check in before.accept if check not in after.accept
    )
    known = {step.id: step for step in before.steps}
    for step in after.steps:
        if step.id in known:
            yield from _wideners_of_step(before, after, known[step.id], step)
        elif step.reaches_out or step.effect.is_outside:
            yield f"step {step.id!r} is {step.effect} and was in no plan before"


def _wideners_of_step(before: Plan, after: Plan, was: Step, now: Step) -> Iterator[str]:
    more = set(after.writes_of(now)) - set(before.writes_of(was))
    if more and now.writes is not None:
        yield f"step {now.id!r} may change more files: {', '.join(sorted(more))}"
    if _ORDER[now.effect] > _ORDER[was.effect]:
        yield f"step {now.id!r} is {now.effect} and was {was.effect}"
    if (now.network, now.confine) != (was.network, was.confine) and now.reaches_out:
        yield f"step {now.id!r} reaches further out of its lane"
    for check in was.checks:
        if check not in now.checks:
            yield f"check {check.name!r} of step {now.id!r} is dropped or changed"


_ORDER = {
    effect: at for at, effect in enumerate((Effect.READ, Effect.REVERSIBLE, Effect.IDEMPOTENT, Effect.IRREVERSIBLE))
}
