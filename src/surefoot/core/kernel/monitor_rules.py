"""The rules of monitors: what they see is reported once an attempt, and ends it where the settings say so."""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.agent_acts import acts_of
from surefoot.core.agent_types import ToolKind
from surefoot.core.conversation import Conversation, ToolCallState
from surefoot.core.event_words import Diagnosis, Finding, Severity
from surefoot.core.kernel.failure_rules import fails
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.monitor_table import MONITORS, Say
from surefoot.core.monitors import Watched, alarms
from surefoot.core.state import RunState, StepState, StepStatus

_SAID_MAX = 300
_FORECAST = "forecast"
_WEIGHTS = {Say.NOTE: Severity.NOTE, Say.WARN: Severity.WARNING, Say.FAIL: Severity.WARNING}


def watch(state: RunState, node: StepState, conversation: Conversation, now: float) -> Proposal | None:
    """Report what a monitor sees in a conversation, or end the attempt for what was reported."""
    if not conversation.turns:
        return None
    told = {one.kind for one in state.reported if (one.step, one.attempt) == (node.spec.id, node.attempt)}
    for alarm in alarms(watched(conversation), state.watches):
        kind = alarm.monitor.replace("_", "-")
        if kind not in told:
            finding = Finding(
                kind=kind,
                severity=_WEIGHTS[alarm.say],
                text=alarm.text,
                step=node.spec.id,
                attempt=node.attempt,
                diagnosis=alarm.row.failure,
                evidence=alarm.evidence,
            )
            return Proposal(ev.FindingReported(at=now, finding=finding))
        if alarm.say is Say.FAIL:
            return fails(node, now, alarm.row.failure, alarm.text)
    return None


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
    )


def _is_bad_end(call: ToolCallState) -> bool:
    """Tell whether the agent wanted to end with something that could not be used."""
    result = call.result
    is_ours = isinstance(result, ev.ToolCallResolved) and not result.is_misuse
    return call.kind is ToolKind.END and result is not None and not result.ok and not is_ours


def _last_misuse(conversation: Conversation) -> str:
    results = (call.result for turn in reversed(conversation.turns) for call in reversed(turn.calls))
    return next((one.text for one in results if one is not None and one.is_misuse), "")[:_SAID_MAX]


def say_forecast(state: RunState, now: float) -> Proposal | None:
    """Tell once that at the present rate a limit of the run will not do for the steps that are left."""
    setting, limits = state.watches.of(_FORECAST), state.plan.limits
    if setting.say is Say.OFF or any(one.kind == _FORECAST for one in state.reported):
        return None
    steps = [node for node in state.steps() if node.spec.body.by_model and not node.is_system_step]
    done = sum(node.status is StepStatus.VERIFIED for node in steps)
    figures = {**MONITORS[_FORECAST].watch.figures, **setting.figures}
    if limits.cost_usd is None or done < figures["steps"] or done == len(steps):
        return None
    wanted = state.cost_usd / done * len(steps)
    if wanted <= limits.cost_usd:
        return None
    text = (
        f"{done} of {len(steps)} steps took {state.cost_usd:.2f} USD; at that rate all take {wanted:.2f}, and "
        f"the limit is {limits.cost_usd:g}"
    )
    finding = Finding(kind=_FORECAST, severity=_WEIGHTS[setting.say], text=text, diagnosis=Diagnosis.BUDGET)
    return Proposal(ev.FindingReported(at=now, finding=finding))
