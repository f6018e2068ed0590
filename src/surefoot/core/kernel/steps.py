"""The course of one attempt: a list of rules, each asking for the first thing that is still missing.

Owns what happens to an active step next. The rules stand in the order of an attempt's life: put back what failed,
settle what is in doubt, let go where the run pauses, take the checkpoint, start services, ask the checks that must be
red or green before, get a person's consent, wait for its turn, probe, run the body, look at what it wrote, ask the
checks, write the commit, call it verified. Must never change the state. Read `surefoot.core.recovery` next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.course import results_after
from surefoot.core.kernel.consent import allowed_meanwhile, ask_consent
from surefoot.core.kernel.proposal import HOLD, Move, Proposal
from surefoot.core.kernel.services import serve, stop_next
from surefoot.core.outputs import artifacts_for, outputs_for
from surefoot.core.plan import AskBody, Check, OnFailure
from surefoot.core.queue import (
    files_kept_by,
    full_resource,
    has_result,
    has_turn,
    is_crowded,
    lanes_are_reserved,
    needs_turn_first,
)
from surefoot.core.recovery import ANSWERS, describe_ending, doubt_of, failed_attempt, question, settle
from surefoot.core.retry import delay_s, diagnose, diagnose_text, may_retry
from surefoot.core.state import RunState, StepState, Work
from surefoot.core.terms import Applied, Diagnosis, Moment, QuestionKind, Status
from surefoot.core.verdicts import (
    CheckRecord,
    first_unanswerable,
    first_unpassed,
    has_nothing_to_do,
    is_by_test,
    next_after,
    next_before,
    proves,
    verdict_key,
)

CRASHES_MAX = 3
_AFTER_CRASHES = ("retry", "skip", "block")
_AFTER_FAILURE = ("retry", "skip", "block", "stop")


def next_for(state: RunState, node: StepState, now: float) -> Proposal | None:
    """Return what the step's attempt needs next, or None while it waits."""
    work = node.work
    assert work is not None
    if work.open is not None:
        return None
    if work.question is not None:
        return allowed_meanwhile(state, node, state.questions[work.question], now)
    for rule in _RULES:
        move = rule(state, node, work, now)
        if isinstance(move, Proposal):
            return move
        if move == HOLD:
            return None
    proof = _proof(node, work)
    return Proposal(ev.StepVerified(at=now, step=node.spec.id, attempt=node.attempt, proof=proof, commit=work.commit))


def _fails(node: StepState, now: float, diagnosis: Diagnosis, reason: str, *, counted: bool = True) -> Proposal:
    work = node.work
    assert work is not None
    is_this_one = work.body_started or work.settled == Applied.APPLIED
    applied = bool(node.applied) and node.spec.effect.is_outside and is_this_one
    event = ev.AttemptFailed(
        at=now,
        step=node.spec.id,
        attempt=node.attempt,
        diagnosis=diagnosis,
        reason=reason,
        is_counted=counted,
        applied=applied,
    )
    return Proposal(event)


