"""The reader of amendments: from the text of an amendment file, or of an edited plan, to operations on a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields as fields_of
from dataclasses import replace
from functools import partial

from surefoot.core.amendments import (
    AddAccept,
    AddConstraint,
    AddStep,
    DropAccept,
    DropConstraint,
    DropStep,
    MoveStep,
    Operation,
    ReplaceStep,
    SetGoal,
    SetLimits,
    SetScope,
)
from surefoot.core.ids import StepId, encode_id
from surefoot.core.plan import Constraint, Limits, Plan, Step, within
from surefoot.core.plan_schema import OPERATIONS, TABLES
from surefoot.core.record import record
from surefoot.errors import PlanInvalid
from surefoot.planfile.check_reader import read_checks
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.plan_loader import invalid, parse_plan, read_limits, read_scope
from surefoot.planfile.readers import read_keys, read_record
from surefoot.planfile.step_reader import read_defaults, read_step
from surefoot.planfile.tree import Flaw, Items, Scalar, Table, Tree
from surefoot.planfile.yaml_reader import read_tree

_ATTEMPTS = 3
_FIXED = ("prepare", "env", "services", "policy", "requirements")
"""What of a plan stays as it is while its run goes on."""


@record
class ReadAmendment:
    """What an amendment's text says."""

    operations: tuple[Operation, ...]
    why: str = ""


def read_amendment(text: str, name: str, plan: Plan, plan_text: str = "") -> ReadAmendment:
    """Read the text of an amendment, or of a whole plan that is to hold in the place of the present one.

    Args:
        text: the text.
        name: stands for the file in places.
        plan: the plan in force.
        plan_text: its text, for its `defaults` and `limits.attempts`: they hold for steps that are added, too.

    Raises:
        PlanInvalid: it cannot be read; `facts["problems"]` names every flaw with its place.
    """
    tree = read_tree(text.removeprefix("\ufeff"))
    if isinstance(tree, Flaw):
        raise invalid(name, [tree])
    if isinstance(tree, Table) and "amend" not in _keys(tree):
        return ReadAmendment(operations=operations_between(plan, _plan_in(tree, parse_plan(text, name).plan, plan)))
    page = Page()
    found = read_keys(page, tree, "amendment")
    if found is None:
        raise invalid(name, page.flaws)
    reading = _Reading(page, plan, *_defaults_in(plan_text))
    why = found.take("why", page.text, "")
    operations = tuple(reading.operations(found))
    if page.flaws:
        raise invalid(name, page.flaws)
    return ReadAmendment(operations=operations, why=why)


def read_constraint(text: str, deny: Sequence[str], plan: Plan) -> Constraint:
    """Return what a person says to hold for a run, with globs as an amendment's file would have them.

    Raises:
        PlanInvalid: a glob is none of a file of the repository.
    """
    said = {"amend": [{"constraint": {"text": text, "deny": list(deny)}}]}
    [operation] = read_amendment(json.dumps(said, ensure_ascii=False), "--deny", plan).operations
    assert isinstance(operation, AddConstraint)
    return operation.constraint


def _plan_in(tree: Table, read: Plan, in_force: Plan) -> Plan:
    """Return a plan that was read as the run would have it: in its folder, and with its workers.

    Limits that the file does not name stay as they are.
    """
    page = Page()
    found = read_keys(page, tree, "plan")
    limits = in_force.limits if found is None else _Reading(page, in_force, None, _ATTEMPTS).limits(found)
    read = replace(read, limits=limits)
    return _as_started(within(read, in_force.folder) if in_force.folder else read, in_force)


def _as_started(read: Plan, in_force: Plan) -> Plan:
    """Return the plan with agents of others at the steps that were given to them when the run was started."""
    workers = {step.id: step.body.worker_named for step in in_force.steps}
    steps = ((step, workers.get(step.id)) for step in read.steps)
    given = (step if worker is None else replace(step, body=step.body.given_to(worker)) for step, worker in steps)
    return replace(read, steps=tuple(given))


def _defaults_in(plan_text: str) -> tuple[Fields | None, int]:
    """Return what the plan file in force says of steps that do not say otherwise."""
    page, tree = Page(), read_tree(plan_text) if plan_text else None
    found = None if tree is None or isinstance(tree, Flaw) else read_keys(page, tree, "plan")
    if found is None:
        return None, _ATTEMPTS
    _, attempts = found.take("limits", partial(read_limits, page), (Limits(), _ATTEMPTS))
    return found.take("defaults", partial(read_defaults, page), None), attempts


