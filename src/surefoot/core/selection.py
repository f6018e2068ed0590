"""A selection of steps with everything they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surefoot.core.graph import Graph, resolve, suggestion, upstream
from surefoot.core.ids import StepId, is_id_glob
from surefoot.core.plan import Plan
from surefoot.core.record import record


@record
class Selection:
    """What is chosen of a plan."""

    plan: Plan
    left_out: tuple[StepId, ...] = ()
    unknown: tuple[str, ...] = ()
    """For each name that names no step, what is wrong with it."""


def select(plan: Plan, graph: Graph, names: Sequence[str]) -> Selection:
    """Return the plan with the steps that `names` names and all that these need, directly or through others.

    A name is the id of a step or group, or a glob over ids. `rollback_to` and the outputs of other steps need nothing
    of their own: the graph refuses both where a step does not need what they name.
    """
    known = {step.id: step for step in plan.steps}
    kept: set[StepId] = set()
    unknown: list[str] = []
    for name in names:
        found = resolve(name, known, {})
        if not found:
            what = "the glob matches no step" if is_id_glob(name) else "no step or group has that id"
            unknown.append(f"`only` names {name!r}, but {what}; {suggestion(name, known, most=3)}")
        for step in found:
            kept |= {step, *upstream(step, graph.needs)}
    steps = tuple(step for step in plan.steps if step.id in kept)
    left_out = tuple(step.id for step in plan.steps if step.id not in kept)
    return Selection(plan=replace(plan, steps=steps), left_out=left_out, unknown=tuple(unknown))
