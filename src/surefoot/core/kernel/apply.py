"""The fold: `apply` for every event, `first_state` for a new run.

Every function first makes sure that its event can happen, and only then changes the state. Decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from surefoot.core import events as ev
from surefoot.core.attempt import Preparing
from surefoot.core.event_words import Diagnosis, Outcome, Phase
from surefoot.core.events import Event
from surefoot.core.graph import Graph, build_graph
from surefoot.core.graph_state import (
    expand,
    expand_later,
    finish,
    let_lane_go,
    move_back,
    new_state,
    policy_of,
    recount,
    reset,
    take_ready,
    withdraw,
)
from surefoot.core.ids import ID_LENGTH_MAX, StepId
from surefoot.core.kernel.agent_change_fold import amendment_accepted
from surefoot.core.kernel.amendment_fold import amendment_proposed, amendment_refused, plan_amended
from surefoot.core.kernel.attempt_fold import ATTEMPT_FAILURES, ATTEMPT_FOLDS, cancelled
from surefoot.core.kernel.blame_rules import (
    blame_ended,
    blame_lane_requested,
    blame_requested,
    inquired,
    inquiry_cancelled,
    inquiry_requested,
    inquiry_reused,
    not_askable,
    stop_search,
)
from surefoot.core.kernel.body_drivers import driver_of
from surefoot.core.kernel.candidate_fold import end_beside
from surefoot.core.kernel.conversation_fold import TURN_FOLDS, call_cancelled, try_models_again
from surefoot.core.kernel.dead_letter_fold import dead_letter_closed, dead_letter_taken_up
from surefoot.core.kernel.guards import illegal, is_ready, need, node_of, work_of
from surefoot.core.kernel.plan_adoption import constraint_added, plan_adopted, validate_anew
from surefoot.core.kernel.plan_watch_fold import replan_wanted, settle_by_change
from surefoot.core.kernel.sample_rules import sample_reviewed, sample_taken, samples_configured
from surefoot.core.kernel.service_rules import FAILURES_MAX, LANE_TRIES_MAX, SERVICE_FOLDS, service_failed
from surefoot.core.kernel.short_way import is_on_short_way, leave_short_way
from surefoot.core.kernel.stop_fold import (
    go_back_to_execute,
    plan_stopped,
    settle_stop,
    stock_taken,
    stop_paused,
    stop_resumed,
)
from surefoot.core.kernel.take_back_fold import results_taken_back, steps_found_wrong
from surefoot.core.kernel.train_fold import dissolve_train
from surefoot.core.kernel.undo_rules import (
    landing_requested,
    landing_taken_back,
    run_landed,
    run_undone,
    undo_requested,
)
from surefoot.core.placeholders import member_of
from surefoot.core.priorities import ranks_for
from surefoot.core.queue import let_past
from surefoot.core.state import BLAME, CLEAN, LaneState, RunState
from surefoot.core.step_state import DONE, FINAL, StepState, StepStatus
from surefoot.effects import BY_NAME, GROUP, INQUIRY, LANE, SERVICE_START, TOOL_CALL

_PHASES = (Phase.UNDERSTAND, Phase.PLAN, Phase.EXECUTE, Phase.VALIDATE)


def apply(state: RunState | None, event: Event) -> RunState:
    """Fold `event` into `state`, in place, and return the state; the first event makes it.

    Raises:
        IllegalTransition: the event cannot happen here; the state is unchanged.
    """
    if state is None:
        if not isinstance(event, ev.RunCreated):
            raise illegal(event, "a run begins with run_created")
        graph, problems = build_graph(event.plan.steps)
        if graph is None:
            raise illegal(event, "; ".join(problem.text for problem in problems))
        return first_state(event, graph)
    fold = _FOLDS.get(type(event))
    if fold is None:
        raise illegal(event, "a run is created once")
    fold(state, event)
    let_past(state)
    if state.engine_on and not state.is_searching:  # to look for a wrong step is no work on the run
        state.active_s += max(0.0, event.at - state.at)
    state.at = max(state.at, event.at)
    state.decided_at = state.at if event.is_decision else state.decided_at
    state.seq += 1
    return state


def first_state(event: ev.RunCreated, graph: Graph) -> RunState:
    """Return what folding the first event of a run gives; `graph` is that of its plan's steps."""
    return new_state(event, graph, *ranks_for(event.plan, graph, event.estimates))


