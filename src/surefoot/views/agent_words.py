"""Wording of agents' replies, tool calls, claims and usage.

Calls that change or run something are told; calls that only read are quiet.
"""

from __future__ import annotations

from collections.abc import Mapping

from surefoot.core import events as ev
from surefoot.core.agent_types import Claim, ModelRouting, Note, ToolKind, Usage
from surefoot.core.amendments import AmendmentOrigin
from surefoot.core.budget import said_of
from surefoot.core.events import Event
from surefoot.core.money import money
from surefoot.core.short_text import counted, listed
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.tool_payload import PlanChange, Understood
from surefoot.views.activity import Activity, call_said
from surefoot.views.lines import Words, duration, first_line, one_line, tokens
from surefoot.views.report_sections import HASH, style_of

_LIMIT_NAMES = ("cost_usd", "tokens", "requests")


def amount(usage: Usage) -> str:
    """Return what requests took; money only where there is any."""
    cost = f", {money(usage.cost_usd)}" if usage.cost_usd else ""
    return f"{tokens(usage.tokens)}{cost}"


def doing(node: StepState, words: str, since: str) -> str:
    """Say in a line what an agent is at, what it took so far, and how long; what may be cut off stands last."""
    conversation = node.work.conversation if node.work is not None else None
    if conversation is None or (conversation.asked is None and not conversation.turns):
        return f"{words}  {since}"
    number = conversation.asked.turn if conversation.asked is not None else len(conversation.turns)
    spent = f", {amount(conversation.usage)}" if conversation.usage.requests else ""
    return f"turn {number}{spent}, {since}: {words}"


def claim_said(claim: Claim) -> str:
    """Return what an agent claims, on one line."""
    sure = f" ({claim.confidence:.0%} sure)" if claim.confidence is not None else ""
    gives_up = "gives up: " if claim.gives_up else ""
    return f"{gives_up}{one_line(claim.summary)}{sure}"


def routing_words(routing: ModelRouting) -> str:
    """Return which models play which roles, on one line; empty where none does."""
    roles = routing.roles
    named = {role: ", then ".join(facts.name for facts in one.chain) for role, one in roles.items() if one.chain}
    if len(set(named.values())) == 1:
        return one_line(next(iter(named.values())))
    return one_line("; ".join(f"{role}: {names}" for role, names in named.items()))


def conversation_words(work: Activity, state: RunState, event: Event) -> Words | None:
    """Tell an event of a conversation, or of the plan and the limits it leads to; None: there is nothing to tell."""
    match event:
        case ev.ToolCallFinished():
            return _call_words(work, state, event)
        case ev.ToolCallResolved() if not event.ok:
            said = call_said(work.call_of(state, event.step, event.call), event.call)
            return "refused", f"{event.step}  {said}: {first_line(event.text)}", "warn"
        case ev.MessageSent():
            how = ", and breaks off the turn" if event.is_urgent else ""
            return "told", f"{event.to or 'the agent'}  by {one_line(event.by)}{how}: {one_line(event.text)}", ""
        case ev.ConversationStopped():
            style = "dim" if event.diagnosis is None else "warn"
            return "stopped", f"{event.step}  {one_line(event.reason)}; its checks decide about what it changed", style
        case ev.FindingReported(finding=found):
            who = f"{found.step}  " if found.step else ""
            return found.severity.value, f"{who}{one_line(found.text)}", style_of(found.severity.value)
        case _:
            return (
                _model_words(event)
                or _plan_words(event)
                or _stop_words(event)
                or _amendment_words(event)
                or _session_words(state, event)
            )


def _session_words(state: RunState, event: Event) -> Words | None:
    """Tell what an agent of others says, and what it was allowed or refused."""
    match event:
        case ev.SessionOpened():
            return "agent", f"{event.step}  {one_line(event.agent)}, protocol {event.protocol}", "dim"
        case ev.SessionReported() if event.lines:
            return "reports", f"{event.step}  {listed(map(one_line, event.lines), 3)}", "dim"
        case ev.PermissionAnswered():
            node = state.nodes.get(event.step)
            work = None if node is None else node.work
            asked = None if work is None else work.permission(event.call)
            said = call_said(None if asked is None else asked.asked, event.call)
            if event.is_allowed:
                return "allowed", f"{event.step}  {said}", "dim"
            return "refused", f"{event.step}  {said}: {first_line(event.reason)}", "warn"
        case _:
            return None


def _model_words(event: Event) -> Words | None:
    """Tell which models are asked, and what became of a request."""
    match event:
        case ev.ModelsConfigured():
            said = routing_words(event.routing)
            return ("models", said, "dim") if said else None
        case ev.ModelResponded():
            calls = listed((call_said(call, call.call) for call in event.calls), 4)
            text = ": ".join(filter(None, (first_line(event.said), calls))) or "(nothing)"
            took = f"{amount(event.usage)}, {duration(event.duration_s)}"
            return "turn", f"{event.step}  {event.turn}, {took}  {text}", "dim"
        case ev.ModelRequestFailed():
            text = f"turn {event.turn} brought no usable reply, {event.fault.value.replace('_', ' ')}"
            return "model", f"{event.step}  {text}: {first_line(event.text)}", "warn"
        case ev.ModelRequestDelayed():
            wait = duration(max(0.0, event.due - event.at))
            return "model", f"{event.step}  asked again in {wait}: {first_line(event.reason)}", "warn"
        case ev.ModelChanged():
            return "model", f"{event.step}  another model is asked from here on: {first_line(event.reason)}", "warn"
        case _:
            return None


