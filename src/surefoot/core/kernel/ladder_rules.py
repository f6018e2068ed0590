"""The rules of recovery: which rung of a ladder follows a failed attempt. Nothing here changes the state.

The attempts that `retry` leaves bound every ladder. A rung that tries again as before is kept only while more attempts
are left than the rungs above it need, so that the stronger model has the last attempt.
"""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import Diagnosis
from surefoot.core.ids import StepId
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.ladder_table import LADDERS, RUNGS, Rung
from surefoot.core.messages import may_replan
from surefoot.core.monitors import kind_of, seen_in
from surefoot.core.plan import OnFailure
from surefoot.core.retry import may_retry
from surefoot.core.rung_advice import evidence_for, misused_tools, resources_changed, told_for
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState

BUILT_IN, SETTINGS = "built-in", "settings"
_FALSE_CLAIM = kind_of("ungrounded_claim")


def choose_rung(state: RunState, node: StepState, work: Attempt, now: float) -> Proposal | None:
    """Return the decision which rung follows a failed attempt; None where no ladder has a say in it."""
    failure = work.failure
    assert failure is not None
    named = _named(state, node, failure)
    ladder = state.ladders.of(named)
    if not ladder:
        return None
    rung = _next(state, node, work, failure, named)
    event = ev.RecoveryChosen(
        **node.at(now),
        diagnosis=named,
        rung=rung,
        ladder=ladder,
        rule=_rule(state, named),
        evidence=evidence_for(state, node, work),
        told=told_for(state, node, work, rung),
        tools=misused_tools(work) if rung is Rung.EXACT_SCHEMA else (),
    )
    return Proposal(event)


def look_again(state: RunState, node: StepState, work: Attempt, now: float) -> Proposal | None:
    """Return the decision that an agent whose base was left behind is told what has changed; None: it is not."""
    failure = work.failure
    assert failure is not None
    is_agents = failure.diagnosis is Diagnosis.STALE and node.spec.body.by_model and node.transplant is None
    if not is_agents or Rung.REOBSERVE not in state.ladders.of(Diagnosis.STALE):
        return None
    event = ev.RecoveryChosen(
        **node.at(now),
        diagnosis=Diagnosis.STALE,
        rung=Rung.REOBSERVE,
        ladder=state.ladders.of(Diagnosis.STALE),
        rule=_rule(state, Diagnosis.STALE),
        evidence=(work.failed_at, *_looked_at(work)),
        told=told_for(state, node, work, Rung.REOBSERVE),
    )
    return Proposal(event)


def _looked_at(work: Attempt) -> tuple[int, ...]:
    """Return where it was found out that a resource of the attempt has changed."""
    return (work.conversation.looked_at,) if work.conversation is not None and resources_changed(work) else ()


def invalidating(state: RunState, wrong: list[StepId], now: float) -> list[Proposal]:
    """Return the decisions that the results of steps found wrong are taken back, each made once."""
    ladder, found = state.ladders.of(Diagnosis.SILENT_ERROR), list[Proposal]()
    for name in dict.fromkeys(wrong) if Rung.INVALIDATE in ladder else ():  # two people may have found the same
        node = state.nodes[name]
        evidence = (node.verified_seq,)
        if any(one.rung is Rung.INVALIDATE and one.evidence == evidence for one in node.climbed):
            continue
        said = (f"{one.by} found it wrong: {one.why}" for one in state.found_wrong if name in one.steps)
        event = ev.RecoveryChosen(
            at=now,
            step=name,
            attempt=node.attempt,
            diagnosis=Diagnosis.SILENT_ERROR,
            rung=Rung.INVALIDATE,
            ladder=ladder,
            rule=_rule(state, Diagnosis.SILENT_ERROR),
            evidence=evidence,
            told=tuple(said),
        )
        found.append(Proposal(event))
    return found


def _rule(state: RunState, failure: Diagnosis) -> str:
    is_built_in = failure.value not in state.ladders.own and state.ladders.of(failure) == LADDERS[failure].rungs
    return BUILT_IN if is_built_in else SETTINGS


