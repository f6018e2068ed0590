"""The rules after a failed attempt: another attempt, a question, or the end of the step."""

from __future__ import annotations

from collections.abc import Collection

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import Applied, Diagnosis, QuestionKind
from surefoot.core.graph_state import is_amended, results_after
from surefoot.core.kernel.ladder_rules import choose_rung, look_again
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.ladder_table import RUNGS, Rung
from surefoot.core.messages import may_replan
from surefoot.core.plan import OnFailure
from surefoot.core.recovery import question
from surefoot.core.retry import delay_s
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.verdicts import first_unanswerable, first_unpassed, has_nothing_to_do
from surefoot.core.ways_on import TRIES_AGAIN, WANTS_PLAN, failure_shown, ways_on

CRASHES_MAX = 3


def fails(node: StepState, now: float, diagnosis: Diagnosis, reason: str, *, counted: bool = True) -> Proposal:
    """Fail the attempt; an outside effect that it is known to have applied is said to be."""
    work = node.work
    assert work is not None
    is_this_one = work.body_started or work.settled == Applied.APPLIED
    applied = bool(node.applied) and node.effect.is_outside and is_this_one
    event = ev.AttemptFailed(**node.at(now), diagnosis=diagnosis, reason=reason, is_counted=counted, applied=applied)
    return Proposal(event)


NOBODY_ANSWERED = "nobody answered in time; that is neither consent nor denial"


def expired(node: StepState, now: float) -> Proposal:
    """Fail the attempt because the time for an answer is over."""
    return fails(node, now, Diagnosis.EXPIRED, NOBODY_ANSWERED)


def refused(node: StepState, work: Attempt, now: float) -> Proposal | None:
    """Fail the attempt where a person said no, or nobody said anything in time."""
    if work.people.is_overdue:
        return expired(node, now)
    if work.people.answer is not None:
        return fails(node, now, Diagnosis.DENIED, f"not approved: {work.people.answer}")
    return None


def late(node: StepState, now: float, reason: str) -> Proposal:
    """Fail an attempt that was made on too old a base; that counts only where it cannot be made again."""
    return fails(node, now, Diagnosis.STALE, reason, counted=bool(node.applied))


def late_before(node: StepState, work: Attempt, now: float, *, but: Collection[int] = ()) -> Proposal | None:
    """Fail an attempt for what its checks say of the head without its result."""
    if first_unanswerable(node.spec.checks, work.checks, but=but) is not None:
        return late(node, now, "a check has no answer on the head of the run branch")
    if has_nothing_to_do(node.spec.checks, work.checks):
        return late(node, now, "the head of the run branch has what it was to do")
    return None


def late_after(node: StepState, work: Attempt, now: float, *, but: Collection[int] = ()) -> Proposal | None:
    """Fail an attempt for what its checks say of the head with its result."""
    index = first_unpassed(node.spec.checks, work.checks, but=but)
    if index is None:
        return None
    check, said = node.spec.checks[index], work.checks[index].after
    assert said is not None
    return late(node, now, f"check {check.name!r} {said.value} on the head of the run branch")