# --- the run


def _engine_started(state: RunState, event: ev.EngineStarted) -> None:
    need(event.token > state.token, event, f"its token {event.token} is not above {state.token}")
    if event.rung != state.rung:
        _weigh_anew(state)
    state.token, state.rung, state.engine_on, state.at = event.token, event.rung, True, event.at
    state.as_root = event.as_root
    state.closed_letters.pop("", None)
    _try_lanes_again(state)
    for lane in state.lanes.values():
        if _may_hold_leavings(state, lane):
            lane.needs_fresh = lane.needs_fresh or state.plan.prepare is not None
            lane.epoch += 1
    if not event.boot or event.boot != state.boot:
        _leave_lanes(state)
    state.boot = event.boot
    _resume_bodies(state)
    dissolve_train(state)
    for name in state.queue:
        state.nodes[name].probed_before = False
    for lane in state.lanes.values():
        lane.is_open = False
        lane.is_ready = lane.is_ready and _holds_work(state, lane)
        lane.services.clear()
    state.accept.open = state.accept.lane_ready = state.accept.interrupt_requested = False
    state.interrupting = False
    if state.blaming is not None:
        state.blaming.is_stopped, state.blaming.lane_at = False, None
    expand_later(state)
    state.waits = dict.fromkeys(state.waits, False)
    for question in state.questions.values():
        question.is_timed = question.is_with_approver = False
    if state.branch is not None:
        state.branch.is_open = False
        state.branch.asked = state.branch.moved


def _weigh_anew(state: RunState) -> None:
    """Begin anew what has a checkpoint and no more: on another rung its effect may count as another one."""
    for name in state.active:
        work = work_of(state.nodes[name])
        has_word = work.people.taken_by is not None or work.people.answer is not None
        has_more = work.has_begun or work.failure is not None or has_word
        if work.checkpoint is not None and not has_more:
            work.interrupted = Diagnosis.INTERRUPTED


def _leave_lanes(state: RunState) -> None:
    """Let attempts that wait for their bodies take their checkpoints anew, as the power may have failed.

    The journal may have lost that a body of theirs began: what it left lies in the lane.
    """
    for name in state.active:
        node = state.nodes[name]
        work = work_of(node)
        is_idle = work.open is None and work.interrupted is None and work.people.taken_by is None
        if is_idle and work.checkpoint is not None and type(work.stage) is Preparing:
            let_lane_go(state, node, work).epoch += 1


def _may_hold_leavings(state: RunState, lane: LaneState) -> bool:
    """Tell whether something may lie in the lane that no restore takes away.

    Prepare may have been cut off there: done over, it would meet its own leavings. And where the power failed, the
    journal may have lost that the checkpoint was taken and a body began.
    """
    if lane.held_by is None:
        return lane.is_open
    return work_of(state.nodes[lane.held_by]).open == ev.CheckpointRequested.kind


def _holds_work(state: RunState, lane: LaneState) -> bool:
    """Tell whether a step has work in the lane that is still to be looked at or put back."""
    if lane.held_by is None:
        return False
    return work_of(state.nodes[lane.held_by]).checkpoint is not None


def _engine_stopped(state: RunState, event: ev.EngineStopped) -> None:
    need(state.engine_on, event, "no engine is at work")
    state.active_s += max(0.0, event.at - state.at)
    state.engine_on = False
    for lane in state.lanes.values():
        lane.services.clear()
    _resume_bodies(state)


