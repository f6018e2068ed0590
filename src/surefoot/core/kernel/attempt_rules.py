"""The rules of an attempt: for each stage a list, each rule asking for the first thing that is still missing.

`NEXT` has the rules of each stage and the reason for their order. Nothing here changes the state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.attempt import (
    Attempt,
    Committed,
    Committing,
    Ended,
    Failed,
    Judging,
    Parked,
    Preparing,
    Restored,
    Running,
    Stage,
)
from surefoot.core.budget import exhausted, told_at
from surefoot.core.conversation import texts_of
from surefoot.core.event_words import Applied, Diagnosis, Finding, Moment, QuestionKind, Severity, Status
from surefoot.core.failure_words import because, cure_of, with_cure
from surefoot.core.globs import matches, with_content
from surefoot.core.kernel.approval_rules import (
    allowed_meanwhile,
    apply_patch,
    get_consent,
    get_consent_to_checks,
    review_confidence,
    review_result,
)
from surefoot.core.kernel.body_drivers import driver_of
from surefoot.core.kernel.candidate_rules import (
    base_of_candidates,
    choose_candidate,
    keep_candidate,
    leave_beside,
    refuse_to_repeat,
)
from surefoot.core.kernel.check_rules import ask_check, diagnosis_of, prepare_again
from surefoot.core.kernel.conversation_rules import beside_question, converse
from surefoot.core.kernel.failure_rules import conclude, fails, late, late_after, late_before
from surefoot.core.kernel.phase_rules import compare_claim, show_outcome
from surefoot.core.kernel.plan_watch import ask_whether_plan_holds
from surefoot.core.kernel.proof_rules import proof_of, try_mutants
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.kernel.result_monitor_rules import watch_changes, watch_failure
from surefoot.core.kernel.service_rules import serve, stop_next
from surefoot.core.kernel.session_rules import go_on_with_session
from surefoot.core.kernel.stall_rules import stalled
from surefoot.core.kernel.surrounding_commands import decide_surrounding_commands
from surefoot.core.kernel.train_rules import (
    befores_left_to_judges,
    checks_left_to_train,
    commit_in_train,
    park,
    reads_of_result,
    ride,
    travels,
    wait_for_train,
)
from surefoot.core.leftover_files import lost_product
from surefoot.core.outputs import artifacts_for
from surefoot.core.plan import Check
from surefoot.core.policy import SEALED_RUNG
from surefoot.core.proofs import is_by_checks
from surefoot.core.queue import (
    files_kept_by,
    full_resource,
    has_result,
    has_turn,
    is_crowded,
    lanes_are_reserved,
    needs_turn_first,
)
from surefoot.core.recovery import (
    ANSWERS,
    ask_probe,
    describe_ending,
    diagnosis_of_ending,
    doubt_of,
    not_applied,
    question,
    settle,
    settles_any,
)
from surefoot.core.state import RunState, needed_by
from surefoot.core.step_state import StepState
from surefoot.core.untrusted_text import in_line
from surefoot.core.verdicts import (
    CheckRecord,
    first_unanswerable,
    first_unpassed,
    has_nothing_to_do,
    next_after,
    next_before,
)


def next_for(state: RunState, node: StepState, now: float) -> Proposal | None:
    """Return what the step's attempt needs next, or None while it waits."""
    work = node.work
    assert work is not None
    left = leave_beside(state, node, work, now)
    if isinstance(left, Proposal):  # what nobody waits for needs nothing else
        return left
    if work.open is not None:
        return go_on_with_session(state, node, work, now)
    if work.people.question is not None:
        allowed = allowed_meanwhile(state, node, state.questions[work.people.question], now)
        return allowed or beside_question(state, node, work, now)
    if work.is_busy:  # tools are at work in the lane: whatever else is to be done there comes after them
        move = converse(state, node, work, now)
        return move if isinstance(move, Proposal) else None
    for rule in IN_TRAIN if work.is_parked and work.failure is None else NEXT[type(work.stage)]:
        move = rule(state, node, work, now)
        if move is not None:
            return move if isinstance(move, Proposal) else None
    proof = proof_of(state, node, work)
    return Proposal(ev.StepVerified(**node.at(now), proof=proof, commit=work.commit))


