"""A run that is taken back: its outside effects one after the other, the last one first; then its branch."""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.branch_state import LandingState, UndoState
from surefoot.core.event_words import Outcome
from surefoot.core.graph_state import move_back, recount, reset, withdraw
from surefoot.core.ids import StepId
from surefoot.core.kernel.guards import need, node_of
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.kernel.stop_fold import settle_stop
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.system_steps import undone_by_step
from surefoot.core.undo import next_to_undo, undo_step_of

# --- decisions


def next_undo(state: RunState, now: float) -> list[Proposal]:
    """Start to take back the next effect, once nothing is under way; then end the run as it was before it began."""
    assert state.undoing is not None
    if state.active or state.is_busy:
        return []
    node = next_to_undo(state)
    if node is None:
        commit = None if state.branch is None else state.created.base
        return [Proposal(ev.RunUndone(at=now, commit=commit, by=state.undoing.by))]
    spec = undo_step_of(state, node)
    known = state.nodes.get(spec.id)
    if known is None:
        return [Proposal(ev.StepStarted(at=now, step=spec.id, attempt=1, spec=spec))]
    is_idle = known.status is StepStatus.PENDING and known.due is None
    return [Proposal(ev.StepStarted(at=now, step=spec.id, attempt=known.failures + 1))] if is_idle else []


# --- folds


def landing_requested(state: RunState, event: ev.LandingRequested) -> None:
    """Note that the work may be in the user's checkout from here on."""
    need(state.branch is not None and state.branch.head == event.commit, event, "that is not the head of the run")
    if state.landings and state.landings[-1].landed is None:
        state.landings.pop()
    state.landings.append(LandingState(asked=event))


def run_landed(state: RunState, event: ev.RunLanded) -> None:
    """Note that the work is in the user's checkout."""
    need(state.landings and state.landings[-1].landed is None, event, "nobody asked for it")
    if event.commit == state.landings[-1].asked.before:
        state.landings.pop()
    else:
        state.landings[-1].landed = event.commit


def landing_taken_back(state: RunState, event: ev.LandingTakenBack) -> None:
    """Note that nothing of the run is in the user's checkout any more."""
    need(state.landings, event, "nothing was landed")
    state.landings.clear()


def undo_requested(state: RunState, event: ev.UndoRequested) -> None:
    """Let nothing happen in the run but what takes it back; whatever is in doubt is settled first."""
    need(state.undone_by is None, event, f"it is undone already, by {state.undone_by}")
    for name in event.leave:
        node_of(state, event, name)
    before = state.undoing
    if before is None:
        before = UndoState(by=event.by, leave=(), outcome=state.outcome, outcome_reason=state.outcome_reason)
    leave = tuple(dict.fromkeys((*before.leave, *event.leave)))
    state.undoing = replace(before, by=event.by, leave=leave)
    _withdraw_others(state)
    state.queue = {name: None for name in state.queue if name in state.active}
    state.outcome, state.outcome_reason, state.cancelling = None, "", None
    state.pausing, state.interrupting, state.is_paused, state.limit = None, False, False, None
    settle_stop(state, "the run is taken back")
    state.lane_failure = state.searching = None
    for lane in state.lanes.values():
        lane.given_up, lane.failures = None, 0
    recount(state)


def _withdraw_others(state: RunState) -> None:
    """Take back what was started and has had no effect, and forget earlier tries to undo."""
    for node in [state.nodes[name] for name in state.active]:
        is_own = undone_by_step(node.spec.id) is not None
        is_open = node.is_in_doubt or node.is_reaching_out
        if not is_own and (not is_open or (node.work is not None and node.work.conversation is not None)):
            withdraw(state, node, "the run is undone")
    for node in [one for one in state.nodes.values() if undone_by_step(one.spec.id) is not None]:
        state.allowed.pop(node.spec.id, None)
        if node.work is None and node.status is not StepStatus.VERIFIED:
            del state.nodes[node.spec.id]


def note_undone(state: RunState, step: StepId) -> None:
    """Note that the effect of a step is not in the world any more, where this one took it back."""
    node = state.nodes.get(undone_by_step(step) or step)
    if node is not None and node.spec.id != step:
        node.is_undone = True


def stop_undo(state: RunState, node: StepState) -> None:
    """Leave the run as it was, with the effects that were taken back, because one could not be."""
    undoing = state.undoing
    if undoing is None or undone_by_step(node.spec.id) is None:
        return
    state.undoing = None
    state.outcome, state.outcome_reason = undoing.outcome, undoing.outcome_reason
    if state.outcome is None:
        state.pausing, state.is_paused = f"the undo stopped at {node.spec.id}", True


def run_undone(state: RunState, event: ev.RunUndone) -> None:
    """Let the run be as if it had not been, with the memory of it."""
    need(state.undoing is not None and not state.is_busy, event, "nobody asked for it, or something is under way")
    need(not state.active, event, "steps are under way")
    for node in state.nodes.values():
        if undone_by_step(node.spec.id) is None and not node.is_system_step:
            reset(node)
    recount(state)
    for node in state.steps():
        node.status, node.reason = StepStatus.CANCELLED, "the run was undone"
    state.ready.clear()
    state.waits.clear()
    state.handing.clear()
    if event.commit is not None:
        move_back(state, event.commit, None)
    for record in state.accept.records:
        record.forget_after()
    state.undoing, state.undone_by = None, event.by
    state.outcome, state.outcome_reason = Outcome.CANCELLED, f"undone by {event.by}"