def _resume_bodies(state: RunState) -> None:
    """Let each body under way say what an engine that begins or ends means to it."""
    for name in state.active:
        node = state.nodes[name]
        driver_of(node).resume(state, node, work_of(node))


def _approvals_given(state: RunState, event: ev.ApprovalsGiven) -> None:
    if event.yes:
        state.yes_by = event.by
    for step in event.allow:
        state.allowed[step] = event.by


def _approver_configured(state: RunState, event: ev.ApproverConfigured) -> None:
    state.approver = event.approver


def _policy_configured(state: RunState, event: ev.PolicyConfigured) -> None:
    state.policy = policy_of(state.plan, event.policy)


def _phase_entered(state: RunState, event: ev.PhaseEntered) -> None:
    need(state.outcome is None, event, "the run has ended")
    step = _PHASES.index(event.phase) - _PHASES.index(state.phase)
    way_back = _WAYS_BACK.get((state.phase, event.phase))
    if way_back is not None:
        way_back(state, event)
        return
    need(step == 1, event, f"{event.phase} does not follow {state.phase}")
    if event.phase is Phase.PLAN:
        is_known = state.understanding is not None or is_on_short_way(state)
        need(is_known, event, "nothing is known about the goal yet")
    if event.phase is Phase.EXECUTE:
        need(state.created.goal_options is None or state.revision > 0, event, "no plan was adopted")
        pairs = zip(state.plan.accept, state.accept.records, strict=True)
        baseline = [record for check, record in pairs if check.expect != "pass"]
        need(all(record.before is not None for record in baseline), event, "the baseline is not complete")
    if event.phase is Phase.VALIDATE:
        need(state.unfinished == 0, event, "some steps are not final")
    state.phase = event.phase


_WAYS_BACK: dict[tuple[Phase, Phase], Callable[[RunState, ev.PhaseEntered], None]] = {
    (Phase.EXECUTE, Phase.UNDERSTAND): leave_short_way,
    (Phase.VALIDATE, Phase.EXECUTE): go_back_to_execute,
}


def _pause_requested(state: RunState, event: ev.PauseRequested) -> None:
    if stop_search(state, event):
        return
    need(state.outcome is None, event, "the run has ended")
    state.pausing = event.by
    state.interrupting = state.interrupting or event.interrupt


def _run_paused(state: RunState, event: ev.RunPaused) -> None:
    need(state.pausing is not None and state.outcome is None, event, "nobody asked for it")
    need(not state.is_busy, event, "something is under way")
    state.is_paused = True
    stop_paused(state)


def _run_resumed(state: RunState, event: ev.RunResumed) -> None:
    need(state.outcome is None, event, "the run has ended; use retry or restore")
    state.pausing, state.interrupting, state.is_paused, state.limit = None, False, False, None
    state.accept.interrupt_requested, state.searching = False, None
    stop_resumed(state, event.by)
    _try_lanes_again(state)
    for name in state.active:
        try_models_again(work_of(state.nodes[name]))


def _cancel_requested(state: RunState, event: ev.CancelRequested) -> None:
    need(state.outcome is None, event, "the run has ended")
    state.cancelling, state.searching = event.by, None


def _run_ended(state: RunState, event: ev.RunEnded) -> None:
    need(state.outcome is None, event, "the run has ended already")
    if event.outcome is Outcome.CANCELLED:
        need(state.cancelling is not None and not state.is_busy, event, "nobody asked for it, or something runs")
    elif event.outcome is Outcome.COMPLETED:
        need(state.phase is Phase.VALIDATE and state.unfinished == 0, event, "not everything is validated")
    # What was started is taken back, except for effects in doubt.
    for node in [state.nodes[name] for name in state.active]:
        end_beside(state, node)
        if not node.is_in_doubt:
            withdraw(state, node, "the run ended")
    if event.outcome is Outcome.CANCELLED:
        for node in state.nodes.values():
            if node.status is StepStatus.PENDING and node.members is None:
                node.status, node.reason, node.due = StepStatus.CANCELLED, "the run was cancelled", None
        state.ready.clear()
        state.waits.clear()
    state.outcome, state.outcome_reason, state.undoing = event.outcome, event.reason, None
    settle_stop(state, "the run ended")


