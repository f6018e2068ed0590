"""The fold of answers to checks and probes, and which verdicts are remembered.

Every function first makes sure that its event can happen, and only then changes the state. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import Applied, Moment, Verdict
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.graph_state import join_queue, leave_queue
from surefoot.core.kernel.guards import active_of, answered, begin, need
from surefoot.core.kernel.service_rules import FAILURES_MAX
from surefoot.core.kernel.train_fold import share_answer
from surefoot.core.plan import Check
from surefoot.core.state import CachedVerdict, RunState
from surefoot.core.step_state import AskedQuestion, StepState
from surefoot.core.system_steps import undo_step_id
from surefoot.core.verdicts import CheckRecord, record_answer, verdict_key

VERDICTS_KEPT = 8
"""So many of the latest verdicts of a check are there to be reused.

Journals fold by this number, so it stays: see `tests/golden`."""


def _check_requested(state: RunState, event: ev.CheckRequested) -> None:
    check, _ = _check_of(state, event)
    if event.step == ACCEPTANCE:
        need(not state.accept.open and state.outcome is None, event, "a check is being asked")
        state.accept.open, state.accept.has_lost_service = True, False
        return
    _, work = begin(state, event)
    work.open = event.kind
    if event.moment is not Moment.DURING and event.environment:
        _note_question(state, verdict_key(check), event)


def _note_question(state: RunState, key: str, event: ev.CheckRequested) -> None:
    """Note for whom a question is put; one that has been put in vain stays so."""
    place = (event.tree, event.environment)
    known = state.asked.get(key, ())
    in_vain = any((one.tree, one.environment) == place and one.step is None for one in known)
    others = [one for one in known if one.step != event.step and (in_vain or (one.tree, one.environment) != place)]
    asked = [] if in_vain else [AskedQuestion(*place, event.step)]
    state.asked[key] = [*others, *asked][-VERDICTS_KEPT:]


def _note_answer(state: RunState, key: str, event: ev.CheckAnswered, *, holds: bool) -> None:
    """Remember a verdict that holds for all who ask the same; else let each of them ask."""
    if holds:
        _remember(state, key, event)
    left: list[AskedQuestion] = []
    for one in state.asked.get(key, ()):
        if (one.tree, one.environment) == (event.tree, event.environment):
            if holds:
                continue
            one.step = None
        left.append(one)
    if left:
        state.asked[key] = left
    else:
        state.asked.pop(key, None)


def _check_of(state: RunState, event: ev.CheckEvent) -> tuple[Check, CheckRecord]:
    """Return the check an event is about, and its record."""
    if event.step == ACCEPTANCE:
        checks, records = state.plan.accept, state.accept.records
    else:
        node, work = active_of(state, event)
        checks, records = node.spec.checks, work.checks
    need(0 <= event.check < len(checks), event, f"there is no check {event.check}")
    return checks[event.check], records[event.check]


def _check_answered(state: RunState, event: ev.CheckAnswered) -> None:
    check, record = _check_of(state, event)
    if event.step == ACCEPTANCE:
        need(state.accept.open, event, "no acceptance check is being asked")
        state.accept.open = state.accept.interrupt_requested = False
        if _has_lost_service(state, event):
            return
    else:
        _, work = answered(state, event, ev.CheckRequested)
        if work.is_parked and work.place is None:  # the train in which it was asked is gone
            _note_answer(state, verdict_key(check), event, holds=event.verdict is Verdict.PASSED and not event.flaky)
            return
    record_answer(check, record, event)
    share_answer(state, event.step, event.check)
    # What an agent left beside its files may have helped: its step's verdict must not rest on that.
    if event.moment is not Moment.DURING:
        holds = event.verdict is Verdict.PASSED and not event.flaky and not record.is_flaky
        _note_answer(state, verdict_key(check), event, holds=holds)
    if check.reaches_out:
        work = None if event.step == ACCEPTANCE else state.nodes[event.step].work
        for lane in state.lanes.values() if work is None else [state.lanes[work.lane]] if work.lane else ():
            lane.epoch += 1


def _remember(state: RunState, key: str, event: ev.CheckAnswered) -> None:
    """Remember the verdict, and only so many of a kind: steps that run at once ask about a few trees in turn."""
    place = (event.tree, event.environment)
    others = [one for one in state.verdicts.get(key, ()) if (one.tree, one.environment) != place]
    passed = CachedVerdict(*place, event.evidence, event.results, event.changed_files)
    state.verdicts[key] = [*others, passed][-VERDICTS_KEPT:]


def _has_lost_service(state: RunState, event: ev.CheckAnswered) -> bool:
    """Tell whether an acceptance check has to be asked anew, as a service ended meanwhile; so often and no more."""
    lost, state.accept.has_lost_service = state.accept.has_lost_service, False
    if not lost or event.verdict is Verdict.PASSED or state.accept.service_failures >= FAILURES_MAX:
        return False
    state.accept.service_failures += 1
    return True


def _verdict_reused(state: RunState, event: ev.VerdictReused) -> None:
    check, record = _check_of(state, event)
    if event.step != ACCEPTANCE:
        begin(state, event)
    record_answer(check, record, event)
    share_answer(state, event.step, event.check)


def settle_as(state: RunState, node: StepState, work: Attempt, answer: Applied) -> None:
    """Note what became of an effect that was in doubt."""
    work.settle(answer)
    work.people.answer = work.lost_service = None
    if answer is Applied.APPLIED:
        work.interrupted = None
        has_happened(state, node)


def has_happened(state: RunState, node: StepState) -> None:
    """Note that an outside effect was applied: the approval it had is used up."""
    node.applied, node.applied_seq, node.is_undone = True, state.seq, False
    state.nodes.pop(undo_step_id(node.spec.id), None)
    state.allowed.pop(node.spec.id, None)
    state.approvals.pop(node.spec.id, None)


def _probe_requested(state: RunState, event: ev.ProbeRequested) -> None:
    node, work = begin(state, event)
    need(node.spec.probe is not None, event, f"step {event.step!r} has no probe")
    need(work.failure is None, event, "the attempt has failed")
    work.open, node.was_probed = event.kind, True
    leave_queue(state, event.step)


def _probe_answered(state: RunState, event: ev.ProbeAnswered) -> None:
    node, work = answered(state, event, ev.ProbeRequested)
    had_begun = work.body_started
    work.probed(event)
    if node.effect.is_outside:
        join_queue(state, event.step)
    if had_begun and event.answer is not Applied.UNKNOWN:
        settle_as(state, node, work, event.answer)


ANSWER_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.CheckRequested: _check_requested,
    ev.CheckAnswered: _check_answered,
    ev.VerdictReused: _verdict_reused,
    ev.ProbeRequested: _probe_requested,
    ev.ProbeAnswered: _probe_answered,
}
"""What to do with each of these events."""
