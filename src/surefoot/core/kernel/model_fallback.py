"""The chain of models of a conversation: which is asked next when one fails.

A chain has an end, at which the run pauses or the attempt fails: no model is asked for ever.
"""

from __future__ import annotations

from collections.abc import Mapping

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Fault, ModelFacts, Role
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Diagnosis
from surefoot.core.kernel.failure_rules import fails
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import REPLANNING

TRIES_MAX = 4
"""Requests in a row to one model that bring nothing."""
_FIRST_WAIT_S = 1.0
_WAIT_MAX_S = 600.0
"""A provider that asks for a longer wait counts as one that has no capacity."""
_BAD = (Fault.CUT, Fault.MALFORMED, Fault.EMPTY)
_BAD_MAX = 3
_SHORTER = 0.7
"""A brief that is too long for its model may have this share of its length from then on."""
_COMPRESSED = 0.5
"""The share of its room that a brief may take once an attempt has grown too long."""
_TOKENS_MIN = 4000
"""No conversation is given less room than that."""
_BRIEF_SHARE = 0.75
"""Of the room that the tools and the reply leave, a brief may use so much: estimates err."""
TOOLS_TOKENS: Mapping[Role, int] = {
    Role.SCOUT: 6_000,
    Role.PLANNER: 4_500,
    Role.REPLANNER: 5_000,
    Role.WORKER: 4_000,
    Role.REVIEWER: 2_500,
}
"""More than the description of a role's tools takes, in tokens, whichever way a model is told of them."""
TOLD_TOKENS = 1_500
"""The same where they are told in words, and a grammar holds the reply to the rest."""


def tokens_max(state: RunState, conversation: Conversation, facts: ModelFacts) -> int:
    """Return how long a brief may be, in tokens as they are estimated."""
    limits = [state.routing.brief_tokens_max]
    if facts.context_tokens is not None:
        tools = TOOLS_TOKENS[conversation.role] if facts.native_tools else TOLD_TOKENS
        room = facts.context_tokens - facts.output_tokens_max - tools
        limits.append(max(_TOKENS_MIN, int(room * _BRIEF_SHARE)))
    if conversation.too_long is not None:
        limits.append(max(_TOKENS_MIN, int(conversation.too_long * _SHORTER)))
    if conversation.is_compressed:
        limits.append(max(_TOKENS_MIN, int(min(limits) * _COMPRESSED)))
    return min(limits)


def after_fault(
    node: StepState, conversation: Conversation, chain: tuple[ModelFacts, ...], now: float
) -> Proposal | None:
    """Return what follows when a request brought no usable reply; None: ask again."""
    failed = conversation.fault
    if failed is None:
        return None
    if failed.fault in _BAD and conversation.faults < _BAD_MAX:
        return None
    if failed.fault is Fault.CONTEXT and conversation.faults < TRIES_MAX:
        return None
    wait_s = failed.retry_after_s or _FIRST_WAIT_S * 2.0 ** (conversation.faults - 1)
    if failed.fault.passes and conversation.faults < TRIES_MAX and wait_s <= _WAIT_MAX_S:
        return None if failed.at + wait_s <= now else _wait(node, failed.at + wait_s, failed.text, now)
    if conversation.position + 1 < len(chain):
        reason = f"{chain[conversation.position].name}: {failed.text}"
        return Proposal(ev.ModelChanged(**node.at(now), position=conversation.position + 1, reason=reason))
    return _exhausted(node, failed, now)


def next_wait(node: StepState, conversation: Conversation, now: float) -> RuleResult:
    """Wait as long as the model asked to; an engine that takes the run up winds the clock anew."""
    if conversation.due is None:
        return None
    return HOLD if conversation.is_timed else _wait(node, conversation.due, "a model has asked to wait", now)


def _wait(node: StepState, due: float, reason: str, now: float) -> Proposal:
    event = ev.ModelRequestDelayed(**node.at(now), due=due, reason=reason)
    return Proposal(event, do.WaitForRequest(step=node.spec.id, attempt=node.attempt, lane=None, due=due))


def _exhausted(node: StepState, failed: ev.ModelRequestFailed, now: float) -> Proposal:
    """Say what follows when no model of the chain is left."""
    what = failed.text.rstrip(". \n")
    if failed.fault in _BAD:
        return fails(node, now, Diagnosis.MALFORMED, f"no usable reply: {what}")
    if failed.fault is Fault.CONTEXT:
        return fails(node, now, Diagnosis.CONTEXT_OVERFLOW, f"the brief does not fit: {what}")
    if failed.fault is Fault.REFUSED:
        return fails(node, now, Diagnosis.REFUSED, f"the model refuses: {what}")
    if node.spec.id == REPLANNING:  # the run can go on without another plan
        return fails(node, now, Diagnosis.BUDGET, f"no model answers ({failed.fault}): {what}")
    asks = "" if failed.retry_after_s is None else f" It asks to wait for {failed.retry_after_s:g} s."
    when = "later" if failed.fault.passes else "once that is put right"
    how = f"The conversation is kept: resume goes on from here {when}, or now with another `--model`."
    text = f"No model answers ({failed.fault}): {what}.{asks} {how}"
    return Proposal(ev.LimitReached(at=now, limit="models", text=text))