# --- lanes and groups


def _lane_requested(state: RunState, event: ev.LaneRequested) -> None:
    lane = state.lanes.get(event.lane) or LaneState(name=event.lane)
    need(state.branch is not None, event, "the run has no workspace")
    need(not lane.is_open and lane.held_by is None, event, f"lane {event.lane} is in use")
    need(event.lane != state.expanding_in, event, f"a group is expanded in lane {event.lane}")
    need(not lane.services, event, f"services run in lane {event.lane}")
    state.lanes[event.lane] = lane
    if event.lane == BLAME:
        blame_lane_requested(state, event)
    lane.is_open, lane.is_ready, lane.is_last_try = True, False, event.is_last_try
    lane.opened_at = event.commit


def _lane_ready(state: RunState, event: ev.LaneReady) -> None:
    lane = _open_lane(state, event, event.lane)
    if lane.needs_fresh:
        lane.epoch, lane.made = 0, lane.made + 1
    lane.is_open, lane.is_ready, lane.needs_fresh, lane.failures = False, True, False, 0
    state.accept.interrupt_requested = False
    lane.environment = event.environment
    lane.kept = event.kept or lane.kept
    if event.lane == CLEAN and state.branch is not None:
        # Results may have been taken off the branch meanwhile: then it holds another commit than will be asked about.
        state.accept.lane_ready = lane.opened_at == state.branch.head


def _open_lane(state: RunState, event: Event, name: str) -> LaneState:
    lane = state.lanes.get(name)
    need(lane is not None and lane.is_open, event, f"lane {name} was not asked for")
    assert lane is not None
    return lane


def _lane_cancelled(state: RunState, event: ev.EffectCancelled) -> None:
    lane = _open_lane(state, event, event.subject)
    lane.is_open, lane.needs_fresh = False, True
    state.accept.interrupt_requested = False


def _lane_failed(state: RunState, event: ev.EffectFailed) -> None:
    lane = _open_lane(state, event, event.subject)
    lane.is_open, lane.needs_fresh = False, True
    lane.failures += 1
    if lane.name == BLAME:
        not_askable(state, event, 0 if lane.is_last_try else LANE_TRIES_MAX - lane.failures)
        return
    if event.diagnosis is Diagnosis.TRANSIENT and not lane.is_last_try:
        return
    others = [one for one in state.lanes.values() if one is not lane and one.is_for_steps]
    if lane.name == CLEAN or (lane.is_for_steps and all(one.given_up is not None for one in others)):
        state.lane_failure = event.reason
    else:
        lane.given_up = event.reason


def _service_failed(state: RunState, event: ev.EffectFailed) -> None:
    service_failed(state, event)
    if state.is_searching:
        not_askable(state, event, FAILURES_MAX - state.accept.service_failures)


def _try_lanes_again(state: RunState) -> None:
    """Ask anew for lanes that could not be prepared: a person has looked at it, or another engine is at work."""
    state.lane_failure = None
    for lane in state.lanes.values():
        if lane.given_up is not None:
            lane.given_up, lane.failures = None, 0


def _group_expansion_requested(state: RunState, event: ev.GroupExpansionRequested) -> None:
    group = node_of(state, event, event.group)
    need(group.is_group and group.members is None and is_ready(group), event, f"group {event.group} is not ready")
    need(state.expanding is None, event, f"{state.expanding} is being expanded")
    take_ready(state, group)
    group.status = StepStatus.RUNNING
    state.expanding, state.expanding_in = event.group, event.lane


