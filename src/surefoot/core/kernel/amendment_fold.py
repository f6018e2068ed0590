"""The fold of amendments: proposed, in force, refused. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.amendment_effects import effects_of
from surefoot.core.amendment_state import AmendmentState
from surefoot.core.amendments import Fate
from surefoot.core.events.invalidation_events import TakingBack
from surefoot.core.graph_state import leave_attempt, leave_queue, reset
from surefoot.core.ids import StepId
from surefoot.core.kernel.agent_change_fold import change_proposed, forget_answer
from surefoot.core.kernel.candidate_fold import drop_candidates
from surefoot.core.kernel.guards import need
from surefoot.core.kernel.plan_adoption import hold, steps_as_they_stand, validate_anew
from surefoot.core.kernel.plan_watch_fold import ask_again, settle_by_change, settle_words
from surefoot.core.kernel.stop_fold import planner_failed, settle_stop_by
from surefoot.core.kernel.take_back_fold import steps_in_the_way, take_back, wait_as_before
from surefoot.core.people_words import note_reason
from surefoot.core.placeholders import member_of
from surefoot.core.plan import Plan, Step
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.verdicts import CheckRecord

_BEGINS_ANEW = frozenset({Fate.EDITED, Fate.RESTARTED, Fate.INVALIDATED})


def amendment_proposed(state: RunState, event: ev.AmendmentProposed) -> None:
    """Note what somebody wants changed; what it changes does not start any more."""
    need(event.amendment not in state.amendments, event, "the amendment was proposed already")
    need(state.created.goal_options is None or state.revision > 0, event, "the run has no plan yet")
    found = effects_of(state, event.operations, revert=event.revert)
    is_tried = event.by_planner or event.asks
    need(is_tried or not found.objections, event, "; ".join(found.objections))
    wanted = AmendmentState(proposed=event, proposed_seq=state.seq + 1, wideners=found.wideners)
    if event.by_planner:
        need(state.offered is not None, event, "the planner has not offered it")
        state.offered = None
    touches = tuple(one.step for one in found.changes if one.fate is not Fate.KEPT)
    wanted.touches = touches
    if event.asks:
        wanted.commands = change_proposed(state, event).commands
        ask_again(state)
    elif not event.by_planner:
        note_reason(state, event.by, event.why)
    state.amendments[event.amendment] = wanted
    for one in () if event.asks else found.changes:
        node = state.nodes.get(one.step)
        if one.fate in (Fate.RESTARTED, Fate.DROPPED) and node is not None:
            leave_attempt(state, node, "the plan is changed")


def amendment_refused(state: RunState, event: ev.AmendmentRefused) -> None:
    """Note that an amendment does not hold."""
    found = state.amendments.get(event.amendment)
    is_asked = found is not None and found.waits_for_consent
    wanted = found if found is not None and is_asked else _open(state, event)
    wanted.refused, wanted.refused_by = event.why, event.by
    if is_asked:
        forget_answer(state)
    if wanted.proposed.by_planner:
        planner_failed(state, event.why)


def plan_amended(state: RunState, event: ev.PlanAmended) -> None:
    """Let the amended plan hold from here on."""
    wanted = _open(state, event)
    need(event.revision == state.revision + 1, event, f"revision {state.revision + 1} is next")
    found = effects_of(state, wanted.proposed.operations, revert=wanted.proposed.revert)
    need(not found.problems, event, "; ".join(found.problems))
    changes = {one.step: one.fate for one in event.changes}
    taken = event.taken or TakingBack(tainted=())
    busy = _in_the_way(state, changes, event.taken)
    need(not busy, event, f"steps that it changes are under way: {', '.join(busy)}")
    need(not state.accept.open, event, "an acceptance check is under way")
    why = f"the plan was changed by {wanted.proposed.by}: {wanted.proposed.why}".removesuffix(": ")
    take_back(state, taken, dict.fromkeys(changes, why))
    for name, fate in changes.items():
        if fate is not Fate.KEPT and name in state.nodes:
            drop_candidates(state, state.nodes[name])  # they were made of what the step was
        if fate in _BEGINS_ANEW and state.nodes[name].members is None:
            reset(state.nodes[name])
            leave_queue(state, name)
            state.waits.pop(name, None)
    settle_words(state)
    settle_by_change(state, {name for name, fate in changes.items() if fate is not Fate.KEPT}, "the plan was amended")
    plan = found.plan
    nodes = _amended_steps(state, event, plan)
    for name in [name for name in (*state.queue, *state.waits) if name not in nodes]:
        leave_queue(state, name)
        state.waits.pop(name, None)
    known = list(zip(state.plan.accept, state.accept.records, strict=True))
    found = (next((record for one, record in known if one == check), None) for check in plan.accept)
    state.accept.records = [CheckRecord() if record is None else record for record in found]
    hold(state, plan, nodes, event.revision)
    wanted.revision = event.revision
    wait_as_before(state, taken)
    validate_anew(state)
    settle_stop_by(state, wanted)


def _in_the_way(state: RunState, changes: Mapping[StepId, Fate], taken: TakingBack | None) -> list[StepId]:
    """Return the steps under way that keep an amendment from holding."""
    changing = [name for name in state.active if changes.get(name, Fate.KEPT) is not Fate.KEPT]
    return [*changing, *(() if taken is None else (node.spec.id for node in steps_in_the_way(state, taken)))]


def _open(state: RunState, event: ev.PlanAmended | ev.AmendmentRefused) -> AmendmentState:
    found = state.amendments.get(event.amendment)
    need(found is not None and found is state.amending, event, "it is not the next amendment")
    assert found is not None
    return found


def _amended_steps(state: RunState, event: ev.PlanAmended, plan: Plan) -> dict[StepId, StepState]:
    """Return the steps of the amended plan as they stand."""
    nodes = {name: node for name, node in state.nodes.items() if node.is_system_step}
    nodes |= steps_as_they_stand(state.nodes, plan, event.waits, state.nodes)
    for step in plan.steps:
        nodes[step.id].spec = step
        for member in (nodes[name] for name in nodes[step.id].members or ()):
            if not member.has_run and member.work is None:
                member.spec = _member(step, member)
    for node in nodes.values():
        node.held_by = node.held_by if node.held_by in nodes else None
    return nodes


def _member(group: Step, member: StepState) -> Step:
    assert member.item is not None
    return replace(member_of(group, member.item), id=member.spec.id)
