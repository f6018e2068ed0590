"""Problems that stop a run from being created from a plan."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from surefoot.core.agent_types import GoalOptions
from surefoot.core.agents import problems_of_agents
from surefoot.core.candidates import problems_of_candidates
from surefoot.core.graph import Graph, build_graph
from surefoot.core.ids import StepId
from surefoot.core.plan import Plan, Step
from surefoot.core.probe_kinds import has_password
from surefoot.core.record import record
from surefoot.core.selection import Selection, select
from surefoot.core.service_use import problems_of_services
from surefoot.errors import PlanInvalid, UsageError


@record
class Source:
    """Where a run's plan came from and what it works on."""

    repository: Path | None = None
    """The user's folder; None: a run without a workspace."""
    plan_path: Path | None = None
    plan_digest: str | None = None
    """Digest of its bytes."""
    include_dirty: bool = False
    """Whether uncommitted changes are part of the base."""
    files_from: Path | None = None
    """The folder of the run whose copies of the plan and its files are taken; None: they lie beside the plan."""
    places: Mapping[StepId, str] = field(default_factory=dict[StepId, str])
    """Where each step stands in its plan file, for what is said about it."""
    goal_options: GoalOptions | None = None
    """For a goal in words: what is wanted; the plan has no steps then."""


def validated(plan: Plan, source: Source) -> Graph:
    """Return the graph of a plan that can run on that.

    Raises:
        PlanInvalid: it cannot.
    """
    graph, problems = build_graph(plan.steps)
    problems = (*problems, *problems_of_services(plan), *problems_of_agents(plan), *problems_of_candidates(plan))
    lines = (*(f"step {problem.step}: {problem.text}" for problem in problems), *_endless(plan), *_open_passwords(plan))
    if graph is None or lines:
        raise PlanInvalid.of(*lines)
    if source.repository is not None:
        return graph
    if source.goal_options is not None:
        raise PlanInvalid("a goal in words needs a workspace; give a repository", problems=())
    needy = [step.id for step in plan.steps if _needs_lane(step)]
    if needy or plan.accept or plan.services:
        where = f"steps {', '.join(needy)}" if needy else "acceptance checks and services"
        raise PlanInvalid(f"{where} need a workspace; give a repository", problems=())
    return graph


def chosen(plan: Plan, only: Sequence[str]) -> Selection:
    """Return what is chosen of a plan that can run: the steps that `only` names and what these need; none: all.

    Raises:
        UsageError: a name names no step.
    """
    graph, _ = build_graph(plan.steps) if only else (None, ())
    if graph is None:
        return Selection(plan=plan)
    found = select(plan, graph, only)
    if found.unknown:
        raise UsageError("\n".join(found.unknown))
    return found


def _needs_lane(step: Step) -> bool:
    if step.body.needs_lane or step.checks:
        return True
    return step.probe is not None and step.probe.ask.runs_commands


def _open_passwords(plan: Plan) -> Iterable[str]:
    """Say where a password stands in the plan itself, which the journal keeps."""
    for step in plan.steps:
        if step.probe is not None and has_password(step.probe.ask.address):
            yield f"step {step.id}: a password stands in the address of its probe; put it into a variable, write $NAME"


def _endless(plan: Plan) -> Iterable[str]:
    """Say where a number is not finite: the journal, which is JSON, has no word for such."""
    around = [
        plan.limits.wall_s or 0.0,
        plan.limits.cost_usd or 0.0,
        *(each.timeout_s for each in (*plan.accept, *plan.services)),
    ]
    if plan.prepare is not None:
        around.append(plan.prepare.timeout_s)
    places = {"the plan": around} | {f"step {step.id}": _numbers_of(step) for step in plan.steps}
    for place, numbers in places.items():
        if not math.isfinite(sum(numbers)):
            yield f"{place}: a time or factor is endless or no number; a finite one was expected; give one that is"


def _numbers_of(step: Step) -> list[float]:
    retry, within_s = step.retry, 0.0 if step.probe is None else step.probe.within_s
    waits = (retry.initial_interval_s, retry.backoff_coefficient, retry.maximum_interval_s)
    return [
        step.body.own_limits.cost_usd or 0.0,
        step.timeout_s,
        step.estimate_s or 0.0,
        within_s,
        *waits,
        *(check.timeout_s for check in step.checks),
    ]