def _put_back(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """After a failed attempt: stop what ran beside it, restore the lane, then conclude."""
    if work.failure is None:
        return None
    if not work.restored:
        assert work.checkpoint is not None
        stopping = _stop_services(state, node, work, now)
        if stopping is not None:
            return stopping
        command = do.RestoreLane(
            step=node.spec.id,
            attempt=node.attempt,
            lane=work.lane,
            commit=work.checkpoint.commit,
            scratch=node.spec.scratch,
            made=node.spec.made,
        )
        return Proposal(ev.RestoreAsked(at=now, step=node.spec.id, attempt=node.attempt), command)
    return _conclude(state, node, work.failure, now)


def _stop_services(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Stop the services of a step's lane, so that the next attempt begins with fresh ones."""
    if work.lane is None or not state.plan.services_of(node.spec):
        return None
    return stop_next(state, work.lane, now)


def _conclude(state: RunState, node: StepState, failure: ev.AttemptFailed, now: float) -> Move:
    """Decide what a failed attempt means for the step."""
    work = node.work
    assert work is not None
    if work.answer is not None:
        return _as_answered(state, node, failure, work.answer, now)
    if not failure.is_counted and not failure.applied:
        if failure.diagnosis is Diagnosis.CRASH and node.crashes >= CRASHES_MAX:
            text = (
                f"Step {node.spec.id}: the engine ended {node.crashes} times in a row while it was at work. Go on how?"
            )
            return Proposal(question(state, node, now, QuestionKind.ASK, text, _AFTER_CRASHES))
        return _again(node, now, 0.0)
    error_type = work.ending.error_type if work.ending is not None else None
    retry = node.spec.retry
    is_final = failure.applied or failure.diagnosis is Diagnosis.DENIED or work.lack is not None
    if not is_final and may_retry(retry, node.failures, failure.diagnosis, error_type):
        return _again(node, now, delay_s(retry, node.failures))
    if node.spec.on_failure is OnFailure.ASK and failure.diagnosis is not Diagnosis.DENIED:
        text = f"Step {node.spec.id} failed: {failure.reason}. Go on how?"
        return Proposal(question(state, node, now, QuestionKind.ASK, text, _AFTER_FAILURE))
    return _give_up(state, node, node.spec.on_failure, failure.reason, now)


def _again(node: StepState, now: float, wait_s: float) -> Proposal:
    due = now + wait_s
    event = ev.RetryScheduled(at=now, step=node.spec.id, attempt=node.attempt, due=due)
    if wait_s == 0.0:
        return Proposal(event)
    return Proposal(event, do.WaitUntil(step=node.spec.id, attempt=node.attempt, lane=None, due=due))


def _as_answered(state: RunState, node: StepState, failure: ev.AttemptFailed, answer: str, now: float) -> Move:
    if answer == "retry":
        return _again(node, now, 0.0)
    return _give_up(state, node, OnFailure(answer), failure.reason, now)


def _give_up(state: RunState, node: StepState, how: OnFailure, reason: str, now: float) -> Proposal:
    name, attempt = node.spec.id, node.attempt
    if how is OnFailure.SKIP:
        return Proposal(ev.StepSkipped(at=now, step=name, attempt=attempt, reason=f"failed: {reason}"))
    target = state.nodes[node.spec.rollback_to] if node.spec.rollback_to is not None else None
    if how is OnFailure.ROLLBACK and target is not None and target.head_after is not None:
        event = ev.RolledBack(
            at=now,
            step=name,
            attempt=attempt,
            reason=reason,
            to=target.spec.id,
            commit=target.head_after,
            invalidated=results_after(state, target),
        )
        return Proposal(event)
    return Proposal(ev.StepFailed(at=now, step=name, attempt=attempt, reason=reason, stop=how is OnFailure.STOP))


def _miss_service(_: RunState, node: StepState, work: Work, now: float) -> Move:
    """Fail the attempt when a service it needs is not there; an effect in doubt is settled first."""
    if work.lost_service is None or doubt_of(node) is not None:
        return None
    return _fails(node, now, *work.lost_service)


def _recover(_: RunState, node: StepState, work: Work, now: float) -> Move:
    """Begin anew what can be begun anew after a crash or an interruption."""
    if work.interrupted is None or doubt_of(node) is not None:
        return None
    why = "the engine ended" if work.interrupted is Diagnosis.CRASH else "interrupted"
    return _fails(node, now, work.interrupted, why, counted=False)


def _settle(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Find out what became of an outside effect, before anything else is done about it."""
    why = doubt_of(node)
    if why is not None:
        event, command = settle(state, node, now, why)
        return Proposal(event, command)
    if work.settled == Applied.NOT_APPLIED:
        return Proposal(failed_attempt(node, now, "the effect was not applied"))
    return None


def _withdraw(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Begin no body while the run pauses: the attempt is taken up again afterwards, as if it had not begun."""
    has_begun = work.body_started or work.settled is not None or work.answer is not None
    if state.pausing is None or has_begun:
        return None
    return _fails(node, now, Diagnosis.INTERRUPTED, "the run pauses", counted=False)


def _lost_ground(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Begin anew what rests on commits that the branch has gone back behind."""
    branch, checkpoint = state.branch, work.checkpoint
    if branch is None or checkpoint is None or work.generation == branch.generation or checkpoint.commit == branch.head:
        return None
    if node.applied and not has_result(node):
        return None
    return _late(node, now, "the run branch has gone back behind what it rests on")


def _bind(_: RunState, node: StepState, work: Work, now: float) -> Move:
    """Begin nothing where a placeholder stands for nothing: no attempt would be any better."""
    return None if work.lack is None else _fails(node, now, Diagnosis.STRUCTURAL, work.lack)


def _late(node: StepState, now: float, reason: str) -> Proposal:
    """Fail an attempt that was made on too old a base; that counts only where it cannot be made again."""
    return _fails(node, now, Diagnosis.STALE, reason, counted=bool(node.applied))


def wants_lane(state: RunState, node: StepState) -> bool:
    """Tell whether the step could begin its attempt if it had a lane."""
    work = node.work
    assert work is not None
    is_idle = work.open is None and work.question is None and work.failure is None and work.checkpoint is None
    if not is_idle or not state.has_workspace or (isinstance(node.spec.body, AskBody) and not node.spec.checks):
        return False
    if needs_turn_first(state, node) or files_kept_by(state, node) is not None:
        return False
    return not lanes_are_reserved(state, node)


def _checkpoint(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Take the checkpoint: the lane at the head of the run branch."""
    is_needed = state.has_workspace and not (isinstance(node.spec.body, AskBody) and not node.spec.checks)
    if work.checkpoint is not None or not is_needed:
        return None
    lane = free_lane(state) if wants_lane(state, node) else None
    if lane is None:
        return HOLD
    assert state.branch is not None
    name, attempt = node.spec.id, node.attempt
    command = do.TakeCheckpoint(
        step=name,
        attempt=attempt,
        lane=lane,
        commit=state.branch.head,
        scratch=node.spec.scratch,
        made=node.spec.made,
        artifacts=artifacts_for(state, node),
    )
    return Proposal(ev.CheckpointAsked(at=now, step=name, attempt=attempt, lane=lane), command)


def free_lane(state: RunState) -> str | None:
    """Return a lane that is ready and not in use."""
    usable = (x.name for x in state.lanes.values() if x.is_ready and x.held_by is None and x.name != "clean")
    return next(usable, None)


def _before(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Ask what must be red or green before the body."""
    if work.body_started or not node.spec.checks:
        return None
    bad = first_unanswerable(node.spec.checks, work.checks)
    if bad is not None:
        reason = f"the check {node.spec.checks[bad].name!r} has no answer before the step: {work.checks[bad].text}"
        return _fails(node, now, _diagnosis_of(work.checks[bad]), reason)
    if has_nothing_to_do(node.spec.checks, work.checks):
        return Proposal(ev.StepSkipped(at=now, step=node.spec.id, attempt=node.attempt, reason="nothing_to_do"))
    index = next_before(node.spec.checks, work.checks)
    return None if index is None else _ask_check(state, node, work, now, (Moment.BEFORE, index))


def _ask_check(state: RunState, node: StepState, work: Work, now: float, which: tuple[Moment, int]) -> Proposal:
    moment, index = which
    assert work.lane is not None
    tree = work.base_tree if moment is Moment.BEFORE else work.tree or work.base_tree
    assert tree is not None
    services = state.plan.services_of(node.spec)
    command = do.AskCheck(
        step=node.spec.id,
        attempt=node.attempt,
        lane=work.lane,
        moment=moment,
        index=index,
        check=node.spec.checks[index],
        spec=node.spec,
        tree=tree,
        environment=_environment(state, node, work, environment_of(state, work.lane, services)),
        services=services,
        changed=work.changed,
        before=work.checks[index].before_results,
        earlier=work.checks[index].results if moment is Moment.AFTER else None,
    )
    move = ask_or_reuse(state, command, work.checks[index], now)
    if move.command is None or work.lane_tree == tree:
        return move
    return _place(node, work, tree, now)


def _environment(state: RunState, node: StepState, work: Work, lane: str) -> str:
    """Name what a verdict depends on beside the tree; what a body has made for later steps makes it one of a kind."""
    return f"{lane}!{state.seq}" if work.body_started and node.spec.artifacts else lane


def _place(node: StepState, work: Work, tree: str, now: float) -> Proposal:
    """Make the lane hold what a check is to be asked about."""
    assert work.base is not None
    command = do.PlaceTree(
        step=node.spec.id,
        attempt=node.attempt,
        lane=work.lane,
        commit=work.base,
        tree=tree,
        scratch=node.spec.uncommitted,
    )
    event = ev.PlaceAsked(at=now, step=node.spec.id, attempt=node.attempt, commit=work.base, tree=tree)
    return Proposal(event, command)


def environment_of(state: RunState, lane: str, services: Sequence[str]) -> str:
    """Name what a verdict depends on beside the tree: the lane, and what runs in it for the check."""
    return " +".join((state.lanes[lane].key, *services))


def ask_or_reuse(state: RunState, command: do.AskCheck, record: CheckRecord, now: float) -> Proposal:
    """Ask a check, unless it is known to have passed on the same tree in the same environment."""
    place = (command.tree, command.environment)
    passed = state.verdicts.get(verdict_key(command.check), ())
    known = next((one for one in passed if (one.tree, one.environment) == place), None)
    may_reuse = record.asked_after == 0 and not (command.before and is_by_test(command.check))
    name, attempt, moment, index = command.step, command.attempt, command.moment, command.index
    if known is None or not may_reuse:
        return Proposal(ev.CheckAsked(at=now, step=name, attempt=attempt, moment=moment, check=index), command)
    event = ev.VerdictReused(
        at=now, step=name, attempt=attempt, moment=moment, check=index, evidence=known.evidence, results=known.results
    )
    return Proposal(event)


def _diagnosis_of(record: CheckRecord) -> Diagnosis:
    if "time-out" in record.text or diagnose_text(None, record.text) is Diagnosis.TRANSIENT:
        return Diagnosis.TRANSIENT
    return Diagnosis.STRUCTURAL


def _consent(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Get a person's consent where the tier asks for it."""
    if work.approved or work.body_started or isinstance(node.spec.body, AskBody):
        return None
    if work.answer is not None:
        return _fails(node, now, Diagnosis.DENIED, f"not approved: {work.answer}")
    return ask_consent(state, node, now)


def _turn(state: RunState, node: StepState, work: Work, now: float) -> Move:
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
    if not node.spec.effect.is_outside or work.checkpoint.commit == state.branch.head:
        return None
    return _late(node, now, "the run branch has moved since the checkpoint")


def _probe_first(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Look whether the effect is there already, just before it would be performed."""
    if work.body_started or node.spec.probe is None or not node.spec.effect.is_outside or work.probed_before:
        return None
    if work.probe is None:
        command = do.AskProbe(
            step=node.spec.id, attempt=node.attempt, lane=work.lane, spec=node.spec, patient=node.failures > 0
        )
        return Proposal(ev.ProbeAsked(at=now, step=node.spec.id, attempt=node.attempt), command)
    text = (
        f"Step {node.spec.id} has not been performed, but its probe finds it applied ({work.probe.text}). "
        "Record it as applied, or perform it (not_applied)?"
    )
    return Proposal(question(state, node, now, QuestionKind.IN_DOUBT, text, ANSWERS))


def _body(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Run the body, or ask the person whose answer it is."""
    body = node.spec.body
    if isinstance(body, AskBody):
        if work.answer is None:
            asked = question(state, node, now, QuestionKind.ASK, body.question, body.options)
            return Proposal(replace(asked, default=body.default))
        return _fails(node, now, Diagnosis.DENIED, "answered: no") if work.answer == "no" else None
    if work.body_started or work.settled == Applied.APPLIED:
        return None
    key = f"{state.created.run}:{node.spec.id}"
    services = state.plan.services_of(node.spec)
    command = do.RunStep(
        step=node.spec.id, attempt=node.attempt, lane=work.lane, spec=node.spec, key=key, services=services
    )
    if state.handing:
        command = replace(command, outputs=outputs_for(state, node))
    return Proposal(ev.BodyStarted(at=now, step=node.spec.id, attempt=node.attempt, key=key), command)


def _ending(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Judge how the body ended; outside effects that ended badly were settled before."""
    del state
    ending = work.ending
    if ending is None or ending.status is Status.OK or work.settled == Applied.APPLIED:
        return None
    if ending.status is Status.INTERRUPTED:
        return _fails(node, now, Diagnosis.INTERRUPTED, "interrupted", counted=False)
    return _fails(node, now, diagnose(ending), describe_ending(node))


def _inspect(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Find out what the body wrote; outside the scope it may not."""
    if work.checkpoint is None:
        return None
    assert state.branch is not None
    if work.broken is not None:
        return _fails(node, now, Diagnosis.STRUCTURAL, f"the workspace failed: {work.broken}")
    if work.changes is None:
        command = do.Inspect(
            step=node.spec.id,
            attempt=node.attempt,
            lane=work.lane,
            spec=node.spec,
            tree=work.checkpoint.tree,
            commit=work.checkpoint.commit,
            scope=(*state.plan.scope_write, *(node.spec.writes or ())),
            writes=state.plan.scope_write if node.spec.writes is None else node.spec.writes,
        )
        return Proposal(ev.InspectionAsked(at=now, step=node.spec.id, attempt=node.attempt), command)
    if work.changes.outside:
        return _fails(
            node, now, Diagnosis.STRUCTURAL, f"wrote outside the scope: {', '.join(work.changes.outside[:10])}"
        )
    if work.changes.secrets:
        where = ", ".join(work.changes.secrets[:10])
        reason = f"the value of an env_from variable stands in {where}, and no commit may hold it; `scratch` files may"
        return _fails(node, now, Diagnosis.STRUCTURAL, reason)
    return None


def _merge(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Bring the result onto the head of the run branch, once it is its turn."""
    if not has_result(node):
        return None
    if not has_turn(state, node):
        return HOLD
    assert state.branch is not None
    assert work.changes is not None
    assert work.checkpoint is not None
    if work.refused is not None:
        return _late(node, now, work.refused.reason)
    onto = state.branch.head
    if work.base == onto:
        return None
    command = do.MergeResult(
        step=node.spec.id,
        attempt=node.attempt,
        lane=work.lane,
        base=work.checkpoint.commit,
        tree=work.changes.tree,
        onto=onto,
        reads=node.spec.reads,
    )
    return Proposal(ev.MergeAsked(at=now, step=node.spec.id, attempt=node.attempt, onto=onto), command)


def _before_again(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Ask on the head what was asked on the lane's base; a body's leavings that no tree holds would mislead it."""
    if work.merged is None or node.applied or not node.spec.checks:
        return None
    if first_unanswerable(node.spec.checks, work.checks) is not None:
        return _late(node, now, "a check has no answer on the head of the run branch")
    if has_nothing_to_do(node.spec.checks, work.checks):
        return _late(node, now, "the head of the run branch has what it was to do")
    index = next_before(node.spec.checks, work.checks)
    if index is None:
        return None
    move = _ask_check(state, node, work, now, (Moment.BEFORE, index))
    assert work.changes is not None
    if move.command is not None and (work.changes.lane_changed or node.spec.artifacts):
        return _late(node, now, "the run branch has moved, and the body left files in its lane that git ignores")
    return move


def _after(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Ask the checks; the first that does not pass fails the attempt."""
    index = first_unpassed(node.spec.checks, work.checks)
    if index is not None:
        check, record = node.spec.checks[index], work.checks[index]
        assert record.after is not None
        diagnosis = Diagnosis.VERIFICATION
        if record.after == "inconclusive" and not record.is_flaky:
            diagnosis = _diagnosis_of(record)
        if work.merged is not None:
            return _late(node, now, f"check {check.name!r} {record.after.value} on the head of the run branch")
        has_no_answer = record.is_flaky and record.after == "inconclusive"
        reason = f"check {check.name!r} {'is flaky' if has_no_answer else record.after.value}: {record.text}"
        return _fails(node, now, diagnosis, reason)
    index = next_after(node.spec.checks, work.checks)
    return None if index is None else _ask_check(state, node, work, now, (Moment.AFTER, index))


def _keep(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Keep what the body made for later steps, now that it passed its checks."""
    del state
    if not node.spec.artifacts or work.kept is not None or work.changes is None:
        return None
    command = do.KeepArtifacts(step=node.spec.id, attempt=node.attempt, lane=work.lane, artifacts=node.spec.artifacts)
    return Proposal(ev.ArtifactsAsked(at=now, step=node.spec.id, attempt=node.attempt), command)


def _commit(state: RunState, node: StepState, work: Work, now: float) -> Move:
    """Write the result as a commit, if there is one."""
    del state
    if work.commit is not None or not has_result(node) or work.tree == work.base_tree:
        return None
    assert work.base is not None
    assert work.tree is not None
    command = do.WriteCommit(
        step=node.spec.id,
        attempt=node.attempt,
        lane=work.lane,
        spec=node.spec,
        parent=work.base,
        tree=work.tree,
    )
    return Proposal(ev.CommitAsked(at=now, step=node.spec.id, attempt=node.attempt), command)


def _proof(node: StepState, work: Work) -> str | None:
    pairs: list[tuple[Check, CheckRecord]] = list(zip(node.spec.checks, work.checks, strict=True))
    if any(proves(check, record) for check, record in pairs):
        return "checks"
    if isinstance(node.spec.body, AskBody):
        return None
    return "probe" if work.settled == Applied.APPLIED else "exit-status-only"


_Rule = Callable[[RunState, StepState, Work, float], Move]
_RULES: tuple[_Rule, ...] = (
    _put_back,
    _miss_service,
    _recover,
    _settle,
    _withdraw,
    _lost_ground,
    _bind,
    _checkpoint,
    serve,
    _before,
    _consent,
    _turn,
    _probe_first,
    _body,
    _ending,
    _inspect,
    _merge,
    _before_again,
    _after,
    _keep,
    _commit,
)
