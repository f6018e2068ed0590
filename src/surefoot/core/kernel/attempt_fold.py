"""The fold of the events of an attempt.

Every function first makes sure that its event can happen, and only then changes the state. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from surefoot.core import events as ev
from surefoot.core.attempt import Attempt, Committing, Ended, Judging, Parked, People, Place, Preparing
from surefoot.core.event_words import NOT_JUDGED, Applied, Diagnosis, Phase, Status, Verdict
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.graph_state import (
    car_verified,
    finish,
    fresh_records,
    join_queue,
    leave_train,
    take_ready,
    withdraw_question,
)
from surefoot.core.ids import StepId
from surefoot.core.kernel.body_drivers import driver_of
from surefoot.core.kernel.candidate_fold import (
    CANDIDATE_FOLDS,
    begin_beside,
    drop_candidates,
    failed_beside,
    take_chosen,
)
from surefoot.core.kernel.equal_attempts import TRIED_MAX, tried_in
from surefoot.core.kernel.guards import active_of, answered, begin, illegal, is_ready, need, node_of
from surefoot.core.kernel.permission_fold import PERMISSION_FOLDS
from surefoot.core.kernel.plan_adoption import keep_outcome
from surefoot.core.kernel.plan_watch_fold import GO_ON, settle_asked
from surefoot.core.kernel.question_fold import QUESTION_FOLDS
from surefoot.core.kernel.replan_fold import keep_offered, replanning_ended, replanning_started
from surefoot.core.kernel.retry_fold import RETRY_FOLDS
from surefoot.core.kernel.take_back_fold import give_up_transplant, take_up
from surefoot.core.kernel.train_fold import TRAIN_FOLDS
from surefoot.core.kernel.undo_rules import note_undone
from surefoot.core.kernel.verdict_fold import ANSWER_FOLDS, has_happened
from surefoot.core.outputs import cost_of, edited, reworded, spec_of
from surefoot.core.plan import Step
from surefoot.core.proofs import Proof
from surefoot.core.queue import has_result
from surefoot.core.session import SESSION_LOST
from surefoot.core.state import ANY_PATH, RunState
from surefoot.core.step_state import FINAL, StepState, StepStatus, WantedAttempt
from surefoot.core.system_steps import (
    PHASES,
    PLAN_HOLDS,
    REPLANNING,
    SYSTEM_STEPS,
    candidate_made_by,
    is_system_step,
    undone_by_step,
)
from surefoot.core.trains import parent_of
from surefoot.core.verdicts import is_red_before
from surefoot.effects import (
    ARTIFACTS,
    BODY,
    BY_NAME,
    BY_REQUEST,
    CANDIDATE,
    CHECKOUT,
    CHECKPOINT,
    COMMIT,
    CONVERSATION,
    INSPECTION,
    LOOK,
    MERGE,
    MUTATION,
    PATCH,
)

_CHANGED_MAX = 500
"""Failures that say nothing of a result that is judged again."""


def _system_step(state: RunState, event: ev.StepStarted, spec: Step) -> StepState:
    known, made = state.nodes.get(event.step), candidate_made_by(event.step)
    is_again = (event.step == REPLANNING or made is not None) and known is not None and known.status in FINAL
    is_new = is_system_step(event.step) and (known is None or is_again)
    need(is_new, event, f"{event.step!r} is no new system step")
    if made is not None:
        return begin_beside(state, event, spec, made)
    number = SYSTEM_STEPS.index(event.step) if event.step in PHASES else len(SYSTEM_STEPS)
    return StepState(spec=spec, order=(-1, number), needs=())


def _is_due(state: RunState, step: StepId) -> bool:
    """Tell whether the run is where such a step may start."""
    is_undoing = undone_by_step(step) is not None
    if state.outcome is not None or is_undoing is not (state.undoing is not None):
        return False
    return is_undoing or state.phase in PHASES.get(step, (Phase.EXECUTE,))


def _step_started(state: RunState, event: ev.StepStarted) -> None:
    need(_is_due(state, event.step), event, f"the run is in phase {state.phase}")
    node = node_of(state, event, event.step) if event.spec is None else _system_step(state, event, event.spec)
    if not is_ready(node) or node.is_group:
        raise illegal(event, f"step {event.step!r} is not ready")
    need(state.pausing is None and state.cancelling is None, event, "nothing new may start")
    if event.attempt != node.next_attempt:
        raise illegal(event, f"attempt {node.next_attempt} is next")
    if not node.is_system_step:
        take_ready(state, node)
    elif state.nodes.get(event.step) is not node:
        state.nodes[event.step] = node
        state.unfinished += 1
        if event.step == REPLANNING:
            replanning_started(state)
    node.status, node.attempt = StepStatus.RUNNING, event.attempt
    if node.started_at is None:
        node.started_at = event.at
    node.work = Attempt(checks=fresh_records(state, node), probed_before=node.probed_before)
    node.work.based_at = state.seq
    if node.references:
        node.spec, node.work.lack = spec_of(state, node)
        _edit_again(node)
    if node.wanted is not None:
        _begin_as_wanted(node.work.people, node.wanted)
    state.active[event.step] = None
    if node.effect.is_outside:
        join_queue(state, event.step)


def _edit_again(node: StepState) -> None:
    """Put in place again what a person wants in place of the plan's command or instruction."""
    if node.edit is not None:
        node.spec = edited(node.spec, node.edit[0])
    if node.reworded is not None:
        node.spec = reworded(node.spec, node.reworded[0])