def _group_expanded(state: RunState, event: ev.GroupExpanded) -> None:
    group = _expanding(state, event, event.group)
    ids = Counter(member_of(group.spec, item).id for item in event.items)
    state.expanding = state.expanding_in = None
    group.status = StepStatus.PENDING
    for name, count in ids.items():
        if count > 1 or name in state.nodes or len(name) > ID_LENGTH_MAX:
            reason = f"the step id {name!r} is taken, or longer than {ID_LENGTH_MAX} characters; put less into `id`"
            finish(state, group, StepStatus.FAILED, reason)
            return
    if not event.items and not group.spec.if_empty_ok:
        finish(state, group, StepStatus.FAILED, "the group is empty; set `if_empty: ok` if that is all right")
        return
    expand(state, group, event.items)
    if group.held_by is not None:
        for name in group.members or ():
            state.nodes[name].held_by = group.held_by
        recount(state)


def _expansion_cancelled(state: RunState, event: ev.EffectCancelled) -> None:
    _expanding(state, event, event.step)
    state.accept.interrupt_requested = False
    expand_later(state)


def _expansion_failed(state: RunState, event: ev.EffectFailed) -> None:
    group = _expanding(state, event, event.step)
    state.expanding = state.expanding_in = None
    finish(state, group, StepStatus.FAILED, event.reason)


def _expanding(state: RunState, event: Event, name: StepId) -> StepState:
    need(state.expanding == name, event, f"group {name} is not being expanded")
    return state.nodes[name]


# --- the branch and people


def _branch_update_requested(state: RunState, event: ev.BranchUpdateRequested) -> None:
    need(state.branch is not None and not state.branch.is_open, event, "the branch is being moved")
    assert state.branch is not None
    state.branch.asked, state.branch.is_open = event.commit, True


def _branch_updated(state: RunState, event: ev.BranchUpdated) -> None:
    need(state.branch is not None and state.branch.is_open, event, "the branch was not asked to move")
    assert state.branch is not None
    state.branch.is_open, state.branch.refused, state.branch.has_failed = False, event.refused, event.has_failed
    if event.has_failed:
        return
    state.branch.moved = event.commit
    if state.branch.keep_next:
        state.branch.kept, state.branch.keep_next = state.branch.kept + 1, False


def _steps_invalidated(state: RunState, event: ev.StepsInvalidated) -> None:
    for name in event.steps:
        node = node_of(state, event, name)
        need(node.status in FINAL and node.members is None, event, f"step {name!r} is {node.status}")
        need(node.status not in DONE, event, f"step {name!r} is {node.status}; use restore")
    for name in event.steps:
        reset(state.nodes[name])
    for node in state.nodes.values():
        if node.status is StepStatus.CANCELLED and node.transplant is not None:
            node.status, node.reason = StepStatus.PENDING, None
        elif node.status is StepStatus.CANCELLED:
            reset(node)
    _reopen(state)


def _run_restored(state: RunState, event: ev.RunRestored) -> None:
    need(state.branch is not None, event, "the run has no workspace")
    need(not state.active or state.is_paused, event, "steps are under way")
    need(event.to is None or event.to in state.nodes, event, f"there is no step {event.to!r}")
    nodes = [node_of(state, event, name) for name in event.pending]
    for node in nodes:
        reset(node)
    settle_by_change(state, event.pending, "its step is done again")
    move_back(state, event.commit, None if event.to is None else state.nodes[event.to])
    _reopen(state)
    state.pausing = state.pausing or f"restored by {event.by}"
    state.is_paused = True


def _amendment_proposed(state: RunState, event: ev.AmendmentProposed) -> None:
    amendment_proposed(state, event)
    if state.outcome is not None:
        _reopen(state)


def _plan_stopped(state: RunState, event: ev.PlanStopped) -> None:
    plan_stopped(state, event)
    if state.outcome is not None:
        _reopen(state)


def _steps_found_wrong(state: RunState, event: ev.StepsFoundWrong) -> None:
    steps_found_wrong(state, event)
    if state.outcome is not None:
        _reopen(state)