def _put_back(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """After a failed attempt: stop what ran beside it, then restore the lane."""
    assert work.checkpoint is not None
    if work.lane is not None and state.plan.services_of(node.spec):
        stopping = stop_next(state, work.lane, now)
        if stopping is not None:
            return stopping
    command = do.RestoreLane(
        **node.in_lane,
        commit=work.checkpoint.commit,
        scratch=node.spec.scratch,
        checkpoint=work.checkpoint_number,
        made=node.spec.made,
        keeps_changes=work.body_started,
    )
    return Proposal(ev.RestoreRequested(**node.at(now)), command)


def _wait(_: RunState, __: StepState, ___: Attempt, ____: float) -> RuleResult:
    """Wait for the body."""
    return HOLD


def _workspace_failed(_: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Fail the attempt where the workspace did not do what it was to do."""
    if work.broken is None:
        return None
    return fails(node, now, Diagnosis.STRUCTURAL, f"the workspace failed: {work.broken}")


def _miss_service(_: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Fail the attempt when a service it needs is not there; an effect in doubt is settled first."""
    if work.lost_service is None or doubt_of(node) is not None:
        return None
    return fails(node, now, *work.lost_service)


def _recover(_: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Begin anew what can be begun anew after a crash or an interruption."""
    if work.interrupted is None or doubt_of(node) is not None:
        return None
    if work.is_stalled and work.interrupted is Diagnosis.INTERRUPTED:
        return stalled(node, now)
    why = "the engine ended" if work.interrupted is Diagnosis.CRASH else "interrupted"
    return fails(node, now, work.interrupted, why, counted=False)


def _settle(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Find out what became of an outside effect, before anything else is done about it."""
    why = doubt_of(node, state.rung)
    if why is not None:
        event, command = settle(state, node, now, why)
        return Proposal(event, command)
    if work.settled == Applied.NOT_APPLIED:
        return Proposal(not_applied(state, node, now))
    return None


def _withdraw(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Begin no body while the run pauses, or while what it needs is brought onto the branch again.

    The attempt is taken up again afterwards, as if it had not begun.
    """
    has_begun = work.body_started or work.settled is not None or work.people.answer is not None
    if has_begun or (state.pausing is None and not node.missing):
        return None
    why = "what it needs is judged again" if state.pausing is None else "the run pauses"
    return fails(node, now, Diagnosis.INTERRUPTED, why, counted=False)


def _lost_ground(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Begin anew what rests on commits that the branch has gone back behind."""
    branch, checkpoint = state.branch, work.checkpoint
    made_on = work.result.made_on if work.result is not None else None if checkpoint is None else checkpoint.commit
    if branch is None or made_on is None or work.generation == branch.generation or made_on == branch.head:
        return None
    if node.applied and not has_result(node):
        return None
    return late(node, now, "the run branch has gone back behind what it rests on")


def _bind(_: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Begin nothing where a placeholder stands for nothing: no attempt would be any better."""
    return None if work.lack is None else fails(node, now, Diagnosis.STRUCTURAL, work.lack)


def wants_lane(state: RunState, node: StepState) -> bool:
    """Tell whether the step could begin its attempt if it had a lane."""
    work = node.work
    assert work is not None
    is_idle = work.open is None and work.people.question is None and work.failure is None and work.checkpoint is None
    is_idle = is_idle and not work.is_parked
    if not is_idle or not state.has_workspace or not node.spec.takes_lane:
        return False
    if needs_turn_first(state, node) or files_kept_by(state, node) is not None:
        return False
    return not lanes_are_reserved(state, node)


def _branch_commits(state: RunState, node: StepState) -> tuple[do.BranchCommit, ...]:
    """Return the commits of the run branch, where the step has an effect that may count as irreversible."""
    if not (node.effect.is_outside or node.spec.reaches_out or state.rung != SEALED_RUNG):
        return ()
    needed = needed_by(state, node)
    return tuple(
        # What undoes a step rests on all that the run has done.
        do.BranchCommit(commit=one.commit, step=one.spec.id, is_needed=one.spec.id in needed or node.is_system_step)
        for one in state.nodes.values()
        if one.commit is not None
    )


def _checkpoint(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Take the checkpoint: the lane at the head of the run branch."""
    if work.checkpoint is not None or not state.has_workspace or not node.spec.takes_lane:
        return None
    lane = free_lane(state) if wants_lane(state, node) else None
    if lane is None:
        return HOLD
    assert state.branch is not None
    # Results are compared, so that all are made on one commit.
    base = base_of_candidates(state, node)
    chosen = node.chosen_candidate
    made = None if chosen is None or chosen.artifacts is None else chosen.artifacts.manifest
    command = do.TakeCheckpoint(
        step=node.spec.id,
        attempt=node.attempt,
        lane=lane,
        commit=state.branch.head if base is None else base,
        scratch=node.spec.scratch,
        checkpoint=state.lanes[lane].checkpoints + 1,
        made=node.spec.made,
        artifacts=(*artifacts_for(state, node), *((made,) if made is not None else ())),
        spec=node.spec,
        branch=_branch_commits(state, node),
    )
    return Proposal(ev.CheckpointRequested(**node.at(now), lane=lane), command)


def free_lane(state: RunState) -> str | None:
    """Return a lane that is ready and not in use."""
    lanes = (lane for lane in state.lanes.values() if lane.is_ready and lane.is_for_steps and lane.held_by is None)
    return next((lane.name for lane in lanes if lane.name != state.expanding_in), None)


def _before(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Ask what must be red or green before the body."""
    if work.body_started or not node.spec.checks or not node.spec.body.changes:
        return None
    bad = first_unanswerable(node.spec.checks, work.checks)
    if bad is not None:
        check, record = node.spec.checks[bad], work.checks[bad]
        said = f"the check {check.name!r} has no answer before the step"
        reason = because(with_cure(said, _cure_of(state, node, check, record)), record.text)
        return fails(node, now, diagnosis_of(state, check, record), reason)
    if has_nothing_to_do(node.spec.checks, work.checks):
        return Proposal(ev.StepSkipped(**node.at(now), reason="nothing_to_do"))
    index = next_before(node.spec.checks, work.checks, but=befores_left_to_judges(state, node, work))
    return None if index is None else ask_check(state, node, work, now, (Moment.BEFORE, index))


def _begin_as_wanted(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Put into the lane what a person wants the attempt to begin from, or to have as its result."""
    del state
    if work.people.start is None and work.people.patch is None:
        return None
    return apply_patch(node, work, now)


def _within_limit(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Begin no body once all that the run may cost is spent: the run pauses, whatever was approved beforehand."""
    if work.body_started or work.settled is not None or state.pausing is not None:
        return None
    spent = exhausted(state) if driver_of(node).cost_is_unknown else None
    if spent is None:
        return None
    text = told_at(state, spent, f"step {node.spec.id} has not begun")
    return Proposal(ev.LimitReached(at=now, limit=spent.limit, text=text))


def _turn(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Let only so many bodies run at once, and only so many at a resource; outside effects rest on the head."""
    if work.body_started or work.settled is not None:
        return None
    if full_resource(state, node) is not None:
        return HOLD
    if work.checkpoint is None:
        return None
    if is_crowded(state, node):
        return HOLD
    assert state.branch is not None
    if not node.effect.is_outside or _wants_probe(node, work):
        return None
    if settles_any(state):
        return HOLD
    if work.checkpoint.commit != state.branch.head:
        return late(node, now, "the run branch has moved since the checkpoint")
    # One whose effect was raised by what the checkpoint found in its commands was not in the queue before.
    return None if has_turn(state, node) else HOLD


def _wants_probe(node: StepState, work: Attempt) -> bool:
    """Tell whether it is still to be looked whether the effect is there already; that needs no turn on the branch."""
    return not work.body_started and node.spec.probe is not None and node.effect.is_outside and not work.probed_before


def _probe_first(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Look whether the effect is there already, before it would be performed."""
    if not _wants_probe(node, work):
        return None
    if work.probe is None:
        return Proposal(*ask_probe(node, work, now, patient=node.failures > 0))
    text = (
        f"Step {node.spec.id} has not been performed, but its probe finds it applied ({in_line(work.probe.text)}). "
        "Record it as applied, or perform it (not_applied)?"
    )
    return Proposal(question(state, node, now, QuestionKind.IN_DOUBT, text, ANSWERS))


def _body(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Begin the body."""
    return driver_of(node).start(state, node, work, now)


def _ending(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Judge how the body ended; outside effects that ended badly were settled before."""
    ending = work.ending
    if ending is None or ending.status is Status.OK or work.settled == Applied.APPLIED:
        return None
    missing = _lost_product(state, node, ending.text)
    return fails(node, now, diagnosis_of_ending(node, state.rung), describe_ending(node, state.rung, missing))


def _cure_of(state: RunState, node: StepState, check: Check, record: CheckRecord) -> str:
    """Return which key of the plan would help a check to pass, as far as its output tells."""
    return cure_of(check, state.rung, record.text) or _lost_product(state, node, record.text)


def _lost_product(state: RunState, node: StepState, output: str) -> str:
    """Say which product of another step is missed; empty: none is seen."""
    others = (other for other in state.nodes.values() if other.left and other is not node)
    return lost_product(((other.spec, other.left) for other in others), output)


def _inspect(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Find out what the body wrote."""
    if work.checkpoint is None:
        return None
    names = _names_claimed(work)
    known, failed = ((), ()) if work.conversation is None or not names else texts_of(work.conversation)
    command = do.Inspect(
        **node.in_lane,
        spec=node.spec,
        tree=work.checkpoint.tree,
        commit=work.checkpoint.commit,
        scope=(*state.plan.scope_write, *(node.spec.writes or ())),
        writes=state.plan.writes_of(node.spec),
        checkpoint=work.checkpoint_number,
        denied=state.plan.denied,
        counts_lines=state.policy.counts_lines,
        by_hand=work.people.by_hand is not None,
        names=names,
        known=known,
        failed=failed,
    )
    return Proposal(ev.InspectionRequested(**node.at(now)), command)


def _names_claimed(work: Attempt) -> tuple[str, ...]:
    if work.conversation is None or work.conversation.claim is None:
        return ()
    # Loaded where a claim is judged: its expressions take long to make.
    from surefoot.core.claim_check import symbols_in

    return symbols_in(work.conversation.claim)


def _outside_scope(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Fail the attempt that wrote where it may not, or wrote what no commit may hold."""
    assert work.changes is not None
    if work.changes.outside:
        reason = f"wrote outside the scope: {', '.join(work.changes.outside[:10])}"
        held = (
            one.text
            for one in state.plan.constraints
            if any(matches(path, with_content(one.deny)) for path in work.changes.outside)
        )
        reason = "; ".join((reason, *(f"this holds for the run: {text}" for text in held)))
        # A command does what it was told; an agent has left what it was asked for.
        return fails(node, now, Diagnosis.GOAL_DRIFT if node.spec.body.by_model else Diagnosis.STRUCTURAL, reason)
    if work.changes.secrets:
        where = ", ".join(work.changes.secrets[:10])
        reason = f"the value of an env_from variable stands in {where}, and no commit may hold it; `scratch` files may"
        return fails(node, now, Diagnosis.STRUCTURAL, reason)
    return None


def _merge(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Bring the result onto the head of the run branch, once it is its turn."""
    if not has_result(node) or travels(state, node):
        return None
    if not has_turn(state, node):
        return HOLD
    assert state.branch is not None
    assert work.changes is not None
    assert work.place is not None
    assert work.result is not None
    if work.refused is not None:
        return late(node, now, work.refused.reason)
    onto = state.branch.head
    if work.base == onto:
        return None
    is_apart = work.transplant is not None or work.place.is_off_branch
    command = do.MergeResult(
        **node.in_lane,
        base=work.result.made_on,
        tree=work.changes.tree,
        onto=onto,
        reads=reads_of_result(node, work, is_apart=is_apart),
        is_apart=is_apart,
    )
    return Proposal(ev.MergeRequested(**node.at(now), onto=onto), command)


def _before_again(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Ask on the head what was asked on the lane's base; a body's leavings that no tree holds would mislead it."""
    if not work.is_merged or node.applied or not node.spec.checks or not node.spec.body.changes:
        return None
    needless = late_before(node, work, now)
    if needless is not None:
        return needless
    index = next_before(node.spec.checks, work.checks)
    if index is None:
        return None
    move = ask_check(state, node, work, now, (Moment.BEFORE, index))
    if not isinstance(move, Proposal):
        return move
    assert work.changes is not None
    if move.command is not None and (work.changes.lane_changed or node.spec.artifacts):
        return late(node, now, "the run branch has moved, and the body left files in its lane that git ignores")
    return move


def _after(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Ask the checks; the first that does not pass fails the attempt."""
    later = checks_left_to_train(state, node) if travels(state, node) else frozenset[int]()
    index = first_unpassed(node.spec.checks, work.checks)
    if index is not None:
        check, record = node.spec.checks[index], work.checks[index]
        assert record.after is not None
        if work.is_merged:
            return late_after(node, work, now)
        diagnosis, standing = Diagnosis.VERIFICATION, record.after.value
        if record.after == "inconclusive" and record.is_flaky:
            standing = "is flaky"
        elif record.after == "inconclusive":
            diagnosis = diagnosis_of(state, check, record)
        said = f"check {check.name!r} {standing}"
        reason = because(with_cure(said, _cure_of(state, node, check, record)), record.text)
        return stopped_short(node, work, now, reason) or fails(node, now, diagnosis, reason)
    index = next_after(node.spec.checks, work.checks, but=later)
    return None if index is None else ask_check(state, node, work, now, (Moment.AFTER, index))


def stopped_short(node: StepState, work: Attempt, now: float, why: str) -> Proposal | None:
    """Fail the attempt of an agent that came to no end, for what ended it and why its work does not count."""
    stopped = None if work.conversation is None else work.conversation.stopped
    if stopped is None or stopped.diagnosis is None:
        return None
    return fails(node, now, stopped.diagnosis, f"{stopped.reason}; what it had changed does not count: {why}")


def _count_unfinished(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Let the work of an agent that came to no end count where a check proves it, and report that it did."""
    stopped = None if work.conversation is None else work.conversation.stopped
    if stopped is None or (state.has_workspace and work.changes is None):
        return None
    if not is_by_checks(proof_of(state, node, work)):
        return stopped_short(node, work, now, "none of its checks proves it")
    text = f"The agent did not finish ({stopped.reason}), but what it had changed passed the checks of the step."
    finding = Finding(kind="ended-without-finish", severity=Severity.WARNING, text=text, step=node.spec.id)
    return None if finding in state.reported else Proposal(ev.FindingReported(at=now, finding=finding))


def _keep(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Keep what the body made for later steps, now that it passed its checks."""
    del state
    if not node.spec.artifacts or work.kept is not None or work.changes is None:
        return None
    command = do.KeepArtifacts(**node.in_lane, artifacts=node.spec.artifacts, timeout_s=node.spec.timeout_s)
    return Proposal(ev.ArtifactsRequested(**node.at(now)), command)


def _keep_of_candidate(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Keep what a candidate made for later steps, before its lane is put back."""
    return _keep(state, node, work, now) if node.is_candidate and state.has_workspace else None


def _commit(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Write the result as a commit, if there is one."""
    del state
    if work.commit is not None or not has_result(node) or work.tree == work.base_tree:
        return None
    assert work.base is not None
    assert work.tree is not None
    command = do.WriteCommit(**node.in_lane, spec=node.spec, parent=work.base, tree=work.tree)
    return Proposal(ev.CommitRequested(**node.at(now)), command)


_Rule = Callable[[RunState, StepState, Attempt, float], RuleResult]

_ALWAYS: tuple[_Rule, ...] = (
    _miss_service,  # first: an attempt without its service cannot come to anything else
    _recover,  # before doubt: what was cut off and is not in doubt begins anew, whatever else is missing
    _settle,  # before all else that is done for the step: nothing rests on an effect of which nobody knows
)
_PREPARE: tuple[_Rule, ...] = (
    *_ALWAYS,
    _withdraw,  # nothing is begun while the run pauses; no lane is held for it either
    _lost_ground,  # before checks and people are asked about a base that is gone
    _workspace_failed,
    _bind,  # a person is not asked about a command that cannot be put together
    ask_whether_plan_holds,
    decide_surrounding_commands,  # what is done for the run as a whole has no lane and no body
    choose_candidate,  # before a lane is taken: it may be a person who chooses
    _checkpoint,  # what the commands do, and what the step rests on, is found out there: consent needs both
    refuse_to_repeat,  # what the commands do is known, and nothing has run
    serve,  # checks before the body use services, too
    get_consent_to_checks,  # a check that a rule asks about must not run before a person has agreed
    _before,  # before consent: nobody is asked about a step that has nothing to do
    _begin_as_wanted,  # before consent: where the patch is the result, no body runs
    _within_limit,  # no question about what the run cannot pay for
    get_consent,
    _turn,  # after consent: a person may take long, and nobody else should wait for it
    _probe_first,  # just before the effect, so that little time is left for it to come from elsewhere
    _body,
)
_JUDGE: tuple[_Rule, ...] = (
    prepare_again,  # before any check: it would use what the body spoiled
    compare_claim,  # before a person is shown the result
    review_result,  # before the merge: a person may change it, and may take long
    show_outcome,
    _merge,  # what is checked is what is committed
    _before_again,  # on another base the checks before may say something else
    _after,
    _count_unfinished,  # whether an agent's unfinished work counts is for its checks to say
    _keep_of_candidate,  # what is chosen later has no body of its own that would make it
    keep_candidate,  # the checks have passed: what is asked of the result as a whole is asked of the chosen one
    try_mutants,  # while the lane holds it, and before a person is asked: what that finds out decides whether
    review_confidence,  # after the checks: one that was red before proves more than any confidence
    park,  # what is its own has passed, and nobody has to be asked: others may have the lane
    _keep,  # only what passed is kept
    _commit,  # last: the branch moves only for what holds
)
_AFTER_BODY: tuple[_Rule, ...] = (
    *_ALWAYS,
    _lost_ground,
    serve,
    converse,  # the lane is made to hold what the agent left there, before anybody looks at it
    _ending,
    _workspace_failed,
)
NEXT: Mapping[type[Stage], tuple[_Rule, ...]] = {
    # A question has its answer, or the effect was there already: then there is a result without a body.
    Preparing: (*_PREPARE, _inspect, *_JUDGE),
    Running: (*_ALWAYS, _lost_ground, serve, converse, _wait),
    # A run without a workspace has no result: judging follows at once.
    Ended: (*_AFTER_BODY, _inspect, *_JUDGE),
    Judging: (*_AFTER_BODY, watch_changes, _outside_scope, *_JUDGE),
    Committing: (*_AFTER_BODY, *_JUDGE),
    Committed: (*_AFTER_BODY, *_JUDGE),
    Parked: (),  # what has no lane of its own any more goes by `IN_TRAIN`
    Failed: (_put_back,),
    Restored: (watch_failure, conclude),
}
"""What is asked in each stage, in order: the first rule that has something to say decides. The reason for its place
stands beside it. Where no rule says anything, the step is verified."""
IN_TRAIN: tuple[_Rule, ...] = (
    _lost_ground,
    ride,  # what a result rests on comes before what it is asked
    commit_in_train,  # each on that of the one before it
    wait_for_train,  # all of them are verified by one batch of events: the branch moves once
)
"""What is asked of a result that waits for its train or is judged in one, in order."""