def _begin_as_wanted(people: People, wanted: WantedAttempt) -> None:
    people.patch, people.start = wanted.result, wanted.start
    people.taken_by = wanted.by if wanted.is_by_hand else None


def _checkpoint_requested(state: RunState, event: ev.CheckpointRequested) -> None:
    lane = state.lanes.get(event.lane)
    need(lane is not None and lane.is_ready and lane.held_by is None, event, f"lane {event.lane} is not free")
    need(event.lane != state.expanding_in, event, f"a group is expanded in lane {event.lane}")
    _, work = begin(state, event)
    assert lane is not None
    assert state.branch is not None
    lane.held_by, lane.checkpoints = event.step, lane.checkpoints + 1
    work.place = Place(lane=event.lane, generation=state.branch.generation, number=lane.checkpoints)
    work.open = event.kind
    work.based_at = state.seq


def _checkpointed(state: RunState, event: ev.Checkpointed) -> None:
    node, work = answered(state, event, ev.CheckpointRequested)
    assert work.place is not None
    work.place.checkpoint, work.place.tree = event, event.tree
    if event.raised_by or not (node.applied or node.applied_before):
        node.raised_by = event.raised_by
    if node.effect.is_outside:
        join_queue(state, event.step)
    state.lanes[work.place.lane].environment = event.environment
    _take_session_up(node, work, event)
    if node.transplant is not None:
        take_up(state, node, work, event)
    elif node.chosen is not None:
        take_chosen(state, node, work, event)


def _checkpoint_failed(state: RunState, event: ev.EffectFailed) -> None:
    node, work = answered(state, event, ev.CheckpointRequested)
    assert work.lane is not None
    lane = state.lanes[work.lane]
    lane.is_ready, lane.needs_fresh, lane.held_by = False, True, None
    work.place = None
    node.last_failure = ev.AttemptFailed(
        at=event.at, step=event.step, attempt=event.attempt, diagnosis=event.diagnosis, reason=event.reason
    )
    work.fail(node.last_failure)
    work.failed_at = state.seq + 1
    node.failures += 1


def _body_started(state: RunState, event: ev.BodyStarted) -> None:
    node, work = begin(state, event)
    need(isinstance(work.stage, Preparing), event, f"the body of {event.step!r} has started, or the attempt failed")
    need(node.missing == 0, event, f"step {event.step!r} has needs that are not satisfied")
    need(state.pausing is None and state.cancelling is None, event, "nothing new may start")
    work.begin(state.token)
    work.open, node.has_run = event.kind, True
    node.tier, node.rule = event.tier, event.rule
    driver_of(node).begun(state, node, work)


def _body_finished(state: RunState, event: ev.BodyFinished) -> None:
    node, work = answered(state, event, ev.BodyStarted)
    if event.ending.error_type == SESSION_LOST and node.spec.body.reaches_provider:
        work.interrupted = Diagnosis.INTERRUPTED
        work.forget_lane()
        return
    work.end(event.ending, event.evidence, event.outputs, event.unexpected)
    withdraw_question(state, node, "the agent has ended")  # what asked it waits no longer
    node.remarks = event.remarks
    state.cost_usd += cost_of(event.outputs)
    if event.ending.status is Status.OK and node.effect.is_outside:
        has_happened(state, node)