def _reopen(state: RunState) -> None:
    state.outcome, state.outcome_reason, state.cancelling, state.undone_by = None, "", None, None
    state.searching = None
    _try_lanes_again(state)
    state.accept.service_failures = 0
    for lane in state.lanes.values():
        lane.failures = 0
    validate_anew(state)


_FAILURES: dict[str, Callable[[RunState, ev.EffectFailed], None]] = {
    **ATTEMPT_FAILURES,
    LANE.name: _lane_failed,
    GROUP.name: _expansion_failed,
    SERVICE_START.name: _service_failed,
}
"""What it means that an effect failed, by its name; the others report failure in their results."""

_CANCELLATIONS: dict[str, Callable[[RunState, ev.EffectCancelled], None]] = {
    LANE.name: _lane_cancelled,
    GROUP.name: _expansion_cancelled,
    TOOL_CALL.name: call_cancelled,
    INQUIRY.name: inquiry_cancelled,
}
"""What it means that an effect was ended early, where that is not what it means for most: `attempts.cancelled`."""


def _effect_failed(state: RunState, event: ev.EffectFailed) -> None:
    need(event.effect in _FAILURES, event, f"no effect {event.effect!r} fails in this way")
    _FAILURES[event.effect](state, event)


def _effect_cancelled(state: RunState, event: ev.EffectCancelled) -> None:
    need(event.effect in BY_NAME, event, f"there is no effect {event.effect!r}")
    _CANCELLATIONS.get(event.effect, cancelled)(state, event)


_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    **ATTEMPT_FOLDS,
    **SERVICE_FOLDS,
    **TURN_FOLDS,
    ev.EffectFailed: _effect_failed,
    ev.EffectCancelled: _effect_cancelled,
    ev.PlanAdopted: plan_adopted,
    ev.ConstraintAdded: constraint_added,
    ev.AmendmentProposed: _amendment_proposed,
    ev.AmendmentAccepted: amendment_accepted,
    ev.AmendmentRefused: amendment_refused,
    ev.PlanAmended: plan_amended,
    ev.ReplanWanted: replan_wanted,
    ev.PlanStopped: _plan_stopped,
    ev.StockTaken: stock_taken,
    ev.EngineStarted: _engine_started,
    ev.EngineStopped: _engine_stopped,
    ev.ApprovalsGiven: _approvals_given,
    ev.ApproverConfigured: _approver_configured,
    ev.PolicyConfigured: _policy_configured,
    ev.PhaseEntered: _phase_entered,
    ev.SamplesConfigured: samples_configured,
    ev.SampleTaken: sample_taken,
    ev.SampleReviewed: sample_reviewed,
    ev.PauseRequested: _pause_requested,
    ev.RunPaused: _run_paused,
    ev.RunResumed: _run_resumed,
    ev.CancelRequested: _cancel_requested,
    ev.RunEnded: _run_ended,
    ev.LaneRequested: _lane_requested,
    ev.LaneReady: _lane_ready,
    ev.GroupExpansionRequested: _group_expansion_requested,
    ev.GroupExpanded: _group_expanded,
    ev.BranchUpdateRequested: _branch_update_requested,
    ev.BranchUpdated: _branch_updated,
    ev.StepsInvalidated: _steps_invalidated,
    ev.DeadLetterTakenUp: dead_letter_taken_up,
    ev.DeadLetterClosed: dead_letter_closed,
    ev.RunRestored: _run_restored,
    ev.StepsFoundWrong: _steps_found_wrong,
    ev.ResultsTakenBack: results_taken_back,
    ev.LandingRequested: landing_requested,
    ev.RunLanded: run_landed,
    ev.LandingTakenBack: landing_taken_back,
    ev.UndoRequested: undo_requested,
    ev.RunUndone: run_undone,
    ev.BlameRequested: blame_requested,
    ev.BlameEnded: blame_ended,
    ev.InquiryRequested: inquiry_requested,
    ev.Inquired: inquired,
    ev.InquiryReused: inquiry_reused,
}
