"""The fold of finished system steps and adopted plans.

A revision keeps every step that was ever begun, as it stands; what had not begun is replaced. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import Phase
from surefoot.core.graph import build_graph
from surefoot.core.graph_state import member_waits, policy_of, recount, withdraw
from surefoot.core.ids import StepId
from surefoot.core.kernel.guards import need
from surefoot.core.kernel.plan_watch_fold import settle_all
from surefoot.core.kernel.short_way import SHORT_WAY
from surefoot.core.plan import Plan, with_constraints
from surefoot.core.priorities import ranks_for
from surefoot.core.state import AcceptState, RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import REVIEWING
from surefoot.core.tool_payload import MadePlan, Planned, Understood
from surefoot.core.verdicts import CheckRecord


def keep_outcome(state: RunState, work: Attempt) -> None:
    """Keep what a system step came to for the phases that follow."""
    ended = None if work.conversation is None else work.conversation.ended
    match None if ended is None else ended.payload:
        case Understood() as found:
            _keep_understanding(state, found)
        case Planned() as planned:
            edited = work.people.edited
            state.proposal = planned.made if edited is None else MadePlan(plan=edited.plan, text=edited.text)
        case _:
            pass


def _keep_understanding(state: RunState, found: Understood) -> None:
    plan = state.plan
    state.understanding, state.proposal = found.understanding, found.made
    scope, accept = found.understanding.scope or plan.scope_write, (*plan.accept, *found.accept)
    required = plan.requirements or found.understanding.requirements  # what the user says is not for a model to change
    state.adopted = replace(
        plan, prepare=found.prepare or plan.prepare, accept=accept, scope_write=scope, requirements=required
    )
    # What was asked before holds, unless lanes are prepared in another way from here on.
    known = state.accept.records if found.prepare is None else [CheckRecord() for _ in plan.accept]
    state.accept = AcceptState(records=[*known, *(CheckRecord() for _ in found.accept)])
    if found.prepare is not None:
        for lane in state.lanes.values():
            lane.is_ready, lane.needs_fresh = False, True


def plan_adopted(state: RunState, event: ev.PlanAdopted) -> None:
    """Let a plan hold from here on."""
    phase = Phase.UNDERSTAND if event.is_short_way else Phase.PLAN
    need(state.phase is phase and state.outcome is None, event, f"the run is in phase {state.phase}")
    need(not state.active, event, "steps are under way")
    need(event.revision == state.revision + 1, event, f"revision {state.revision + 1} is next")
    flaw = flaw_of_plan(event.plan)
    need(flaw is None, event, flaw or "")
    nodes = _nodes_by(state, event)
    changed = event.plan.accept != state.plan.accept
    hold(state, with_constraints(event.plan, state.plan.constraints), nodes, event.revision)
    state.plan_text = event.text or state.plan_text
    state.proposal = None
    settle_all(state, "planned anew")
    if changed:
        state.accept = AcceptState(records=[CheckRecord() for _ in event.plan.accept])
    recount(state)


def hold(state: RunState, plan: Plan, nodes: dict[StepId, StepState], revision: int) -> None:
    """Let a plan, with its steps as they stand, take the place of the one in force."""
    _adopt(state, plan)
    state.nodes, state.revision, state.plan_seq = nodes, revision, state.seq + 1


def _adopt(state: RunState, plan: Plan) -> None:
    """Let a plan and its rules take the place of the one in force."""
    others = tuple(rules for rules in state.policy.raising if rules != state.plan.rules)
    state.policy = policy_of(plan, replace(state.policy, raising=others))
    state.adopted = plan


def constraint_added(state: RunState, event: ev.ConstraintAdded) -> None:
    """Let something hold from here on, whatever the goal and the steps say."""
    _adopt(state, with_constraints(replace(state.plan, constraints=(event.constraint,)), state.plan.constraints))


def _nodes_by(state: RunState, event: ev.PlanAdopted) -> dict[StepId, StepState]:
    """Return the steps of a plan that is adopted before any of them has begun, and the system steps as they stand."""
    nodes: dict[StepId, StepState] = {name: node for name, node in state.nodes.items() if node.is_system_step}
    if SHORT_WAY in state.nodes:
        nodes[SHORT_WAY] = state.nodes[SHORT_WAY]
    nodes |= steps_as_they_stand(nodes, event.plan, event.waits, state.nodes)
    graph, _ = build_graph(event.plan.steps)
    assert graph is not None
    for name, rank_s in ranks_for(event.plan, graph, {})[1].items():
        nodes[name].rank_s = rank_s
    return nodes


def steps_as_they_stand(
    known: Mapping[StepId, StepState],
    plan: Plan,
    waits: Mapping[StepId, tuple[StepId, ...]],
    members: Mapping[StepId, StepState],
) -> dict[StepId, StepState]:
    """Return the steps of a plan, and the members of its groups, in its order; those not known have not begun."""
    graph, _ = build_graph(plan.steps)
    assert graph is not None
    nodes: dict[StepId, StepState] = {}
    for index, step in enumerate(plan.steps):
        node = known.get(step.id) or StepState(spec=step, order=(index, 0), needs=())
        node.order, node.needs, node.dependants = (index, 0), graph.needs[step.id], graph.dependants[step.id]
        if plan.limits.parallel == 1:
            node.rank_s = 0.0  # who changes a plan says the order
        node.references, node.waits = graph.references.get(step.id, ()), waits.get(step.id, ())
        nodes[step.id] = node
        for number, name in enumerate(node.members or (), start=1):
            nodes[name] = members[name]
            nodes[name].order, nodes[name].needs = (index, number), node.needs
            nodes[name].waits = member_waits(node, (node.members or ())[: number - 1])
    return nodes


def flaw_of_plan(plan: Plan) -> str | None:
    """Say why a plan cannot hold from here on; None where it can."""
    graph, problems = build_graph(plan.steps)
    if graph is None:
        return "; ".join(problem.text for problem in problems)
    return None if plan.steps else "the plan has no steps"


def validate_anew(state: RunState) -> None:
    """Go on as in EXECUTE, and judge anew what comes of it."""
    if state.phase is Phase.VALIDATE:
        state.phase = Phase.EXECUTE
    forget_review(state)
    for record in state.accept.records:
        record.forget_after()
    state.accept.lane_ready = False
    recount(state)


def forget_review(state: RunState) -> None:
    """Let the result be looked at anew, as it will be another one."""
    node = state.nodes.get(REVIEWING)
    if node is None:
        return
    if node.work is not None:
        withdraw(state, node, "the result is made anew")
    state.waits.pop(REVIEWING, None)
    del state.nodes[REVIEWING]