def _interrupt_requested(state: RunState, event: ev.InterruptRequested) -> None:
    if event.step == ACCEPTANCE:
        need(state.is_busy and not state.accept.interrupt_requested, event, "nothing is under way that could be ended")
        state.accept.interrupt_requested = True
        return
    _, work = active_of(state, event)
    need(work.is_busy and not work.interrupt_requested, event, "nothing is under way that could be ended")
    work.interrupt_requested, work.is_stalled = True, event.is_stall


def _quiet_noticed(state: RunState, event: ev.QuietNoticed) -> None:
    _, work = active_of(state, event)
    need(work.is_busy, event, "nothing is under way for it")
    work.quiet, work.quiet_at = event, state.seq + 1


def cancelled(state: RunState, event: ev.EffectCancelled) -> None:
    """Note that what was under way was ended early."""
    if event.step == ACCEPTANCE:
        need(state.accept.open, event, "no acceptance check is being asked")
        state.accept.open = state.accept.interrupt_requested = False
        return
    node, work = active_of(state, event)
    requested = None if work.open is None else BY_REQUEST[work.open].name
    # A conversation is requested as the body of its step.
    is_body = requested == BODY.name and event.effect == CONVERSATION.name
    need(requested == event.effect or is_body, event, f"{event.effect} is not under way")
    driver_of(node).interrupt(state, node, work)
    if work.lane is not None and work.checkpoint is None:
        state.lanes[work.lane].is_ready, state.lanes[work.lane].needs_fresh = False, True


def _inspection_requested(state: RunState, event: ev.InspectionRequested) -> None:
    node, work = begin(state, event)
    need(work.checkpoint is not None, event, "there is no checkpoint to compare with")
    has_no_body = not node.spec.body.acts or work.settled is Applied.APPLIED
    is_over = type(work.stage) is Ended or (type(work.stage) is Preparing and has_no_body)
    need(is_over, event, "the body has not ended, or its changes are known")
    work.open = event.kind


def _changes_observed(state: RunState, event: ev.ChangesObserved) -> None:
    node, work = answered(state, event, ev.InspectionRequested)
    assert work.place is not None
    work.observe(event)
    work.observed_at = state.seq + 1
    work.place.tree, work.place.is_spoiled = event.tree, bool(event.spoiled)
    node.undeclared, node.keys, node.left = event.undeclared, event.keys, event.left
    if has_result(node):
        join_queue(state, event.step)
    if event.lane_changed or node.spec.reaches_out or state.plan.uses_anything(node.spec):
        state.lanes[work.place.lane].epoch += 1


def _merge_requested(state: RunState, event: ev.MergeRequested) -> None:
    node, work = begin(state, event)
    need(has_result(node) and type(work.stage) in (Judging, Parked), event, "there is nothing to merge")
    need(state.branch is not None and state.branch.head == event.onto, event, f"{event.onto} is not the head")
    work.open = event.kind


def _merged(state: RunState, event: ev.Merged) -> None:
    node, work = answered(state, event, ev.MergeRequested)
    assert work.result is not None
    if work.place is None:  # it has left its train meanwhile
        return
    work.judge(result=work.result.onto(event), refused=None)
    if node.applied:
        for record in work.checks:
            record.forget_after()
    else:
        work.checks = fresh_records(state, node)
    _note_overlap(state, event.overlap, (*event.with_steps, event.step))


def _merge_refused(state: RunState, event: ev.MergeRefused) -> None:
    _, work = answered(state, event, ev.MergeRequested)
    if work.place is None:  # it has left its train meanwhile
        return
    work.judge(refused=event)
    _note_overlap(state, event.conflicts, (*event.with_steps, event.step))


def _note_overlap(state: RunState, paths: tuple[str, ...], steps: tuple[StepId, ...]) -> None:
    """Note that steps that ran at once changed the same files without saying so beforehand."""
    for path in paths:
        state.overlaps.setdefault(path, {}).update(dict.fromkeys(steps))


def _checkout_requested(state: RunState, event: ev.CheckoutRequested) -> None:
    _, work = begin(state, event)
    need(work.place is not None, event, "the step has no lane")
    work.open = event.kind
    _note_tree(state, work, None)