def conclude(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Decide what a failed attempt means for the step, now that its lane is as it was."""
    failure = work.failure
    assert failure is not None
    if node.made_beside is not None:
        return Proposal(ev.StepSkipped(**node.at(now), reason=f"no candidate: {failure.reason}"))
    if work.people.answer is not None:
        return _as_answered(state, node, failure, work.people.answer, now)
    if is_amended(state, node):
        return _again(node, now, 0.0)  # as another step, and not before
    if node.beside:
        return HOLD  # what becomes of the candidates made beside it says whether there is another attempt
    if not failure.is_counted and not failure.applied:
        return _conclude_uncounted(state, node, work, failure, now)
    if failure.diagnosis is not Diagnosis.TRANSIENT and _may_make_another(node, work, failure):
        return _again(node, now, 0.0)  # the attempts at candidates know nothing of each other: no ladder has a say
    if work.rung is None and (choosing := choose_rung(state, node, work, now)) is not None:
        return choosing
    return _climb(state, node, work, failure, now)


def _conclude_uncounted(
    state: RunState, node: StepState, work: Attempt, failure: ev.AttemptFailed, now: float
) -> RuleResult:
    """Begin anew what was broken off, unless that came too often or a person had it."""
    if failure.diagnosis is Diagnosis.CRASH and node.crashes >= CRASHES_MAX:
        often = f"the engine ended {node.crashes} times in a row while it was at work"
        return _ask_how(state, node, now, f"Step {node.spec.id}: {often}. Go on how?")
    if work.people.has_given_up:
        return _ask_how(state, node, now, f"Step {node.spec.id} was given back as it was. Go on how?")
    return (None if work.rung is not None else look_again(state, node, work, now)) or _again(node, now, 0.0)


def _climb(state: RunState, node: StepState, work: Attempt, failure: ev.AttemptFailed, now: float) -> RuleResult:
    """Do what the rung says that was chosen; without one the step is at its end."""
    rung = work.rung
    if rung is Rung.RETRY:
        return _again(node, now, delay_s(node.spec.retry, node.failures))
    if rung is not None and RUNGS[rung].tries_again:
        return _again(node, now, 0.0)
    if rung in (Rung.SMALLER, Rung.DEAD_LETTER) and not node.is_system_step:
        return _give_up(state, node, OnFailure.BLOCK, failure.reason, now)
    if rung is Rung.ASK and not node.is_system_step:
        return _ask_how(state, node, now, failure_shown(state, node, work, failure))
    if _may_make_another(node, work, failure):
        return _again(node, now, 0.0)
    return _end(state, node, work, failure, now)


def _may_make_another(node: StepState, work: Attempt, failure: ev.AttemptFailed) -> bool:
    """Tell whether another of several candidates is to be made, or one of those there are chosen."""
    is_final = failure.applied or failure.diagnosis in (Diagnosis.DENIED, Diagnosis.BUDGET) or work.lack is not None
    if is_final or node.spec.best_of < 2 or not work.body_started:
        return False
    return bool(node.candidates) or node.failures < node.spec.retry.maximum_attempts


def _end(state: RunState, node: StepState, work: Attempt, failure: ev.AttemptFailed, now: float) -> RuleResult:
    """Do what the plan says for a step that is not tried again, by the kind of its failure."""
    then = node.spec.after_failure(is_verification=failure.diagnosis is Diagnosis.VERIFICATION)
    if then is OnFailure.ASK and _is_planners(state, node):
        return _give_up(state, node, OnFailure.BLOCK, failure.reason, now)
    if then is OnFailure.ASK and failure.diagnosis is not Diagnosis.DENIED:
        return _ask_how(state, node, now, failure_shown(state, node, work, failure))
    return _give_up(state, node, then, failure.reason, now)


def _is_planners(state: RunState, node: StepState) -> bool:
    """Tell whether the planner made the step and has not been asked about it yet: a person is asked next time."""
    is_made = state.created.goal_options is not None and not node.is_system_step
    return is_made and may_replan(state) and node.spec.id not in state.asked_about


def _ask_how(state: RunState, node: StepState, now: float, text: str) -> Proposal:
    """Ask a person how to go on."""
    return Proposal(question(state, node, now, QuestionKind.ASK, text, ways_on(state, node)))


def _again(node: StepState, now: float, wait_s: float) -> Proposal:
    due = now + wait_s
    event = ev.RetryScheduled(**node.at(now), due=due)
    if wait_s == 0.0:
        return Proposal(event)
    return Proposal(event, do.WaitForRetry(step=node.spec.id, attempt=node.attempt, lane=None, due=due))


def _as_answered(state: RunState, node: StepState, failure: ev.AttemptFailed, answer: str, now: float) -> RuleResult:
    if answer in TRIES_AGAIN:
        return _again(node, now, 0.0)
    if answer in WANTS_PLAN:
        return _give_up(state, node, OnFailure.BLOCK, failure.reason, now)
    return _give_up(state, node, OnFailure(answer), failure.reason, now)


def _give_up(state: RunState, node: StepState, how: OnFailure, reason: str, now: float) -> Proposal:
    if how is OnFailure.SKIP:
        return Proposal(ev.StepSkipped(**node.at(now), reason=f"failed: {reason}"))
    target = state.nodes[node.spec.rollback_to] if node.spec.rollback_to is not None else None
    if how is OnFailure.ROLLBACK and target is not None and target.head_after is not None:
        event = ev.RolledBack(
            **node.at(now),
            reason=reason,
            to=target.spec.id,
            commit=target.head_after,
            invalidated=results_after(state, target),
        )
        return Proposal(event)
    return Proposal(ev.StepFailed(**node.at(now), reason=reason, stop=how is OnFailure.STOP))