def _call_words(work: Activity, state: RunState, event: ev.ToolCallFinished) -> Words | None:
    """Tell what an agent handed in by a call, or how a call that writes has ended."""
    match event.payload:
        case Claim() as claim:
            return "claims", f"{event.step}  {claim_said(claim)}", ""
        case Note() as note:
            return "notes", f"{event.step}  {first_line(note.text)}", ""
        case PlanChange() as change:
            return "proposes", f"{event.step}  {first_line(change.text)}", "warn"
        case Understood() as found:
            return "understood", first_line(found.understanding.summary), ""
        case _:
            call = work.call_of(state, event.step, event.call)
            if call is None or call.kind is not ToolKind.WRITE:
                return None
            ending = "" if event.ok else f": {first_line(event.text)}"
            if event.exit_code is not None:
                ending = f", exit status {event.exit_code}, {duration(event.duration_s)}"
            word = "did" if event.ok else "refused" if event.is_misuse else "failed"
            return word, f"{event.step}  {call_said(call, event.call)}{ending}", ""


_ORIGINS = {AmendmentOrigin.RECOVERY: " (recovery from a failure)", AmendmentOrigin.AGENT: " (as an agent proposes)"}
"""What is said of a change of the planner's that it does not want by itself."""


def _proposed(event: ev.AmendmentProposed) -> str:
    why = f": {one_line(event.why)}" if event.why else ""
    because = "" if event.asks else _ORIGINS.get(event.origin, "")
    lead = "an agent wants the plan to change" if event.asks else "the plan is to change"
    return f"{lead}, by {one_line(event.by)}{because}{why}"


def _amendment_words(event: Event) -> Words | None:
    """Tell what is to change in the plan, and what came of it."""
    match event:
        case ev.AmendmentProposed():
            return "amend", _proposed(event), ""
        case ev.PlanAmended():
            changes = listed((f"{one_line(one.step)} {one.fate.value}" for one in event.changes), 6)
            return "plan", f"revision {event.revision} of the plan holds: {changes or 'no step changes'}", ""
        case ev.ConstraintAdded():
            denied = f" (not to be changed: {listed(map(one_line, event.constraint.deny), 4)})"
            said = one_line(event.constraint.text)
            return "holds", f"by {one_line(event.by)}: {said}{denied if event.constraint.deny else ''}", ""
        case ev.ReplanWanted():
            concerned = f"; before {listed(map(one_line, event.affects), 6)}" if event.affects else ""
            return "replan", f"{event.step}  {one_line(event.why)}{concerned}", "warn" if event.asks else ""
        case ev.AmendmentAccepted():
            return "agreed", f"{one_line(event.by)} agrees to what an agent proposes", ""
        case ev.AmendmentRefused():
            by = f", says {one_line(event.by)}" if event.by else ""
            return "refused", f"the plan stays as it is{by}: {one_line(event.why)}", "warn"
        case _:
            return _taint_words(event)


def _taint_words(event: Event) -> Words | None:
    """Tell what proved wrong, and what is done again for it."""
    match event:
        case ev.StepsFoundWrong():
            why = f": {one_line(event.why)}" if event.why else ""
            return "wrong", f"{listed(map(one_line, event.steps), 6)}, says {one_line(event.by)}{why}", "warn"
        case ev.ResultsTakenBack(taken=taken):
            again = listed((one_line(one.step) for one in taken.tainted), 6) or "nothing"
            kept = f"; judged again: {listed(map(one_line, taken.kept), 6)}" if taken.kept else ""
            return "taken back", f"{again}{kept}", "warn"
        case _:
            return None


def _stop_words(event: Event) -> Words | None:
    """Tell that a plan was stopped, and what holds then."""
    match event:
        case ev.StockTaken():
            at = f"; the branch is at {event.commit[:HASH]}" if event.commit else ""
            return (
                "stock",
                f"{counted(event.done, 'step')} done and kept{at}; the planner is asked for another plan",
                "warn",
            )
        case ev.PlanStopped():
            return "stop", f"the plan is wrong, says {one_line(event.by)}: {one_line(event.why)}", "warn"
        case _:
            return None


def _plan_words(event: Event) -> Words | None:
    """Tell what holds from here on: limits, and plans."""
    match event:
        case ev.LimitReached():
            return "limit" if event.limit in _LIMIT_NAMES else "stops", one_line(event.text), "warn"
        case ev.LimitsRaised():
            values: Mapping[str, float | None] = {name: getattr(event.limits, name) for name in _LIMIT_NAMES}
            said = ", ".join(said_of(name, value) for name, value in values.items() if value is not None)
            return "limits", f"by {one_line(event.by)}: {said or 'none'}", ""
        case ev.PlanEdited():
            return "edited", f"the plan, by {one_line(event.by)}: {counted(len(event.plan.steps), 'step')}", ""
        case ev.PlanAdopted():
            what = "the plan" if event.revision == 1 else f"revision {event.revision} of the plan"
            changes = f"; {listed(map(one_line, event.changes), 6)}" if event.changes else ""
            text = f"{what} holds: {counted(len(event.plan.steps), 'step')}, by {one_line(event.by)}{changes}"
            return "plan", text, "warn" if event.revision > 1 else ""
        case _:
            return None
