"""What each event means for the state.

Owns the fold. Every function here first makes sure that its event can happen, and only then changes the state; `apply`
is the one way in. Must never decide anything. Read `surefoot.core.kernel.run` next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from surefoot.core import events as ev
from surefoot.core.events import ACCEPTANCE, Applied, Diagnosis, Event, Phase, QuestionKind, Status, Verdict
from surefoot.core.graph import build_graph
from surefoot.core.ids import ID_LENGTH_MAX, StepId
from surefoot.core.plan import AskBody, member_of
from surefoot.core.state import (
    FINAL,
    LaneState,
    QuestionState,
    RunState,
    StepState,
    StepStatus,
    Work,
    end_work,
    expand,
    finish,
    hold,
    hold_all_pending,
    make_pending_again,
    make_ready,
    new_state,
    recount,
    reset,
    take_ready,
    wake,
)
from surefoot.core.verdicts import CheckRecord, record_answer, verdict_key
from surefoot.errors import IllegalTransition

LANE_ATTEMPTS_MAX = 3
_PHASES = (Phase.UNDERSTAND, Phase.PLAN, Phase.EXECUTE, Phase.VALIDATE)


def apply(state: RunState | None, event: Event) -> RunState:
    """Fold `event` into `state`, in place, and return the state; the first event makes it.

    Raises:
        IllegalTransition: the event cannot happen here; the state is unchanged.
    """
    if state is None:
        if not isinstance(event, ev.RunCreated):
            raise _illegal(event, "a run begins with run_created")
        return _created(event)
    fold = _FOLDS.get(type(event))
    if fold is None:
        raise _illegal(event, "a run is created once")
    fold(state, event)
    if state.engine_on:
        state.active_s += max(0.0, event.at - state.at)
    state.at = max(state.at, event.at)
    state.seq += 1
    return state


def _illegal(event: Event, why: str) -> IllegalTransition:
    return IllegalTransition(f"event {event.kind!r} cannot happen now: {why}", event=event.kind)


def _need(condition: object, event: Event, why: str) -> None:
    if not condition:
        raise _illegal(event, why)


def _created(event: ev.RunCreated) -> RunState:
    graph, problems = build_graph(event.plan.steps)
    if graph is None:
        raise _illegal(event, "; ".join(problem.text for problem in problems))
    return new_state(event, graph)


# --- the run


def _engine_started(state: RunState, event: ev.EngineStarted) -> None:
    _need(event.token > state.token, event, f"its token {event.token} is not above {state.token}")
    state.token, state.rung, state.engine_on, state.at = event.token, event.rung, True, event.at
    for name in state.active:
        _break_off(state.nodes[name])
    for lane in state.lanes.values():
        lane.is_open = False
        lane.is_ready = lane.is_ready and _holds_work(state, lane)
    state.accept.open = state.accept.lane_ready = state.accept.interrupt_asked = False
    state.interrupting = False
    _expand_later(state)
    state.waits = dict.fromkeys(state.waits, False)
    if state.branch is not None:
        state.branch.is_open = False
        state.branch.asked = state.branch.moved


def _holds_work(state: RunState, lane: LaneState) -> bool:
    """Tell whether a step has work in the lane that is still to be looked at or put back."""
    if lane.held_by is None:
        return False
    return _work(state.nodes[lane.held_by]).checkpoint is not None


def _expand_later(state: RunState) -> None:
    if state.expanding is None:
        return
    group = state.nodes[state.expanding]
    group.status = StepStatus.PENDING
    state.expanding = None
    make_ready(state, group)


def _break_off(node: StepState) -> None:
    """Note that what was under way for the step will never answer, because the engine is gone."""
    work = node.work
    assert work is not None
    if work.open is None:
        return
    body_is_known = node.spec.effect.is_outside and work.ending is not None
    if not body_is_known and work.failure is None:
        work.interrupted = Diagnosis.CRASH
    if work.open != ev.ProbeAsked.kind:
        node.crashes += 1
    work.open, work.interrupt_asked = None, False


def _engine_stopped(state: RunState, event: ev.EngineStopped) -> None:
    _need(state.engine_on, event, "no engine is at work")
    state.active_s += max(0.0, event.at - state.at)
    state.engine_on = False


def _options_given(state: RunState, event: ev.OptionsGiven) -> None:
    if event.yes:
        state.yes_by = event.by
    for step in event.allow:
        state.allowed[step] = event.by


def _phase_entered(state: RunState, event: ev.PhaseEntered) -> None:
    _need(state.outcome is None, event, "the run has ended")
    step = _PHASES.index(event.phase) - _PHASES.index(state.phase)
    _need(step == 1, event, f"{event.phase} does not follow {state.phase}")
    if event.phase is Phase.EXECUTE:
        _need(not any(r.before is None for r in _baseline(state)), event, "the baseline is not complete")
    if event.phase is Phase.VALIDATE:
        _need(state.unfinished == 0, event, "some steps are not final")
    state.phase = event.phase


def _baseline(state: RunState) -> list[CheckRecord]:
    checks = state.plan.accept
    return [r for check, r in zip(checks, state.accept.records, strict=True) if check.expect != "pass"]


def _pause_requested(state: RunState, event: ev.PauseRequested) -> None:
    _need(state.outcome is None, event, "the run has ended")
    state.pausing = event.by
    state.interrupting = state.interrupting or event.interrupt


def _run_paused(state: RunState, event: ev.RunPaused) -> None:
    _need(state.pausing is not None and state.outcome is None, event, "nobody asked for it")
    _need(not state.is_busy, event, "something is under way")
    state.is_paused = True


def _run_resumed(state: RunState, event: ev.RunResumed) -> None:
    _need(state.outcome is None, event, "the run has ended; use retry or restore")
    state.pausing, state.interrupting, state.is_paused = None, False, False
    state.accept.interrupt_asked = False


def _cancel_requested(state: RunState, event: ev.CancelRequested) -> None:
    _need(state.outcome is None, event, "the run has ended")
    state.cancelling = event.by


def _run_ended(state: RunState, event: ev.RunEnded) -> None:
    _need(state.outcome is None, event, "the run has ended already")
    if event.outcome is ev.Outcome.CANCELLED:
        _need(state.cancelling is not None and not state.is_busy, event, "nobody asked for it, or something runs")
    elif event.outcome is ev.Outcome.COMPLETED:
        _need(state.phase is Phase.VALIDATE and state.unfinished == 0, event, "not everything is validated")
    _let_go(state)
    if event.outcome is ev.Outcome.CANCELLED:
        _cancel_all(state)
    state.outcome, state.outcome_reason = event.outcome, event.reason


def _let_go(state: RunState) -> None:
    """Take back what was started and is not in doubt."""
    for name in list(state.active):
        node = state.nodes[name]
        if node.is_in_doubt:
            continue
        question = state.questions.get(_work(node).question or "")
        if question is not None:
            question.withdrawn = "the run ended"
        end_work(state, node)
        node.status = StepStatus.PENDING


def _cancel_all(state: RunState) -> None:
    for node in state.nodes.values():
        if node.status is StepStatus.PENDING and node.members is None:
            node.status, node.reason, node.due = StepStatus.CANCELLED, "the run was cancelled", None
    state.ready.clear()
    state.waits.clear()


def _finding_reported(state: RunState, event: ev.FindingReported) -> None:
    state.findings.append(event.finding)


# --- lanes and groups


def _lane_requested(state: RunState, event: ev.LaneRequested) -> None:
    lane = state.lanes.get(event.lane) or LaneState(name=event.lane)
    _need(state.branch is not None, event, "the run has no workspace")
    _need(not lane.is_open and lane.held_by is None, event, f"lane {event.lane} is in use")
    state.lanes[event.lane] = lane
    lane.is_open, lane.is_ready = True, False


def _lane_ready(state: RunState, event: ev.LaneReady) -> None:
    lane = _open_lane(state, event, event.lane)
    if lane.needs_fresh:
        lane.epoch = 0
    lane.is_open, lane.is_ready, lane.needs_fresh, lane.failures = False, True, False, 0
    state.accept.interrupt_asked = False
    lane.environment = event.environment
    if event.lane == "clean":
        state.accept.lane_ready = True


def _open_lane(state: RunState, event: ev.LaneReady | ev.LaneFailed, name: str) -> LaneState:
    lane = state.lanes.get(name)
    _need(lane is not None and lane.is_open, event, f"lane {name} was not asked for")
    assert lane is not None
    return lane


def _lane_failed(state: RunState, event: ev.LaneFailed) -> None:
    lane = _open_lane(state, event, event.lane)
    lane.is_open, lane.needs_fresh = False, True
    if event.diagnosis is Diagnosis.INTERRUPTED:
        state.accept.interrupt_asked = False
        return
    lane.failures += 1
    if event.diagnosis is not Diagnosis.TRANSIENT or lane.failures >= LANE_ATTEMPTS_MAX:
        state.lane_failure = event.reason


def _expansion_asked(state: RunState, event: ev.ExpansionAsked) -> None:
    group = _node(state, event, event.group)
    _need(group.is_group and group.members is None and _is_ready(group), event, f"group {event.group} is not ready")
    _need(state.expanding is None, event, f"{state.expanding} is being expanded")
    take_ready(state, group)
    group.status = StepStatus.RUNNING
    state.expanding = event.group


def _group_expanded(state: RunState, event: ev.GroupExpanded) -> None:
    group = _expanding(state, event, event.group)
    ids = [member_of(group.spec, item).id for item in event.items]
    _need(len(set(ids)) == len(ids), event, "two items give the same step id")
    _need(not any(name in state.nodes or len(name) > ID_LENGTH_MAX for name in ids), event, "a member's id is taken")
    state.expanding = None
    group.status = StepStatus.PENDING
    if not event.items and not group.spec.if_empty_ok:
        finish(state, group, StepStatus.FAILED, "the group is empty; set `if_empty: ok` if that is all right")
        return
    expand(state, group, event.items)


def _expansion_failed(state: RunState, event: ev.ExpansionFailed) -> None:
    group = _expanding(state, event, event.group)
    state.expanding = None
    finish(state, group, StepStatus.FAILED, event.reason)


def _expanding(state: RunState, event: Event, name: StepId) -> StepState:
    _need(state.expanding == name, event, f"group {name} is not being expanded")
    return state.nodes[name]


# --- an attempt


def _node(state: RunState, event: Event, name: StepId) -> StepState:
    node = state.nodes.get(name)
    _need(node is not None, event, f"there is no step {name!r}")
    assert node is not None
    return node


def _is_ready(node: StepState) -> bool:
    return node.status is StepStatus.PENDING and node.missing == 0 and node.due is None


def _work(node: StepState) -> Work:
    assert node.work is not None
    return node.work


def _active(state: RunState, event: ev.StepEvent) -> tuple[StepState, Work]:
    node = _node(state, event, event.step)
    _need(node.work is not None, event, f"step {event.step!r} is {node.status}")
    _need(node.attempt == event.attempt, event, f"step {event.step!r} is at attempt {node.attempt}")
    return node, _work(node)


def _begin(state: RunState, event: ev.StepEvent) -> tuple[StepState, Work]:
    """Check that a decision which issues a command may be taken, and note that the command is under way."""
    node, work = _active(state, event)
    _need(work.open is None, event, f"{work.open} is under way for step {event.step!r}")
    _need(state.outcome is None, event, "the run has ended")
    return node, work


def _answered(state: RunState, event: ev.StepEvent, asked: type[Event]) -> tuple[StepState, Work]:
    """Check that a fact answers what is under way, and note that it has."""
    node, work = _active(state, event)
    _need(work.open == asked.kind, event, f"{asked.kind} is not under way for step {event.step!r}")
    work.open, work.interrupt_asked = None, False
    return node, work


def _step_started(state: RunState, event: ev.StepStarted) -> None:
    node = _node(state, event, event.step)
    _need(_is_ready(node) and not node.is_group, event, f"step {event.step!r} is not ready")
    _need(state.phase is Phase.EXECUTE and state.outcome is None, event, f"the run is in phase {state.phase}")
    _need(state.pausing is None and state.cancelling is None, event, "nothing new may start")
    _need(event.attempt == node.failures + 1, event, f"attempt {node.failures + 1} is next")
    take_ready(state, node)
    node.status, node.attempt = StepStatus.RUNNING, event.attempt
    if node.started_at is None:
        node.started_at = event.at
    node.work = Work(checks=[CheckRecord() for _ in node.spec.checks])
    state.active[event.step] = None


def _checkpoint_asked(state: RunState, event: ev.CheckpointAsked) -> None:
    lane = state.lanes.get(event.lane)
    _need(lane is not None and lane.is_ready and lane.held_by is None, event, f"lane {event.lane} is not free")
    _, work = _begin(state, event)
    assert lane is not None
    lane.held_by = event.step
    work.lane, work.open = event.lane, event.kind


def _checkpointed(state: RunState, event: ev.Checkpointed) -> None:
    _, work = _answered(state, event, ev.CheckpointAsked)
    work.checkpoint = event
    assert work.lane is not None
    state.lanes[work.lane].environment = event.environment


def _checkpoint_failed(state: RunState, event: ev.CheckpointFailed) -> None:
    node, work = _answered(state, event, ev.CheckpointAsked)
    assert work.lane is not None
    lane = state.lanes[work.lane]
    lane.is_ready, lane.needs_fresh, lane.held_by = False, True, None
    work.lane = None
    work.failure = _failed(event, event.diagnosis, event.reason)
    work.restored = True
    node.last_failure = work.failure
    node.failures += 1


def _failed(event: ev.StepEvent, diagnosis: Diagnosis, reason: str) -> ev.AttemptFailed:
    return ev.AttemptFailed(at=event.at, step=event.step, attempt=event.attempt, diagnosis=diagnosis, reason=reason)


def _check_asked(state: RunState, event: ev.CheckAsked) -> None:
    if event.step == ACCEPTANCE:
        _need(not state.accept.open and state.outcome is None, event, "a check is being asked")
        state.accept.open = True
        return
    _, work = _begin(state, event)
    _need(0 <= event.check < len(work.checks), event, f"there is no check {event.check}")
    work.open = event.kind


def _check_answered(state: RunState, event: ev.CheckAnswered) -> None:
    if event.step == ACCEPTANCE:
        _need(state.accept.open, event, "no acceptance check is being asked")
        state.accept.open = state.accept.interrupt_asked = False
        check, record = state.plan.accept[event.check], state.accept.records[event.check]
    else:
        node, work = _answered(state, event, ev.CheckAsked)
        check, record = node.spec.checks[event.check], work.checks[event.check]
    record_answer(check, record, event)
    if event.verdict is Verdict.PASSED and not event.flaky and not record.is_flaky:
        state.verdicts[verdict_key(check)] = (event.tree, event.environment, event.evidence, event.results)


def _verdict_reused(state: RunState, event: ev.VerdictReused) -> None:
    if event.step == ACCEPTANCE:
        check, record = state.plan.accept[event.check], state.accept.records[event.check]
    else:
        node, work = _begin(state, event)
        check, record = node.spec.checks[event.check], work.checks[event.check]
    record_answer(check, record, event)


def _question_asked(state: RunState, event: ev.QuestionAsked) -> None:
    _need(event.question not in state.questions, event, f"question {event.question} was asked before")
    node, work = _begin(state, event)
    _need(work.question is None, event, f"question {work.question} is open")
    state.questions[event.question] = QuestionState(asked=event)
    work.question, work.answer = event.question, None
    node.status = StepStatus.IN_DOUBT if event.about is QuestionKind.IN_DOUBT else StepStatus.WAITING
    if not work.body_started and work.failure is None and work.lane is not None:
        _let_go_of_lane(state, node, work)


def _let_go_of_lane(state: RunState, node: StepState, work: Work) -> None:
    """Free the lane while a person thinks; the attempt takes its checkpoint anew afterwards."""
    assert work.lane is not None
    state.lanes[work.lane].held_by = None
    work.lane, work.checkpoint, work.probed_before = None, None, False
    work.checks = [CheckRecord() for _ in node.spec.checks]


def _question_answered(state: RunState, event: ev.QuestionAnswered) -> None:
    question = state.questions.get(event.question)
    _need(question is not None and question.is_open, event, f"question {event.question} is not open")
    assert question is not None
    options = question.asked.options
    _need(not options or event.answer in options, event, f"question {event.question} takes {', '.join(options)}")
    node = state.nodes[question.asked.step]
    work = _work(node)
    question.answered = event
    work.question, work.answer = None, event.answer
    node.status = StepStatus.RUNNING
    if question.asked.about is QuestionKind.CONFIRM and event.answer == "yes":
        work.approved, work.answer = True, None
        state.approvals[node.spec.id, question.asked.shown] = event.by
    elif question.asked.about is QuestionKind.IN_DOUBT and not work.body_started:
        work.probed_before, work.answer = True, None
        if event.answer == Applied.APPLIED:
            _settle(state, node, work, event.answer)
    elif question.asked.about is QuestionKind.IN_DOUBT:
        _settle(state, node, work, event.answer)


def _settle(state: RunState, node: StepState, work: Work, answer: str) -> None:
    work.settled, work.answer, work.probe = answer, None, None
    if answer == Applied.APPLIED:
        work.interrupted = None
        _has_happened(state, node)


def _has_happened(state: RunState, node: StepState) -> None:
    """Note that an outside effect was applied: the approval it had is used up."""
    node.applied = True
    state.allowed.pop(node.spec.id, None)
    for key in [key for key in state.approvals if key[0] == node.spec.id]:
        del state.approvals[key]


def _question_withdrawn(state: RunState, event: ev.QuestionWithdrawn) -> None:
    question = state.questions.get(event.question)
    _need(question is not None and question.is_open, event, f"question {event.question} is not open")
    assert question is not None
    question.withdrawn = event.reason
    _work(state.nodes[question.asked.step]).question = None


def _approval_recorded(state: RunState, event: ev.ApprovalRecorded) -> None:
    _, work = _begin(state, event)
    work.approved = True
    state.approvals[event.step, event.shown] = event.by


def _probe_asked(state: RunState, event: ev.ProbeAsked) -> None:
    node, work = _begin(state, event)
    _need(node.spec.probe is not None, event, f"step {event.step!r} has no probe")
    work.open = event.kind


def _probe_answered(state: RunState, event: ev.ProbeAnswered) -> None:
    node, work = _answered(state, event, ev.ProbeAsked)
    work.probe = event
    if not work.body_started:
        work.probed_before = event.answer is not Applied.APPLIED
    elif event.answer is not Applied.UNKNOWN:
        _settle(state, node, work, event.answer.value)


def _body_started(state: RunState, event: ev.BodyStarted) -> None:
    node, work = _begin(state, event)
    _need(not work.body_started, event, f"the body of {event.step!r} has started")
    _need(node.missing == 0, event, f"step {event.step!r} has needs that are not satisfied")
    work.body_started, work.open, work.probe = True, event.kind, None


def _body_finished(state: RunState, event: ev.BodyFinished) -> None:
    node, work = _answered(state, event, ev.BodyStarted)
    work.ending, work.body_evidence = event.ending, event.evidence
    if event.ending.status is Status.OK and node.spec.effect.is_outside:
        _has_happened(state, node)


def _interrupt_asked(state: RunState, event: ev.InterruptAsked) -> None:
    if event.step == ACCEPTANCE:
        _need(state.is_busy and not state.accept.interrupt_asked, event, "nothing is under way that could be ended")
        state.accept.interrupt_asked = True
        return
    _, work = _active(state, event)
    _need(work.open is not None and not work.interrupt_asked, event, "nothing is under way that could be ended")
    work.interrupt_asked = True


def _interrupted(state: RunState, event: ev.Interrupted) -> None:
    if event.step == ACCEPTANCE:
        _need(state.accept.open, event, "no acceptance check is being asked")
        state.accept.open = state.accept.interrupt_asked = False
        return
    if event.step == state.expanding:
        state.accept.interrupt_asked = False
        _expand_later(state)
        return
    _, work = _active(state, event)
    _need(work.open is not None, event, "nothing was under way")
    work.open, work.interrupt_asked = None, False
    work.interrupted = Diagnosis.INTERRUPTED
    if work.lane is not None and work.checkpoint is None:
        state.lanes[work.lane].is_ready, state.lanes[work.lane].needs_fresh = False, True


def _inspection_asked(state: RunState, event: ev.InspectionAsked) -> None:
    _, work = _begin(state, event)
    _need(work.checkpoint is not None, event, "there is no checkpoint to compare with")
    work.open = event.kind


def _changes_observed(state: RunState, event: ev.ChangesObserved) -> None:
    node, work = _answered(state, event, ev.InspectionAsked)
    work.changes = event
    node.undeclared = event.undeclared
    assert work.lane is not None
    if event.lane_changed or node.spec.network or not node.spec.confine:
        state.lanes[work.lane].epoch += 1


def _effect_broken(state: RunState, event: ev.EffectBroken) -> None:
    _, work = _active(state, event)
    _need(work.open in (ev.InspectionAsked.kind, ev.CommitAsked.kind), event, "nothing like that is under way")
    work.open, work.broken = None, event.reason


def _commit_asked(state: RunState, event: ev.CommitAsked) -> None:
    _, work = _begin(state, event)
    _need(work.changes is not None, event, "what changed is not known")
    work.open = event.kind


def _commit_written(state: RunState, event: ev.CommitWritten) -> None:
    _, work = _answered(state, event, ev.CommitAsked)
    work.commit = event.commit


def _step_verified(state: RunState, event: ev.StepVerified) -> None:
    node, work = _begin(state, event)
    unproven = [r for r in work.checks if r.after is not Verdict.PASSED and r.before is not Verdict.FAILED]
    _need(not unproven, event, "a check has not passed")
    is_known = isinstance(node.spec.body, AskBody) or work.settled == Applied.APPLIED
    _need(is_known or (work.ending and work.ending.status is Status.OK), event, "the body has not ended well")
    node.proof, node.verified_seq = event.proof, state.seq
    if event.commit is not None:
        _need(state.branch is not None and work.changes is not None, event, "there is nothing to commit")
        assert state.branch is not None
        assert work.changes is not None
        state.branch.head, state.branch.tree = event.commit, work.changes.tree
        node.commit = event.commit
    if state.branch is not None:
        node.head_after, node.tree_after = state.branch.head, state.branch.tree
    node.crashes = 0
    finish(state, node, StepStatus.VERIFIED, None)


def _attempt_failed(state: RunState, event: ev.AttemptFailed) -> None:
    node, work = _begin(state, event)
    _need(work.failure is None, event, "the attempt has failed already")
    work.failure, work.answer, work.broken = event, None, None
    work.interrupted = None
    work.restored = work.checkpoint is None
    node.last_failure = event
    if event.applied:
        _has_happened(state, node)
    elif work.body_started and work.settled == Applied.NOT_APPLIED:
        node.applied = False
    if event.is_counted:
        node.failures += 1
        node.crashes = 0


def _restore_asked(state: RunState, event: ev.RestoreAsked) -> None:
    _, work = _begin(state, event)
    _need(work.failure is not None and not work.restored, event, "there is nothing to put back")
    work.open = event.kind


def _lane_restored(state: RunState, event: ev.LaneRestored) -> None:
    node, work = _answered(state, event, ev.RestoreAsked)
    work.restored = True
    assert work.lane is not None
    lane = state.lanes[work.lane]
    if event.lane_changed:
        lane.needs_fresh = True
        lane.is_ready = False
    elif work.body_started and (node.spec.network or not node.spec.confine):
        lane.epoch += 1


def _retry_scheduled(state: RunState, event: ev.RetryScheduled) -> None:
    node = _node(state, event, event.step)
    if node.work is None:
        _need(event.step in state.waits, event, f"step {event.step!r} waits for nothing")
        state.waits[event.step] = True
        return
    node, work = _begin(state, event)
    _need(work.failure is not None and work.restored, event, "the attempt has not been put back")
    node.due = event.due if event.due > event.at else None
    make_pending_again(state, node)


def _retry_due(state: RunState, event: ev.RetryDue) -> None:
    node = _node(state, event, event.step)
    if event.step in state.waits:  # else it was blocked or reset while the clock ran
        wake(state, node)


def _step_failed(state: RunState, event: ev.StepFailed) -> None:
    node, _ = _begin(state, event)
    finish(state, node, StepStatus.FAILED, event.reason)
    if event.stop:
        hold_all_pending(state, event.step)


def _step_skipped(state: RunState, event: ev.StepSkipped) -> None:
    node, work = _begin(state, event)
    nothing = event.reason == "nothing_to_do"
    _need(not (nothing and work.body_started), event, "the body has run")
    finish(state, node, StepStatus.SKIPPED, event.reason)


def _rolled_back(state: RunState, event: ev.RolledBack) -> None:
    node, _ = _begin(state, event)
    _need(state.branch is not None, event, "the run has no workspace")
    finish(state, node, StepStatus.FAILED, event.reason)
    hold(state, event.invalidated, event.step)
    _move_back(state, event.commit, state.nodes[event.to])
    recount(state)


def _move_back(state: RunState, commit: str, target: StepState | None) -> None:
    assert state.branch is not None
    branch = state.branch
    branch.keep_next = branch.head != commit
    branch.head = commit
    branch.tree = (state.created.base_tree or "") if target is None else (target.tree_after or branch.tree)
    for lane in state.lanes.values():
        lane.is_ready = lane.is_ready and lane.held_by is not None


# --- the branch and people


def _refs_asked(state: RunState, event: ev.RefsAsked) -> None:
    _need(state.branch is not None and not state.branch.is_open, event, "the branch is being moved")
    assert state.branch is not None
    state.branch.asked, state.branch.is_open = event.commit, True


def _refs_moved(state: RunState, event: ev.RefsMoved) -> None:
    _need(state.branch is not None and state.branch.is_open, event, "the branch was not asked to move")
    assert state.branch is not None
    state.branch.is_open, state.branch.moved, state.branch.refused = False, event.commit, event.refused
    if state.branch.keep_next:
        state.branch.kept, state.branch.keep_next = state.branch.kept + 1, False


def _steps_reset(state: RunState, event: ev.StepsReset) -> None:
    for name in event.steps:
        node = _node(state, event, name)
        _need(node.status in FINAL and node.members is None, event, f"step {name!r} is {node.status}")
        _need(node.status is not StepStatus.VERIFIED, event, f"step {name!r} is verified; use restore")
    for name in event.steps:
        reset(state.nodes[name])
    for node in state.nodes.values():
        if node.status is StepStatus.CANCELLED:
            reset(node)
    _reopen(state)


def _run_restored(state: RunState, event: ev.RunRestored) -> None:
    _need(state.branch is not None, event, "the run has no workspace")
    _need(not state.active or state.is_paused, event, "steps are under way")
    _need(event.to is None or event.to in state.nodes, event, f"there is no step {event.to!r}")
    nodes = [_node(state, event, name) for name in event.pending]
    for node in nodes:
        reset(node)
    _move_back(state, event.commit, None if event.to is None else state.nodes[event.to])
    _reopen(state)
    state.pausing = state.pausing or f"restored by {event.by}"
    state.is_paused = True


def _reopen(state: RunState) -> None:
    state.outcome, state.outcome_reason, state.cancelling, state.lane_failure = None, "", None, None
    state.phase = Phase.EXECUTE if state.phase is Phase.VALIDATE else state.phase
    for record in state.accept.records:
        record.forget_after()
    state.accept.lane_ready = False
    for lane in state.lanes.values():
        lane.failures = 0
    recount(state)


_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.EngineStarted: _engine_started,
    ev.EngineStopped: _engine_stopped,
    ev.OptionsGiven: _options_given,
    ev.PhaseEntered: _phase_entered,
    ev.PauseRequested: _pause_requested,
    ev.RunPaused: _run_paused,
    ev.RunResumed: _run_resumed,
    ev.CancelRequested: _cancel_requested,
    ev.RunEnded: _run_ended,
    ev.FindingReported: _finding_reported,
    ev.LaneRequested: _lane_requested,
    ev.LaneReady: _lane_ready,
    ev.LaneFailed: _lane_failed,
    ev.ExpansionAsked: _expansion_asked,
    ev.GroupExpanded: _group_expanded,
    ev.ExpansionFailed: _expansion_failed,
    ev.StepStarted: _step_started,
    ev.CheckpointAsked: _checkpoint_asked,
    ev.Checkpointed: _checkpointed,
    ev.CheckpointFailed: _checkpoint_failed,
    ev.CheckAsked: _check_asked,
    ev.CheckAnswered: _check_answered,
    ev.VerdictReused: _verdict_reused,
    ev.QuestionAsked: _question_asked,
    ev.QuestionAnswered: _question_answered,
    ev.QuestionWithdrawn: _question_withdrawn,
    ev.ApprovalRecorded: _approval_recorded,
    ev.ProbeAsked: _probe_asked,
    ev.ProbeAnswered: _probe_answered,
    ev.BodyStarted: _body_started,
    ev.BodyFinished: _body_finished,
    ev.InterruptAsked: _interrupt_asked,
    ev.Interrupted: _interrupted,
    ev.InspectionAsked: _inspection_asked,
    ev.ChangesObserved: _changes_observed,
    ev.EffectBroken: _effect_broken,
    ev.CommitAsked: _commit_asked,
    ev.CommitWritten: _commit_written,
    ev.StepVerified: _step_verified,
    ev.AttemptFailed: _attempt_failed,
    ev.RestoreAsked: _restore_asked,
    ev.LaneRestored: _lane_restored,
    ev.RetryScheduled: _retry_scheduled,
    ev.RetryDue: _retry_due,
    ev.StepFailed: _step_failed,
    ev.StepSkipped: _step_skipped,
    ev.RolledBack: _rolled_back,
    ev.RefsAsked: _refs_asked,
    ev.RefsMoved: _refs_moved,
    ev.StepsReset: _steps_reset,
    ev.RunRestored: _run_restored,
}