@record(kw_only=False)
class _Reading:
    page: Page
    plan: Plan
    defaults: Fields | None
    attempts: int

    def operations(self, found: Fields) -> Iterator[Operation]:
        """Yield the operations of an amendment; of one that cannot be read its flaw is noted."""
        node = found.node("amend")
        if not isinstance(node, Items) or not node.items:
            said = "there is nothing to change" if node is None or isinstance(node, Items) else described(node)
            self.page.flaw(found.at("amend"), f"{said}; a list of changes was expected; begin each with `- add:` …")
            return
        for item in node.items:
            fields = read_keys(self.page, item, "operation")
            kind = None if fields is None else fields.exactly_one(OPERATIONS, "a change")
            if fields is not None and kind is not None:
                yield from self._operation(fields, kind)

    def _operation(self, fields: Fields, kind: str) -> Iterator[Operation]:
        before, after = self._beside(fields, kind, "before"), self._beside(fields, kind, "after")
        if before and after:
            self.page.flaw(fields.at("after"), "`after` stands beside `before`; one place was expected; remove one")
        match kind:
            case "add" | "move":
                yield from self._placed(fields, kind, before, after)
            case "replace":
                read = fields.take(kind, self._step, None)
                yield from () if read is None else (ReplaceStep(step=read.id, by=read),)
            case "drop":
                yield DropStep(step=encode_id(fields.take(kind, self.page.text, "")))
            case _:
                yield from self._of_the_whole(fields, kind)

    def _of_the_whole(self, fields: Fields, kind: str) -> Iterator[Operation]:
        match kind:
            case "goal":
                yield SetGoal(goal=fields.take(kind, self.page.text, ""))
            case "scope":
                scope = fields.take(kind, partial(read_scope, self.page), ())
                yield SetScope(scope_write=self._here(replace(self.plan, scope_write=scope)).scope_write)
            case "limits":
                yield SetLimits(limits=self.limits(fields))
            case "constraint":
                read = fields.take(kind, partial(read_record, self.page, table=TABLES["constraint"]), None)
                made = () if read is None else self._here(replace(self.plan, constraints=(read,))).constraints
                yield from (AddConstraint(constraint=one) for one in made)
            case "drop_constraint":
                yield DropConstraint(text=fields.take(kind, self.page.text, ""))
            case "accept":
                checks = fields.take(kind, partial(read_checks, self.page), ())
                yield from (AddAccept(check=one) for one in self._here(replace(self.plan, accept=checks)).accept)
            case _:
                yield DropAccept(name=fields.take(kind, self.page.text, ""))

    def _placed(self, fields: Fields, kind: str, before: StepId | None, after: StepId | None) -> Iterator[Operation]:
        if kind == "add":
            read = fields.take(kind, self._step, None)
            yield from () if read is None else (AddStep(step=read, before=before, after=after),)
            return
        if not before and not after:
            self.page.flaw(fields.at(kind), "`move` says no place; `before` or `after` was expected; add one")
        yield MoveStep(step=encode_id(fields.take(kind, self.page.text, "")), before=before, after=after)

    def _beside(self, fields: Fields, kind: str, key: str) -> StepId | None:
        if key in fields and kind not in ("add", "move"):
            self.page.flaw(fields.at(key), f"`{key}` stands beside `{kind}`; `add` or `move` was expected; remove it")
        name = fields.take(key, self.page.text, None)
        return None if name is None else encode_id(name)

    def _step(self, node: Tree) -> Step | None:
        read = read_step(self.page, node, self.defaults, self.attempts)
        return None if read is None else self._here(replace(self.plan, steps=(read.step,))).steps[0]

    def _here(self, plan: Plan) -> Plan:
        """Return a plan as if the folder of the run were the whole repository."""
        return within(plan, self.plan.folder) if self.plan.folder else plan

    def limits(self, fields: Fields) -> Limits:
        """Return the limits in force with those in their place that stand there."""
        given, _ = fields.take("limits", partial(read_limits, self.page), (Limits(), _ATTEMPTS))
        node = fields.node("limits")
        named = _keys(node) if isinstance(node, Table) else set[str]()
        changed = {one.name for one in fields_of(Limits) if one.name in named or one.name.removesuffix("_s") in named}
        changed |= {"observed"} if "resources" in named else set()
        return replace(self.plan.limits, **{name: getattr(given, name) for name in changed})


def _keys(table: Table) -> set[str]:
    return {key.text for key, _ in table.entries if isinstance(key, Scalar)}


def operations_between(before: Plan, after: Plan) -> tuple[Operation, ...]:
    """Return the operations that make one plan of another.

    Raises:
        PlanInvalid: they differ in what stays as it is while a run goes on.
    """
    fixed = [name for name in _FIXED if getattr(before, name) != getattr(after, name)]
    if fixed:
        raise PlanInvalid.of(
            f"`{fixed[0]}` differs from the plan of the run; it stays as it is while a run goes on; "
            "take the change back, or start a new run"
        )
    return (*_of_the_whole(before, after), *_of_steps(before, after))


def _of_the_whole(before: Plan, after: Plan) -> Iterator[Operation]:
    if before.goal != after.goal:
        yield SetGoal(goal=after.goal)
    if before.limits != after.limits:
        yield SetLimits(limits=after.limits)
    if before.scope_write != after.scope_write:
        yield SetScope(scope_write=after.scope_write)
    known = [one.text for one in before.constraints]
    # What people have said to hold stays, also where their plan file does not have it.
    yield from (AddConstraint(constraint=one) for one in after.constraints if one.text not in known)
    yield from (DropAccept(name=check.name) for check in before.accept if check not in after.accept)
    yield from (AddAccept(check=check) for check in after.accept if check not in before.accept)


def _of_steps(before: Plan, after: Plan) -> Iterator[Operation]:
    old, new = {step.id: step for step in before.steps}, {step.id: step for step in after.steps}
    yield from (DropStep(step=name) for name in old if name not in new)
    yield from (ReplaceStep(step=name, by=step) for name, step in new.items() if name in old and old[name] != step)
    ids = [name for name in old if name in new]
    for at, (name, step) in enumerate(new.items()):
        if at < len(ids) and ids[at] == name:
            continue
        beside = ids[at] if at < len(ids) else None
        if name in old:
            ids.remove(name)
            yield MoveStep(step=name, before=beside)
        else:
            yield AddStep(step=step, before=beside)
        ids.insert(at, name)
