"""The rules of monitors: what they see is reported once an attempt, and ends it where the settings say so."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.core import events as ev
from surefoot.core.agent_acts import acts_of
from surefoot.core.agent_types import Fault, ToolKind, Usage
from surefoot.core.budget import how_raised, limits_of, said_of
from surefoot.core.conversation import Conversation, ToolCallState
from surefoot.core.event_words import Diagnosis, Finding, Severity
from surefoot.core.kernel.failure_rules import fails
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.monitor_table import MONITORS, Say
from surefoot.core.monitors import Watched, alarms, kind_of, score_of, seen_in
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE, FINAL, StepState

_SAID_MAX = 300
_FORECAST, _SPEND_RATE, _SCORE = "forecast", "spend_rate", "score"
_FAULTS = {
    "malformed_reply": (Fault.MALFORMED, Fault.EMPTY),
    "cut_reply": (Fault.CUT,),
    "refused_reply": (Fault.REFUSED,),
}
WEIGHTS = {Say.NOTE: Severity.NOTE, Say.WARN: Severity.WARNING, Say.FAIL: Severity.WARNING}


def watch(state: RunState, node: StepState, conversation: Conversation, now: float) -> Proposal | None:
    """Report what a monitor sees in a conversation, or end the attempt for what was reported."""
    if not conversation.turns and not conversation.unusable:
        return None
    for alarm in alarms(watched(conversation), state.watches):
        if move := say(state, node, alarm.monitor, alarm.text, now, alarm.evidence):
            return move
    return _say_spend_rate(state, node, now) or _say_score(state, node, now)


def say(
    state: RunState, node: StepState, name: str, text: str, now: float, evidence: tuple[int, ...] = ()
) -> Proposal | None:
    """Report what a monitor has seen in an attempt, or fail the attempt for it where that was reported."""
    move = report(state, node, name, text, now, evidence)
    if move is None and state.watches.of(name).say is Say.FAIL:
        return fails(node, now, _failure(state, node, name), text)
    return move


def report(
    state: RunState, node: StepState, name: str, text: str, now: float, evidence: tuple[int, ...] = ()
) -> Proposal | None:
    """Report what a monitor has seen in an attempt, once; None: that was done, or the monitor is off."""
    told, how = {one.kind for one in seen_in(state.reported, node.spec.id, node.attempt)}, state.watches.of(name).say
    if how is Say.OFF or kind_of(name) in told:
        return None
    return Proposal(ev.FindingReported(at=now, finding=_finding(state, node, name, text, evidence)))


def say_each(
    state: RunState, node: StepState, name: str, texts: Sequence[str], now: float, evidence: tuple[int, ...]
) -> Proposal | None:
    """Report all that a monitor has seen in an attempt, one by one, or fail the attempt for it once that is done."""
    how = state.watches.of(name).say
    for text in texts if how is not Say.OFF else ():
        finding = _finding(state, node, name, text, evidence)
        if finding not in state.reported:
            return Proposal(ev.FindingReported(at=now, finding=finding))
    return fails(node, now, _failure(state, node, name), "; ".join(texts)) if texts and how is Say.FAIL else None


def _finding(state: RunState, node: StepState, name: str, text: str, evidence: tuple[int, ...]) -> Finding:
    return Finding(
        kind=kind_of(name),
        severity=WEIGHTS[state.watches.of(name).say],
        text=text,
        step=node.spec.id,
        attempt=node.attempt,
        diagnosis=_failure(state, node, name),
        evidence=evidence,
    )


def _failure(state: RunState, node: StepState, name: str) -> Diagnosis:
    """Return what a monitor names; one that adds up others names what the gravest of them does."""
    row = MONITORS[name]
    if not row.is_sum:
        return row.failure
    seen = seen_in(state.reported, node.spec.id, node.attempt)
    gravest = max(seen, key=lambda one: one.severity is Severity.WARNING, default=None)
    return gravest.diagnosis if gravest is not None and gravest.diagnosis is not None else row.failure


def _say_score(state: RunState, node: StepState, now: float) -> Proposal | None:
    """Report that what the monitors saw in an attempt adds up to too much."""
    if state.watches.of(_SCORE).say is Say.OFF:
        return None
    seen = seen_in(state.reported, node.spec.id, node.attempt)
    score = score_of(seen)
    if score < state.watches.figure(_SCORE, "at"):
        return None
    named = ", ".join(one.kind for one in seen)
    places = tuple(sorted({place for one in seen for place in one.evidence[:1]}))
    return say(state, node, _SCORE, f"what monitors saw adds up to {score}: {named}", now, places)


def _say_spend_rate(state: RunState, node: StepState, now: float) -> Proposal | None:
    """Report that a step takes far more than those did that are done, while nothing else is."""
    if state.watches.of(_SPEND_RATE).say is Say.OFF or node.is_system_step:
        return None
    done = [one for one in _of_models(state) if one.status in DONE and one.usage.requests]
    if len(done) < state.watches.figure(_SPEND_RATE, "steps"):
        return None
    began = node.started_at
    if began is not None and any(one.ended_at is not None and one.ended_at > began for one in done):
        return None
    has_prices = all(one.usage.cost_usd for one in (*done, node))
    taken = _taken(node.usage, in_usd=has_prices)
    average = sum(_taken(one.usage, in_usd=has_prices) for one in done) / len(done)
    if taken < state.watches.figure(_SPEND_RATE, "times") * average:
        return None
    shown = "{:.2f} USD" if has_prices else "{:,.0f} tokens"
    text = (
        f"it has taken {shown.format(taken)}, and the {len(done)} steps that are done took "
        f"{shown.format(average)} each; nothing was done since it began"
    )
    return say(state, node, _SPEND_RATE, text, now, tuple(sorted(one.verified_seq for one in done)))


def _taken(usage: Usage, *, in_usd: bool) -> float:
    return usage.cost_usd if in_usd else usage.input_tokens + usage.output_tokens


def watched(conversation: Conversation) -> Watched:
    """Return what monitors look at in a conversation."""
    return Watched(
        acts=acts_of(conversation),
        same_replies=conversation.repeats,
        misuses=conversation.misuses,
        last_misuse=_last_misuse(conversation),
        idle=conversation.idle,
        bad_ends=sum(_is_bad_end(call) for turn in conversation.turns for call in turn.calls),
        turns=conversation.turns[-1].number if conversation.turns else 0,
        faults={name: _places(conversation, faults) for name, faults in _FAULTS.items()},
    )


def _places(conversation: Conversation, faults: Sequence[Fault]) -> tuple[int, ...]:
    return tuple(sorted(place for fault in faults for place in conversation.unusable.get(fault, ())))


def _is_bad_end(call: ToolCallState) -> bool:
    """Tell whether the agent wanted to end with something that could not be used."""
    result = call.result
    is_ours = isinstance(result, ev.ToolCallResolved) and not result.is_misuse
    return call.kind is ToolKind.END and result is not None and not result.ok and not is_ours


def _last_misuse(conversation: Conversation) -> str:
    results = (call.result for turn in reversed(conversation.turns) for call in reversed(turn.calls))
    return next((one.text for one in results if one is not None and one.is_misuse), "")[:_SAID_MAX]


def _of_models(state: RunState) -> list[StepState]:
    """Return the steps of which a model does the work."""
    return [node for node in state.steps() if node.spec.body.by_model and not node.is_system_step]


def say_forecast(state: RunState, now: float) -> Proposal | None:
    """Tell once that at the present rate a limit of the run will not do, or pause for it where the settings say so."""
    if state.watches.of(_FORECAST).say is Say.OFF or any(one.kind == _FORECAST for one in state.reported):
        return None
    steps = _of_models(state)
    done = [node for node in steps if node.status in DONE]
    # What steps that failed or are under way have taken is among what is used; how much more they take nobody knows.
    begun = sum(node.status in DONE or node.usage.requests > 0 for node in steps)
    count = begun + sum(node.status not in FINAL and not node.usage.requests for node in steps)
    if len(done) < state.watches.figure(_FORECAST, "steps") or begun == count:
        return None
    for limit, most, used in limits_of(state):
        if (wanted := used / begun * count) > most:
            text = (
                f"{begun} of {count} steps took {said_of(limit, used)}; at that rate all take "
                f"{said_of(limit, wanted)}, and the limit is {said_of(limit, most)}"
            )
            return _forecast(state, limit, text, done, now)
    return None


def _forecast(state: RunState, limit: str, text: str, done: Sequence[StepState], now: float) -> Proposal:
    setting = state.watches.of(_FORECAST)
    finding = Finding(
        kind=_FORECAST,
        severity=WEIGHTS[setting.say],
        text=text,
        diagnosis=Diagnosis.BUDGET,
        evidence=tuple(sorted(node.verified_seq for node in done)),
    )
    if setting.say is not Say.FAIL:
        return Proposal(ev.FindingReported(at=now, finding=finding))
    said = f"{text}; {how_raised(state, limit)}"
    return Proposal(ev.LimitReached(at=now, limit=limit, text=said, finding=finding))
