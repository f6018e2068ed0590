"""The fold of services, and when one is started, stopped or missed.

A service is started for the first step that uses it, kept for later ones, and stopped when an attempt that used it
failed or its lane is made anew; the engine stops them all when it lets go of a run. A service that ends by itself fails
the attempt that uses it, unless an effect outside the workspace has begun: then checks and probe tell what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import Applied, Diagnosis, Status
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.ids import StepId
from surefoot.core.kernel.guards import answered, begin, need, work_of
from surefoot.core.kernel.interrupts import interrupt
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.state import LaneState, RunState
from surefoot.core.step_state import StepState
from surefoot.effects import BY_REQUEST

FAILURES_MAX = 3
"""So often the acceptance checks' services may fail; those of a step have its attempts.

Journals fold by this number, so it stays: see `tests/golden`."""
LANE_TRIES_MAX = 3
"""So often a lane is asked for that fails for a reason that may pass."""


def serve(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Start what the step uses and does not run in its lane."""
    if work.checkpoint is None or work.lane is None:
        return None
    if work.ending is not None and work.ending.status is not Status.OK and work.settled != Applied.APPLIED:
        return None
    names = state.plan.services_of(node.spec)
    return start_missing(state, (node.spec.id, node.attempt), work.lane, names, now)


def start_missing(
    state: RunState, place: tuple[StepId, int], lane_name: str, names: Sequence[str], now: float
) -> RuleResult:
    """Start the first of these services that is not up, or wait where it is being stopped."""
    lane = state.lanes[lane_name]
    if lane.is_stopping:
        return HOLD
    name = next((name for name in names if name not in lane.services), None)
    if name is None:
        return None
    step, attempt = place
    service, up = state.plan.service(name), tuple(lane.services)
    command = do.StartService(step=step, attempt=attempt, lane=lane_name, service=service, up=up)
    return Proposal(ev.ServiceRequested(at=now, step=step, attempt=attempt, lane=lane_name, service=name), command)


def stop_next(state: RunState, lane_name: str, now: float) -> RuleResult:
    """Stop a service of the lane, the last one started first; wait while one is being stopped."""
    lane = state.lanes.get(lane_name)
    if lane is None or not lane.services:
        return None
    if lane.is_stopping:
        return HOLD
    name = list(lane.services)[-1]
    command = do.StopService(lane=lane_name, service=name)
    return Proposal(ev.ServiceStopRequested(at=now, lane=lane_name, service=name), command)


def request_lane(state: RunState, name: str, now: float, *, fresh: bool, commit: str | None = None) -> list[Proposal]:
    """Ask for a lane at the head, or at another commit, once nothing runs beside its steps any more."""
    assert state.branch is not None
    stopping = stop_next(state, name, now)
    if stopping is not None:
        return [stopping] if isinstance(stopping, Proposal) else []
    lane, commit = state.lanes.get(name), commit or state.branch.head
    is_last_try = lane is not None and lane.failures >= LANE_TRIES_MAX - 1
    event = ev.LaneRequested(at=now, lane=name, commit=commit, fresh=fresh, is_last_try=is_last_try)
    return [Proposal(event, do.OpenLane(lane=name, commit=commit, fresh=fresh))]


def leave(state: RunState, now: float) -> list[Proposal]:
    """End what is under way in steps whose attempt has failed because a service ended."""
    moves: list[Proposal] = []
    for name in state.active:
        node = state.nodes[name]
        work = work_of(node)
        needs_services = work.open is not None and BY_REQUEST[work.open].needs_services
        if work.lost_service is None or not needs_services or work.interrupt_requested:
            continue
        moves.append(interrupt(node, now))
    return moves


# --- what the events mean


def _service_requested(state: RunState, event: ev.ServiceRequested) -> None:
    lane = _lane_of(state, event, event.lane)
    need(event.service not in lane.services, event, f"service {event.service} runs in lane {event.lane}")
    if event.step == ACCEPTANCE:
        is_wanted = state.outcome is None or state.blaming is not None
        need(not state.accept.open and is_wanted, event, "a check is being asked")
        state.accept.open = True
        return
    _, work = begin(state, event)
    work.open = event.kind


def _lane_of(state: RunState, event: Event, name: str) -> LaneState:
    lane = state.lanes.get(name)
    need(lane is not None, event, f"there is no lane {name}")
    assert lane is not None
    return lane


def _service_ready(state: RunState, event: ev.ServiceReady) -> None:
    lane = _lane_of(state, event, event.lane)
    _close(state, event)
    lane.services[event.service] = True
    lane.epoch += 1


def service_failed(state: RunState, event: ev.EffectFailed) -> None:
    """Note that a service did not become ready: the attempt that needs it fails."""
    work = _close(state, event)
    if work is not None:
        work.lost_service = (event.diagnosis, event.reason)
        return
    state.accept.service_failures += 1
    if state.is_searching:
        return
    if event.diagnosis is not Diagnosis.TRANSIENT or state.accept.service_failures >= FAILURES_MAX:
        state.lane_failure = event.reason


def _close(state: RunState, event: ev.ServiceReady | ev.EffectFailed) -> Attempt | None:
    """Note that the start is not under way any more; return the work it was for, if that was a step's."""
    if event.step == ACCEPTANCE:
        need(state.accept.open, event, "no service is being started for acceptance")
        state.accept.open = state.accept.interrupt_requested = False
        return None
    _, work = answered(state, event, ev.ServiceRequested)
    return work


def _service_stop_requested(state: RunState, event: ev.ServiceStopRequested) -> None:
    lane = _lane_of(state, event, event.lane)
    need(lane.services.get(event.service), event, f"service {event.service} does not run in lane {event.lane}")
    lane.services[event.service] = False


def _service_ended(state: RunState, event: ev.ServiceEnded) -> None:
    lane = _lane_of(state, event, event.lane)
    was_wanted = lane.services.pop(event.service, False)
    state.accept.interrupt_requested = False
    if not was_wanted:  # it was stopped, or it ended while it was being stopped and that is told twice
        return
    if lane.held_by is not None:
        node = state.nodes[lane.held_by]
        work = work_of(node)
        is_used = event.service in state.plan.services_of(node.spec)
        is_over = work.checkpoint is None or work.failure is not None or work.open == ev.CommitRequested.kind
        if is_used and not node.is_reaching_out and not is_over:
            work.lost_service = (Diagnosis.TRANSIENT, event.reason)
    elif state.accept.open:
        state.accept.has_lost_service = True


SERVICE_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.ServiceRequested: _service_requested,
    ev.ServiceReady: _service_ready,
    ev.ServiceStopRequested: _service_stop_requested,
    ev.ServiceEnded: _service_ended,
}
"""What to do with each event of a service."""
