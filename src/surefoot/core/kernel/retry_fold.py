"""What the events after a failed attempt mean: its lane is put back, and the step is tried again or ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.candidates import leaves_behind
from surefoot.core.event import Event
from surefoot.core.event_words import NOT_JUDGED
from surefoot.core.graph_state import finish, hold, hold_all_pending, make_pending_again, move_back, recount, wake
from surefoot.core.kernel.candidate_fold import end_beside
from surefoot.core.kernel.guards import answered, begin, need, node_of
from surefoot.core.kernel.plan_watch_fold import STOP, settle_asked, settle_by_change
from surefoot.core.kernel.replan_fold import left_to_planner, replanning_failed
from surefoot.core.kernel.undo_rules import stop_undo
from surefoot.core.ladder_table import Rung
from surefoot.core.session import SessionLeft
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.system_steps import PLAN_HOLDS, REPLANNING
from surefoot.core.ways_on import BLOCK


def _restore_requested(state: RunState, event: ev.RestoreRequested) -> None:
    _, work = begin(state, event)
    need(work.failure is not None and not work.is_restored, event, "there is nothing to put back")
    work.open = event.kind


def _lane_restored(state: RunState, event: ev.LaneRestored) -> None:
    node, work = answered(state, event, ev.RestoreRequested)
    work.restored_lane()
    node.left_changes, node.session_left = event.changes, _session_left(node, work, event)
    assert work.lane is not None
    lane = state.lanes[work.lane]
    is_left = work.body_started and node.is_candidate and leaves_behind(node.spec, state.plan)
    if event.lane_changed or is_left:
        lane.needs_fresh = True
        lane.is_ready = False
    elif work.body_started and (node.spec.reaches_out or state.plan.uses_anything(node.spec)):
        lane.epoch += 1


def _session_left(node: StepState, work: Attempt, event: ev.LaneRestored) -> SessionLeft | None:
    """Return the session to go on with: its program was ended from outside, and the files were as the journal has them.

    Where the agent had written since, the session knows of changes that nobody can put back for certain.
    """
    session, failure, checkpoint = work.session, work.failure, work.checkpoint
    if session is None or failure is None or checkpoint is None or failure.diagnosis not in NOT_JUDGED:
        return None
    if not session.can_load or session.tree is None or session.tree != event.tree:
        return None
    body = node.spec.body
    return SessionLeft(
        name=session.name,
        worker=body.worker_named,
        instruction=body.text,
        commit=checkpoint.commit,
        changes=event.changes,
        resources=checkpoint.resources,
    )


def _retry_scheduled(state: RunState, event: ev.RetryScheduled) -> None:
    node = node_of(state, event, event.step)
    if node.work is None:
        need(event.step in state.waits, event, f"step {event.step!r} waits for nothing")
        state.waits[event.step] = True
        return
    node, work = begin(state, event)
    need(work.failure is not None and work.is_restored, event, "the attempt has not been put back")
    node.due = event.due if event.due > event.at else None
    make_pending_again(state, node)


def _retry_due(state: RunState, event: ev.RetryDue) -> None:
    node = node_of(state, event, event.step)
    if event.step in state.waits:  # else it was blocked or reset while the clock ran
        wake(state, node)


def _recovery_chosen(state: RunState, event: ev.RecoveryChosen) -> None:
    if event.rung is Rung.INVALIDATE:
        node = node_of(state, event, event.step)
        is_wrong = any(event.step in one.steps for one in state.found_wrong)
        need(is_wrong, event, f"nobody found {event.step!r} wrong")
        is_new = not any(one.rung is event.rung and one.evidence == event.evidence for one in node.climbed)
        need(is_new, event, "its result is about to be taken back")
    else:
        node, work = begin(state, event)
        need(work.failure is not None and work.is_restored, event, "the attempt has not been put back")
        need(work.rung is None, event, f"{work.rung} was chosen already")
        work.rung = event.rung
    node.recoveries = (*node.recoveries, event)


def _step_failed(state: RunState, event: ev.StepFailed) -> None:
    node, work = begin(state, event)
    # What is a dead letter waits for a person's word, not for the planner's.
    left_to_planner(state, node, BLOCK if work.rung is Rung.DEAD_LETTER else work.people.answer)
    finish(state, node, StepStatus.FAILED, event.reason)
    end_beside(state, node)
    if event.step == REPLANNING:
        replanning_failed(state, event.reason)
    if event.step == PLAN_HOLDS:
        settle_asked(state, node, STOP)
    stop_undo(state, node)
    if event.stop:
        hold_all_pending(state, event.step)


def _step_skipped(state: RunState, event: ev.StepSkipped) -> None:
    node, work = begin(state, event)
    nothing = event.reason == "nothing_to_do"
    need(not (nothing and work.body_started), event, "the body has run")
    finish(state, node, StepStatus.SKIPPED, event.reason)
    end_beside(state, node)


def _rolled_back(state: RunState, event: ev.RolledBack) -> None:
    node, _ = begin(state, event)
    need(state.branch is not None, event, "the run has no workspace")
    for name in (event.to, *event.invalidated):
        node_of(state, event, name)
    finish(state, node, StepStatus.FAILED, event.reason)
    hold(state, event.invalidated, event.step)
    settle_by_change(state, event.invalidated, "its step is done again")
    move_back(state, event.commit, state.nodes[event.to])
    recount(state)


RETRY_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.RestoreRequested: _restore_requested,
    ev.LaneRestored: _lane_restored,
    ev.RetryScheduled: _retry_scheduled,
    ev.RetryDue: _retry_due,
    ev.RecoveryChosen: _recovery_chosen,
    ev.StepFailed: _step_failed,
    ev.StepSkipped: _step_skipped,
    ev.RolledBack: _rolled_back,
}
"""What to do with each of these events."""
