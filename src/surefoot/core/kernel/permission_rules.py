"""What an agent of others may do: the rules by which its requests are answered.

A request is weighed as a command of our own agents is. The agent's process has the network, so that what it does by
itself has a way out of the lane; what we carry out for it has what the step gives. A permission is given once, never
for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.approval import is_satisfied
from surefoot.core.attempt import Attempt
from surefoot.core.globs import matches
from surefoot.core.kernel.approval_request import ask_about_call
from surefoot.core.kernel.approval_rules import allowed_meanwhile
from surefoot.core.kernel.call_effects import rule_for_call
from surefoot.core.kernel.failure_rules import NOBODY_ANSWERED
from surefoot.core.kernel.interrupts import interrupt
from surefoot.core.kernel.monitor_rules import report
from surefoot.core.kernel.permission_fold import shown_of_permission
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.permission import Permission
from surefoot.core.plan import RunBody
from surefoot.core.policy import AGENT_COMMAND, facts_before, weigh
from surefoot.core.policy_types import Decision, Tier
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState

_STAYS = Decision(tier=Tier.AUTO, rule="agent-tool", reason="It stays inside the step's lane.")
_WRITES = Decision(tier=Tier.LOG, rule="agent-tool", reason="It stays inside the step's lane.")
_UNKNOWN = Decision(
    tier=Tier.CONFIRM, rule="agent-request", reason="What the agent would do cannot be told from what it asks."
)
_NO_MODE = Decision(
    tier=Tier.NEVER, rule="agent-mode", reason="How much an agent may do is not for the agent to change"
)
_BY_KIND: Mapping[str, Decision] = {
    **dict.fromkeys(("read", "search", "think"), _STAYS),
    **dict.fromkeys(("edit", "delete", "move"), _WRITES),
    "switch_mode": _NO_MODE,
}
"""By the kind of a request, as the protocol names it; whatever writes has to stay in the scope besides."""


def answer_permission(state: RunState, node: StepState, work: Attempt, now: float) -> Proposal | None:
    """Return the answer to the next request of an agent of others, or the question about it; None while it waits."""
    for one in work.permissions:
        if not one.is_answered:
            move = _answer(state, node, work, one, now)
            if move is not None:
                return move
    return None


def _answer(state: RunState, node: StepState, work: Attempt, one: Permission, now: float) -> Proposal | None:
    decision, shown = _weigh(state, node, one), shown_of_permission(node, one)
    given = state.approvals.get(node.spec.id, {}).get(shown)
    if decision.tier is Tier.NEVER:
        seen = report(state, node, "refused_call", decision.refusal, now, (one.asked_seq,))
        return seen or _refused(node, one, decision, decision.refusal, now)
    if decision.tier is not Tier.CONFIRM or (given is not None and is_satisfied(decision.demand, given)):
        return _given(state, node, one, decision, now)
    if shown in node.denied:
        return _refused(node, one, decision, f"not approved: {node.denied[shown]}", now)
    if work.people.is_overdue:
        return _refused(node, one, decision, NOBODY_ANSWERED, now)
    return _ask(state, node, work, one, decision, now)


def _ask(
    state: RunState, node: StepState, work: Attempt, one: Permission, decision: Decision, now: float
) -> Proposal | None:
    """Ask a person, or find that the question has its answer beforehand; a run that pauses waits for nobody's word."""
    if state.pausing is not None:
        if work.interrupt_requested:
            return None
        return interrupt(node, now)
    if one.question is not None:
        return allowed_meanwhile(state, node, state.questions[one.question], now)
    if work.people.question is not None:
        return None
    return ask_about_call(state, node, now, decision, one.asked, shown_of_permission(node, one))


def _refused(node: StepState, one: Permission, decision: Decision, reason: str, now: float) -> Proposal:
    event = ev.PermissionAnswered(
        **node.at(now),
        call=one.asked.call,
        is_allowed=False,
        reason=reason,
        tier=decision.tier,
        rule=decision.rule,
    )
    return Proposal(event, do.AnswerPermission(**node.in_lane, call=event.call, is_allowed=False, reason=reason))


def _given(state: RunState, node: StepState, one: Permission, decision: Decision, now: float) -> Proposal:
    event = ev.PermissionAnswered(
        **node.at(now),
        call=one.asked.call,
        is_allowed=True,
        tier=decision.tier,
        rule=decision.rule,
        raised_by=rule_for_call(state, node, one.asked),
    )
    return Proposal(event, do.AnswerPermission(**node.in_lane, call=event.call, is_allowed=True))


def _weigh(state: RunState, node: StepState, one: Permission) -> Decision:
    call, writes = one.asked, state.plan.writes_of(node.spec)
    known = _BY_KIND.get(call.tool)
    if known is not None and known is not _WRITES:
        return known
    if known is not None and call.does is not None:
        denied = state.plan.denied
        outside = [path for path in call.does.writes if path.startswith("/") or matches(path, denied)]
        outside += [path for path in call.does.writes if path not in outside and not matches(path, writes)]
        if outside:
            reason = f"It lies outside what the step may change: {', '.join(outside[:5])}"
            return Decision(tier=Tier.NEVER, rule="agent-scope", reason=reason)
        return _WRITES
    if call.does is None:
        return _UNKNOWN
    spec = replace(node.spec, checks=())
    if one.is_served:  # it runs as the step's own commands do, not in the agent's process
        spec = replace(spec, body=RunBody(command=call.command))
    facts = facts_before(
        spec,
        state.phase.value,
        call.does,
        state.rung,
        cost_usd=state.cost_usd,
        raised_by=rule_for_call(state, node, call),
    )
    return weigh(state.policy, facts, AGENT_COMMAND)
