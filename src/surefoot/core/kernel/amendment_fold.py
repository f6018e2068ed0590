"""The fold of amendments: proposed, in force, refused. Decides nothing."""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.amendment_effects import changes_by
from surefoot.core.amendments import Fate, amended
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import Diagnosis, Phase
from surefoot.core.graph import build_graph
from surefoot.core.graph_state import leave_queue, member_waits, policy_of, recount, reset
from surefoot.core.ids import StepId
from surefoot.core.kernel.guards import need
from surefoot.core.kernel.plan_adoption import forget_review
from surefoot.core.placeholders import member_of
from surefoot.core.plan import Plan, Step
from surefoot.core.state import AmendmentState, RunState, StepState
from surefoot.core.verdicts import CheckRecord

_BEGINS_ANEW = frozenset({Fate.EDITED, Fate.RESTARTED, Fate.INVALIDATED})


def amendment_proposed(state: RunState, event: ev.AmendmentProposed) -> None:
    """Note what somebody wants changed; what it changes does not start any more."""
    need(event.amendment not in state.amendments, event, "the amendment was proposed already")
    need(state.created.goal_options is None or state.revision > 0, event, "the run has no plan yet")
    plan, problems = amended(state.plan, event.operations)
    need(not problems, event, "; ".join(problems))
    changes = changes_by(state, plan)
    refused = [f"step {one.step!r}: {one.why}" for one in changes if one.fate is Fate.REFUSED]
    need(not refused, event, "; ".join(refused))
    touches = tuple(one.step for one in changes if one.fate is not Fate.KEPT)
    state.amendments[event.amendment] = AmendmentState(proposed=event, touches=touches)
    for one in changes:
        node = state.nodes.get(one.step)
        if one.fate in (Fate.RESTARTED, Fate.DROPPED) and node is not None and node.work is not None:
            _leave(node.work)


def _leave(work: Attempt) -> None:
    """Let an attempt end that is not in the middle of something; what is under way is interrupted by a rule."""
    if not work.is_busy and work.failure is None:
        work.interrupted = Diagnosis.INTERRUPTED


def amendment_refused(state: RunState, event: ev.AmendmentRefused) -> None:
    """Note that an amendment does not hold."""
    _open(state, event).refused = event.why


def plan_amended(state: RunState, event: ev.PlanAmended) -> None:
    """Let the amended plan hold from here on."""
    wanted = _open(state, event)
    need(event.revision == state.revision + 1, event, f"revision {state.revision + 1} is next")
    plan, problems = amended(state.plan, wanted.proposed.operations)
    need(not problems, event, "; ".join(problems))
    changes = {one.step: one.fate for one in changes_by(state, plan)}
    busy = [name for name in state.active if changes.get(name, Fate.KEPT) is not Fate.KEPT]
    need(not busy, event, f"steps that it changes are under way: {', '.join(busy)}")
    need(not state.accept.open, event, "an acceptance check is under way")
    for name, fate in changes.items():
        if fate in _BEGINS_ANEW and state.nodes[name].members is None:
            reset(state.nodes[name])
            leave_queue(state, name)
            state.waits.pop(name, None)
    _put_in_place(state, event, plan)
    known = list(zip(state.plan.accept, state.accept.records, strict=True))
    found = (next((record for one, record in known if one == check), None) for check in plan.accept)
    state.accept.records = [CheckRecord() if record is None else record for record in found]
    others = tuple(rules for rules in state.policy.raising if rules != state.plan.policy)
    state.policy = policy_of(plan, replace(state.policy, raising=others))
    state.adopted, state.revision, wanted.revision = plan, event.revision, event.revision
    _reach_again(state)


def _open(state: RunState, event: ev.PlanAmended | ev.AmendmentRefused) -> AmendmentState:
    found = state.amendments.get(event.amendment)
    need(found is not None and found is state.amending, event, "it is not the next amendment")
    assert found is not None
    return found


def _put_in_place(state: RunState, event: ev.PlanAmended, plan: Plan) -> None:
    """Put the steps of the plan into the place of those there were."""
    graph, _ = build_graph(plan.steps)
    assert graph is not None
    nodes: dict[StepId, StepState] = {name: node for name, node in state.nodes.items() if node.is_system_step}
    for index, step in enumerate(plan.steps):
        node = state.nodes.get(step.id) or StepState(spec=step, order=(index, 0), needs=())
        node.spec, node.order = step, (index, 0)
        node.needs, node.dependants = graph.needs[step.id], graph.dependants[step.id]
        node.references, node.waits = graph.references.get(step.id, ()), event.waits.get(step.id, ())
        nodes[step.id] = node
        for number, name in enumerate(node.members or (), start=1):
            member = nodes[name] = state.nodes[name]
            member.order, member.needs = (index, number), node.needs
            member.waits = member_waits(node, (node.members or ())[: number - 1])
            if not member.has_run and member.work is None:
                member.spec = _member(step, member)
    for node in nodes.values():
        node.held_by = node.held_by if node.held_by in nodes else None
    for name in [name for name in (*state.queue, *state.waits) if name not in nodes]:
        leave_queue(state, name)
        state.waits.pop(name, None)
    state.nodes = nodes


def _member(group: Step, member: StepState) -> Step:
    assert member.item is not None
    return replace(member_of(group, member.item), id=member.spec.id)


def _reach_again(state: RunState) -> None:
    """Go back to EXECUTE: what was judged was the result of another plan."""
    if state.phase is Phase.VALIDATE:
        state.phase = Phase.EXECUTE
    forget_review(state)
    for record in state.accept.records:
        record.forget_after()
    state.accept.lane_ready = False
    recount(state)