def _placed(state: RunState, event: ev.TreeCheckedOut) -> None:
    _, work = answered(state, event, ev.CheckoutRequested)
    if work.place is None:  # it has left its train meanwhile
        return
    work.place.is_spoiled = False
    _note_tree(state, work, event.tree)


def _note_tree(state: RunState, work: Attempt, tree: str | None) -> None:
    """Note what the files of a lane are, for all results that are judged in it."""
    places = (other.place for name in state.active if (other := state.nodes[name].work) is not None)
    for place in places:
        if place is not None and place.lane == work.lane:
            place.tree = tree


def failed(state: RunState, event: ev.EffectFailed) -> None:
    """Note that the workspace did not do what it was to do: the attempt fails."""
    _, work = answered(state, event, BY_NAME[event.effect].requested)
    work.broken = event.reason


def _artifacts_requested(state: RunState, event: ev.ArtifactsRequested) -> None:
    _, work = begin(state, event)
    need(type(work.stage) is Judging, event, "there is no result")
    work.open = event.kind


def _artifacts_kept(state: RunState, event: ev.ArtifactsKept) -> None:
    _, work = answered(state, event, ev.ArtifactsRequested)
    work.judge(kept=event)


def _mutation_requested(state: RunState, event: ev.MutationRequested) -> None:
    _, work = begin(state, event)
    need(type(work.stage) is Judging and work.mutants is None, event, "there is no result to be tried")
    work.open = event.kind


def _mutants_tried(state: RunState, event: ev.MutantsTried) -> None:
    _, work = answered(state, event, ev.MutationRequested)
    work.judge(mutants=event)


def _commit_requested(state: RunState, event: ev.CommitRequested) -> None:
    _, work = begin(state, event)
    need(type(work.stage) in (Judging, Parked, Committing), event, "there is no result that passed")
    assert state.branch is not None
    need(work.base == state.branch.head, event, "the result is not on the head of the branch")
    parent = parent_of(state, event.step)
    need(parent is not None, event, "the result before it in the train is not written yet")
    assert parent is not None
    work.open = event.kind
    work.commit_to(parent)


def _commit_written(state: RunState, event: ev.CommitWritten) -> None:
    _, work = answered(state, event, ev.CommitRequested)
    if type(work.stage) is Committing:  # else it has left its train meanwhile
        work.committed(event.commit)


def _step_verified(state: RunState, event: ev.StepVerified) -> None:
    node, work = begin(state, event)
    pairs = zip(node.spec.checks, work.checks, strict=True)
    unpassed = [
        record for check, record in pairs if record.after is not Verdict.PASSED and not is_red_before(check, record)
    ]
    need(not unpassed, event, "a check has not passed")
    is_known = not node.spec.body.acts or work.settled == Applied.APPLIED
    need(is_known or (work.ending and work.ending.status is Status.OK), event, "the body has not ended well")
    if event.commit is not None:
        _move_head(state, node, work, event)
    node.proof, node.verified_seq, node.wanted = event.proof, state.seq + 1, None
    node.outputs, node.kept = work.outputs, work.kept
    if node.outputs or node.kept is not None:
        state.handing.pop(event.step, None)
        state.handing[event.step] = None
    if state.branch is not None:
        node.head_after, node.tree_after = state.branch.head, state.branch.tree
    _verify_car(state, node, event)
    _note_result(state, node, work)
    keep_outcome(state, work)
    keep_offered(state, work)
    is_proved = event.proof != Proof.CLAIM or node.is_system_step
    finish(state, node, StepStatus.VERIFIED if is_proved else StepStatus.UNPROVED, None)
    node.transplant = None
    if event.step == PLAN_HOLDS:
        settle_asked(state, node, GO_ON)
    elif event.step == REPLANNING:
        replanning_ended(state)
    note_undone(state, event.step)


def _move_head(state: RunState, node: StepState, work: Attempt, event: ev.StepVerified) -> None:
    """Let the branch be at the commit of the step."""
    branch = state.branch
    need(branch is not None and work.tree is not None and event.commit is not None, event, "there is nothing to commit")
    assert branch is not None
    assert work.tree is not None
    assert event.commit is not None
    need(work.parent == branch.head, event, "the commit is not on the head of the branch")
    node.put_on = (branch.head, branch.tree)
    branch.head, branch.tree = event.commit, work.tree
    node.commit = event.commit