def _named(state: RunState, node: StepState, failure: ev.AttemptFailed) -> Diagnosis:
    """Return the failure whose ladder follows: a result that checks refuse, with a claim that is false, is made up."""
    told = {one.kind for one in seen_in(state.reported, node.spec.id, node.attempt)}
    is_made_up = failure.diagnosis is Diagnosis.VERIFICATION and _FALSE_CLAIM in told
    return Diagnosis.HALLUCINATION if is_made_up else failure.diagnosis


def _next(state: RunState, node: StepState, work: Attempt, failure: ev.AttemptFailed, named: Diagnosis) -> Rung:
    """Return the first rung that can help: not climbed before, and with an attempt left where it needs one."""
    ladder, left = state.ladders.of(named), _attempts_left(node, work, failure)
    climbed = {one.rung for one in node.climbed if one.diagnosis is named}
    new = [rung for rung in ladder if rung not in climbed and _can_climb(state, node, work, failure, rung, ladder)]
    for at, rung in enumerate(ladder):
        row = RUNGS[rung]
        if row.ends:
            return rung
        if row.is_kept and _can_climb(state, node, work, failure, rung, ladder):
            above = [
                one for one in ladder[at + 1 :] if one in new and RUNGS[one].tries_again and not RUNGS[one].is_kept
            ]
            if left > len(above):
                return rung
        elif rung in new and (left > 0 or not row.tries_again):
            return rung
    return Rung.ON_FAILURE


def _attempts_left(node: StepState, work: Attempt, failure: ev.AttemptFailed) -> int:
    if failure.applied or work.lack is not None:
        return 0
    return max(0, node.spec.retry.maximum_attempts - node.failures)


def _can_climb(
    state: RunState, node: StepState, work: Attempt, failure: ev.AttemptFailed, rung: Rung, ladder: tuple[Rung, ...]
) -> bool:
    """Tell whether a rung could help this step after this failure."""
    body, conversation = node.spec.body, work.conversation
    match rung:
        case Rung.RETRY:
            return _may_repeat(state, node, work, failure) and not (body.by_model and Rung.FRESH in ladder)
        case Rung.FRESH | Rung.VERIFY_CLAIMS | Rung.RESTATE | Rung.REOBSERVE:
            return body.by_model
        case Rung.EXACT_SCHEMA:
            return bool(misused_tools(work))
        case Rung.COMPRESS:
            return conversation is not None and (bool(conversation.turns) or conversation.too_long is not None)
        case Rung.STRONGER:
            return _has_stronger_model(state, node)
        case Rung.SMALLER:
            return _can_be_split(state, node) and not failure.applied
        case Rung.INVALIDATE:
            return False  # the attempt has no result yet
        case Rung.ASK | Rung.DEAD_LETTER | Rung.ON_FAILURE:
            return True


def _has_stronger_model(state: RunState, node: StepState) -> bool:
    body = node.spec.body
    is_asked_by_us = body.by_model and not body.reaches_provider
    models = state.routing.roles.get(body.played_by) if is_asked_by_us else None
    return models is not None and models.stronger is not None


def _can_be_split(state: RunState, node: StepState) -> bool:
    """Tell whether the planner may make smaller steps of this one; it is asked once about a step."""
    spec = node.spec
    is_left_to_planner = not {OnFailure.BLOCK, OnFailure.ASK}.isdisjoint(spec.ways_on)
    can_split = not node.is_system_step and not spec.optional and is_left_to_planner
    return can_split and may_replan(state) and spec.id not in state.asked_about


def _may_repeat(state: RunState, node: StepState, work: Attempt, failure: ev.AttemptFailed) -> bool:
    error_type = work.ending.error_type if work.ending is not None else None
    is_wanted = failure.diagnosis.value in state.ladders.own
    return may_retry(node.spec.retry, failure.diagnosis, error_type, is_wanted=is_wanted)