def _verify_car(state: RunState, node: StepState, event: ev.StepVerified) -> None:
    """Let the train go on without the step, which is the first of it."""
    if state.train is not None and event.step in state.train.cars:
        need(event.step == state.train.cars[0], event, "it is not the first of its train")
        car_verified(state, node)


def _note_result(state: RunState, node: StepState, work: Attempt) -> None:
    """Note what the result changes, and when it was made."""
    node.crashes, node.losses, node.is_taken_back = 0, 0, False
    node.changed = work.changed if len(work.changed) <= _CHANGED_MAX else ANY_PATH
    node.made_at = node.made_at or state.seq


def _attempt_failed(state: RunState, event: ev.AttemptFailed) -> None:
    node, work = begin(state, event)
    need(work.failure is None, event, "the attempt has failed already")
    node.last_failure, node.put_back = event, work.changed
    work.fail(event)
    work.failed_at = state.seq + 1
    failed_beside(state, node, is_counted=event.is_counted)
    if event.is_counted and event.diagnosis is Diagnosis.VERIFICATION:
        node.tried = (*node.tried, tried_in(node, work, state.seq + 1))[-TRIED_MAX:]
    if event.lesson is not None:
        node.lessons = (*node.lessons, event.lesson)
    if event.applied:
        has_happened(state, node)
    elif work.body_started and work.settled == Applied.NOT_APPLIED:
        node.applied = False
    if event.diagnosis is Diagnosis.STALE:
        node.losses += 1
    if event.is_counted:
        node.failures += 1
        node.crashes, node.wanted = 0, None
    if node.transplant is not None and event.diagnosis not in NOT_JUDGED:
        give_up_transplant(state, node)
    if work.is_choice and event.diagnosis not in NOT_JUDGED:
        drop_candidates(state, node)
    leave_train(state, event.step)


def _take_session_up(node: StepState, work: Attempt, event: ev.Checkpointed) -> None:
    """Begin with what was changed in the session that was left; anew where anything but the program is another one.

    A resource that has changed is another one after a long absence only: else it may be the session that changed it.
    """
    left, body = node.session_left, node.spec.body
    if left is None:
        return
    is_same = (left.commit, left.worker, left.instruction) == (event.commit, body.worker_named, body.text)
    if node.wanted is None and is_same and (not node.away_s or left.resources == event.resources):
        work.people.start = left.changes
    else:
        node.session_left = None


ATTEMPT_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.StepStarted: _step_started,
    ev.CheckpointRequested: _checkpoint_requested,
    ev.Checkpointed: _checkpointed,
    **ANSWER_FOLDS,
    **QUESTION_FOLDS,
    ev.BodyStarted: _body_started,
    ev.BodyFinished: _body_finished,
    **PERMISSION_FOLDS,
    **TRAIN_FOLDS,
    **CANDIDATE_FOLDS,
    **RETRY_FOLDS,
    ev.InterruptRequested: _interrupt_requested,
    ev.QuietNoticed: _quiet_noticed,
    ev.InspectionRequested: _inspection_requested,
    ev.ChangesObserved: _changes_observed,
    ev.MergeRequested: _merge_requested,
    ev.Merged: _merged,
    ev.MergeRefused: _merge_refused,
    ev.CheckoutRequested: _checkout_requested,
    ev.TreeCheckedOut: _placed,
    ev.ArtifactsRequested: _artifacts_requested,
    ev.ArtifactsKept: _artifacts_kept,
    ev.MutationRequested: _mutation_requested,
    ev.MutantsTried: _mutants_tried,
    ev.CommitRequested: _commit_requested,
    ev.CommitWritten: _commit_written,
    ev.StepVerified: _step_verified,
    ev.AttemptFailed: _attempt_failed,
}
"""What to do with each event of an attempt."""

ATTEMPT_FAILURES: dict[str, Callable[[RunState, ev.EffectFailed], None]] = {
    CHECKPOINT.name: _checkpoint_failed,
    **{
        effect.name: failed
        for effect in (INSPECTION, PATCH, MERGE, CHECKOUT, LOOK, MUTATION, ARTIFACTS, CANDIDATE, COMMIT)
    },
}
"""What it means that an effect of an attempt failed."""
