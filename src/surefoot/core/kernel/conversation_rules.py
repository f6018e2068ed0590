"""The rules of a conversation: what an agent's attempt needs next, under every limit.

The lane as the conversation left it, the calls of the last reply (reads side by side, writes in order), then the next
request. Nothing here changes the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_acts import is_waiting
from surefoot.core.agent_changes import plan_in_force
from surefoot.core.agent_types import ModelFacts, Part, ToolKind
from surefoot.core.approval import is_satisfied
from surefoot.core.attempt import Attempt
from surefoot.core.bodies import AgentBody
from surefoot.core.budget import Crossing, crossing_of, left_said, near_of, share_of_requests, told_at, worst_of
from surefoot.core.compaction import facts_that_must_survive, fold_for, summary_brief
from surefoot.core.conversation import Conversation, ToolCallState
from surefoot.core.event_words import Applied, Diagnosis, Finding, Moment, QuestionKind, Severity
from surefoot.core.focus import focused_brief, focused_files
from surefoot.core.ids import BlobId
from surefoot.core.kernel.approval_request import ask_about_call, taken_over
from surefoot.core.kernel.call_effects import approval_of_call, key_for_call, rule_for_call
from surefoot.core.kernel.check_rules import ask_check
from surefoot.core.kernel.conversation_fold import is_conversing
from surefoot.core.kernel.conversation_lane import look_after_absence, place_lane
from surefoot.core.kernel.failure_rules import CRASHES_MAX, expired, fails
from surefoot.core.kernel.focus_rules import look
from surefoot.core.kernel.model_fallback import TOOLS_TOKENS, after_fault, next_wait, tokens_max
from surefoot.core.kernel.monitor_rules import say, say_forecast, watch
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.kernel.stall_rules import stalled
from surefoot.core.ladder_table import Rung
from surefoot.core.messages import breaks_off, waiting_for
from surefoot.core.model_chain import chain_of
from surefoot.core.plan import Check
from surefoot.core.policy import AGENT_COMMAND, facts_before, weigh
from surefoot.core.policy_types import Decision, Tier
from surefoot.core.prompt import brief_of, message_parts, schema_parts
from surefoot.core.prompt_prefix import goal_and_constraints, is_all_green, prefix_flaw, standing_said, tools_taken
from surefoot.core.prompts import ANEW, BROKEN_OFF, READ_FIRST, RESTATED, SETTLED, end_of
from surefoot.core.recovery import question, settles_any
from surefoot.core.rung_advice import away_said
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import REPLANNING, attempted_step, step_said
from surefoot.core.token_estimate import AT_MOST, tokens_of
from surefoot.core.tool_table import TOOLBOX, EditableFiles, PlanInForce, StoredTexts, ToolState, refusal_of
from surefoot.core.untrusted_text import behind
from surefoot.core.verdicts import CheckRecord, Interim, interims, next_during

_TEMPERATURE = 0.8
"""With this a model is asked that has repeated itself."""
_RESTATED_MAX = 1_600
"""So many characters of the goal are said once more at the end of each request, once the agent has drifted from it."""
_NO_END = frozenset(
    {
        Diagnosis.TOOL_MISUSE,
        Diagnosis.INFINITE_LOOP,
        Diagnosis.MALFORMED,
        Diagnosis.STALL,
        Diagnosis.REFUSED,
        Diagnosis.CONTEXT_OVERFLOW,
        Diagnosis.BUDGET,
    }
)
"""Ends of an agent's attempt that say nothing about its work."""


def converse(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Return what the conversation needs next; None when there is none, or it is over."""
    conversation = work.conversation
    if conversation is None:
        return None
    if work.broken is not None and not work.is_busy:
        return fails(node, now, Diagnosis.STRUCTURAL, f"the workspace failed: {work.broken}")
    if not is_conversing(work):
        return _bring_back(state, node, work, conversation, now)
    if work.people.taken_by is not None:
        return HOLD if work.is_busy else taken_over(state, node, now)
    move = _stop_beforehand(node, work, conversation, now) or _after_absence(state, node, work, conversation, now)
    move = move or beside_question(state, node, work, now) or _settle_answered(node, work, conversation, now)
    if move is not None:
        return move
    if work.is_busy or (conversation.turns and not conversation.turns[-1].is_over):
        return _ask_next(state, node, work, conversation, now) or HOLD
    return _stopped(node, conversation, _go_on(state, node, work, conversation, now))


def _after_absence(
    state: RunState, node: StepState, work: Attempt, conversation: Conversation, now: float
) -> Proposal | None:
    """Look again; an answer is taken down first, so that no new attempt has to ask again."""
    answered = None if conversation.away_s is None else _settle_answered(node, work, conversation, now)
    return answered or look_after_absence(state, node, work, conversation, now)


def _go_on(state: RunState, node: StepState, work: Attempt, conversation: Conversation, now: float) -> RuleResult:
    """Return what follows a turn: the checks of a focused try, the end of what leads nowhere, or the next request."""
    move = look(state, node, work, conversation, now) or watch(state, node, conversation, now)
    return move or _stop(state, node, conversation, now) or _next_request(state, node, work, conversation, now)


def _stop_beforehand(node: StepState, work: Attempt, conversation: Conversation, now: float) -> Proposal | None:
    """Fail the attempt for what happened to it, whatever its calls come to."""
    if work.people.is_overdue and not work.is_busy:
        return expired(node, now)
    if node.crashes >= CRASHES_MAX and not work.is_busy:
        reason = f"the engine ended {node.crashes} times in a row while its agent was at work"
        return fails(node, now, Diagnosis.CRASH, reason, counted=False)
    if conversation.claim is not None and conversation.claim.gives_up:
        reason = f"the agent says that it cannot be done: {conversation.claim.summary}"
        return fails(node, now, Diagnosis.GIVEN_UP, reason)
    return None


def _stopped(node: StepState, conversation: Conversation, move: RuleResult) -> RuleResult:
    """Return the move; an agent that comes to no end ends with what it has where its checks can decide about that."""
    ends = move.event if isinstance(move, Proposal) else None
    if conversation.put_off is not None and isinstance(ends, ev.AttemptFailed | ev.LimitReached):
        reason = "it has ended its work, and no request is left to read what was said meanwhile"
        return Proposal(ev.ConversationStopped(**node.at(ends.at), diagnosis=None, reason=reason))
    if not conversation.has_changed_files or not node.spec.checks:
        return move
    if isinstance(ends, ev.AttemptFailed) and ends.diagnosis in _NO_END:
        return Proposal(ev.ConversationStopped(**node.at(ends.at), diagnosis=ends.diagnosis, reason=ends.reason))
    if isinstance(ends, ev.LimitReached) and is_all_green(node.spec.checks, _interims(node, conversation)):
        # The run would pause with work that is done; as far as anybody knows its checks pass.
        reason = "no model answered" if ends.limit == "models" else f"the limit `{ends.limit}` of the run was reached"
        return Proposal(ev.ConversationStopped(**node.at(ends.at), diagnosis=Diagnosis.STALL, reason=reason))
    return move


def _interims(node: StepState, conversation: Conversation) -> list[tuple[Check, Interim]]:
    """Return what the checks said that were asked about what the agent has changed."""
    assert node.work is not None
    return interims(node.spec.checks, node.work.checks, conversation.tree or "")


def _bring_back(
    state: RunState, node: StepState, work: Attempt, conversation: Conversation, now: float
) -> Proposal | None:
    """Make the lane hold what a conversation that is over has left there, where an engine ended before that."""
    is_agents = work.people.by_hand is None and not work.people.is_patched
    is_lost = work.lane_tree is None and work.changes is None
    if work.ending is None or not is_agents or not is_lost or not state.has_workspace:
        return None
    return place_lane(node, work, conversation, now)


# --- tool calls


def beside_question(state: RunState, node: StepState, work: Attempt, now: float) -> Proposal | None:
    """Return the next call to carry out or settle that waits for nobody's word; None where there is none."""
    conversation = work.conversation
    if conversation is None or not conversation.turns or not _may_call(work):
        return None
    calls, is_broken_off = conversation.turns[-1].calls, breaks_off(state, node) or work.is_stalled
    for index, call in enumerate(calls):
        if call.result is not None or call.is_open or call.doubt or call.answer is not None:
            continue
        if is_broken_off:
            return _settled(node, call, BROKEN_OFF, now)
        flaw = refusal_of(call.asked.tool, conversation.role, tools_taken(node)) or call.asked.flaw
        if flaw:
            return _settled(node, call, f"refused: {flaw}", now, is_misuse=True)
        if _may_begin(call, calls[:index], calls[index + 1 :]):
            move = _carry_out(state, node, conversation, call, now)
            if move is not None:
                return move
    return None


def _may_call(work: Attempt) -> bool:
    """Tell whether calls of the agent are still carried out."""
    return is_conversing(work) and work.people.taken_by is None and not work.people.is_overdue


def _carry_out(
    state: RunState, node: StepState, conversation: Conversation, call: ToolCallState, now: float
) -> Proposal | None:
    """Begin a call whose turn it is, or refuse it; None where it waits for a person, or for what is in doubt."""
    if state.pausing is not None:
        return None
    work = node.work
    assert work is not None
    raised_by = rule_for_call(state, node, call.asked)
    if raised_by and settles_any(state):
        return None
    decision = _weigh(state, node, call)
    if decision.tier is Tier.NEVER:
        return _refuse(state, node, conversation, call, decision, now)
    if call.kind is ToolKind.ASK:
        return None
    if call.kind is ToolKind.END and waiting_for(state, node):
        return _settled(node, call, READ_FIRST, now)
    if decision.tier is Tier.CONFIRM and not _is_approved(state, node, call, decision):
        return None
    if work.lane_tree is None and state.has_workspace:
        return place_lane(node, work, conversation, now)
    wanted = TOOLBOX[call.asked.tool].state
    key = key_for_call(state, node, call.asked) if raised_by else ""
    command = do.UseTool(
        step=node.spec.id,
        attempt=node.attempt,
        lane=work.lane,
        call=call.asked,
        role=conversation.role,
        spec=node.spec,
        state=None if wanted is None else _STATES[wanted](state, node, conversation),
        key=key,
        silence_s=None if is_waiting(call.asked.command) else state.watches.silence_s(is_agent=True),
    )
    tier, rule = decision.tier, decision.rule
    event = ev.ToolCallStarted(**node.at(now), call=call.asked.call, tier=tier, rule=rule, raised_by=raised_by, key=key)
    return Proposal(event, command)


def _refuse(
    state: RunState, node: StepState, conversation: Conversation, call: ToolCallState, decision: Decision, now: float
) -> Proposal:
    seen = say(state, node, "refused_call", decision.refusal, now, (conversation.turns[-1].at_seq,))
    return seen or _settled(node, call, f"refused: {decision.refusal}", now)


def _may_begin(call: ToolCallState, earlier: list[ToolCallState], later: list[ToolCallState]) -> bool:
    """Tell whether the order of a reply lets a call begin: what writes has the lane for itself.

    What waits for a person keeps only later calls that write from overtaking it.
    """
    if call.kind is ToolKind.END:  # of several the first; the next one where that could not be used
        others = (*earlier, *(one for one in later if one.kind is not ToolKind.END))
        return all(one.result is not None for one in others)
    undone = [one for one in earlier if one.result is None and one.kind is not ToolKind.END]
    if call.kind is ToolKind.WRITE:  # a later read may be under way still, begun while this waited for a person's word
        return all(one.kind is ToolKind.ASK for one in undone) and not any(one.is_open for one in later)
    return not any(one.kind is ToolKind.WRITE and (one.is_open or one.question is None) for one in undone)


def _editable_files(state: RunState, node: StepState, conversation: Conversation) -> EditableFiles:
    writes = state.plan.writes_of(node.spec)
    return EditableFiles(writes=writes, denied=state.plan.denied, seen=dict(conversation.seen))


def _stored_texts(state: RunState, node: StepState, conversation: Conversation) -> StoredTexts:
    """Return the results of this conversation and the evidence of checks; apart, the evidence that is held back."""
    found: dict[str, BlobId] = {}
    for turn in conversation.turns:
        found[f"turn {turn.number}"] = turn.answered.reply
        for call in turn.calls:
            if isinstance(call.result, ev.ToolCallFinished):
                found[call.asked.call] = call.result.whole or call.result.output
    hidden: list[BlobId | None] = []
    for whose, check, record in _answers(state, node):
        if check.held_back:
            hidden += (record.evidence, record.results)
        elif record.evidence is not None:
            found[f"{whose}: {check.name}"] = record.evidence
    return StoredTexts(texts=found, hidden=tuple(blob for blob in hidden if blob is not None))


def _answers(state: RunState, own: StepState) -> Iterator[tuple[str, Check, CheckRecord]]:
    """Yield every check of the run with its answers, and whose it is; of the agent's step those of its own attempt."""
    for step in state.steps():
        node = own if step.spec.id == attempted_step(own.spec.id) else step
        records = node.work.checks if node.work is not None else node.records
        for check, record in zip(node.spec.checks, records, strict=False):
            yield step.spec.id, check, record
    for check, record in zip(state.plan.accept, state.accept.records, strict=True):
        yield "accept", check, record


_STATES: Mapping[type[ToolState], Callable[[RunState, StepState, Conversation], ToolState]] = {
    EditableFiles: _editable_files,
    StoredTexts: _stored_texts,
    PlanInForce: lambda state, _, __: plan_in_force(state),
}
"""What of the state a call is given, by what the row of its tool asks for."""


def _settled(
    node: StepState, call: ToolCallState, text: str, now: float, *, ok: bool = False, is_misuse: bool = False
) -> Proposal:
    event = ev.ToolCallResolved(**node.at(now), call=call.asked.call, text=text, ok=ok, is_misuse=is_misuse)
    return Proposal(event)


# --- what a person has a say in


def _weigh(state: RunState, node: StepState, call: ToolCallState) -> Decision:
    """Weigh a call; only commands can do more than the kernel lets an agent do anyway."""
    if call.asked.does is None:
        tier = Tier.LOG if call.kind is ToolKind.WRITE else Tier.AUTO
        return Decision(tier=tier, rule="agent-tool", reason="It stays inside the step's lane.")
    raised_by = rule_for_call(state, node, call.asked)
    facts = facts_before(
        node.spec, state.phase.value, call.asked.does, state.rung, cost_usd=state.cost_usd, raised_by=raised_by
    )
    return weigh(state.policy, facts, AGENT_COMMAND)


def _is_approved(state: RunState, node: StepState, call: ToolCallState, decision: Decision) -> bool:
    shown = approval_of_call(node, call.asked, rule_for_call(state, node, call.asked))
    given = state.approvals.get(node.spec.id, {}).get(shown)
    return given is not None and is_satisfied(decision.demand, given)


def _settle_answered(node: StepState, work: Attempt, conversation: Conversation, now: float) -> Proposal | None:
    """Settle the call about which a person has said something."""
    if not conversation.turns or work.people.question is not None:
        return None
    for call in conversation.turns[-1].calls:
        if call.answer is not None:
            is_applied = call.answer == Applied.APPLIED
            return _settled(node, call, SETTLED[is_applied], now, ok=is_applied)
        if call.question is None or call.result is not None or work.people.answer is None:
            continue
        if call.kind is ToolKind.ASK:
            return _settled(node, call, f"a person answered: {work.people.answer}", now, ok=True)
        return _settled(node, call, f"not approved: {work.people.answer}", now)
    return None


def _ask_next(
    state: RunState, node: StepState, work: Attempt, conversation: Conversation, now: float
) -> Proposal | None:
    """Ask a person about the first call that needs it."""
    if work.people.question is not None or work.open is not None or state.pausing is not None or not conversation.turns:
        return None
    for call in conversation.turns[-1].calls:
        if call.result is not None or call.is_open or call.question is not None:
            continue
        if call.kind is ToolKind.ASK:
            text = behind(f"The agent at {step_said(node.spec.id)} asks:", call.asked.command)
            asked = question(state, node, now, QuestionKind.ASK, text, call.asked.options)
            return Proposal(replace(asked, call=call.asked.call))
        decision = _weigh(state, node, call)
        if decision.tier is not Tier.CONFIRM or _is_approved(state, node, call, decision):
            continue
        if any(one.is_open and one.kind is ToolKind.WRITE for one in conversation.turns[-1].calls):
            return None
        shown = approval_of_call(node, call.asked, rule_for_call(state, node, call.asked))
        return ask_about_call(state, node, now, decision, call.asked, shown)
    return None


# --- the next request


def _stop(state: RunState, node: StepState, conversation: Conversation, now: float) -> Proposal | None:
    """Fail an attempt that leads nowhere."""
    if node.work is not None and node.work.is_stalled:
        return stalled(node, now)
    if conversation.worked_s >= node.spec.timeout_s:
        reason = f"no end after {conversation.worked_s:.0f} s of work; its `timeout` is {node.spec.timeout_s:g} s"
        return fails(node, now, Diagnosis.STALL, reason)
    share = share_of_requests(state, node)
    if share is not None and conversation.usage.requests >= share:
        reason = f"no end after {conversation.usage.requests} requests, its share of those that the step may make"
        return fails(node, now, Diagnosis.STALL, reason)
    if len(conversation.turns) >= AgentBody.of(node.spec.body).turns_max:
        return fails(node, now, Diagnosis.STALL, f"no end after {len(conversation.turns)} turns")
    return None


def _next_request(
    state: RunState, node: StepState, work: Attempt, conversation: Conversation, now: float
) -> RuleResult:
    if state.pausing is not None:
        return HOLD
    chain = chain_of(state, node)
    if not chain:
        text = f"No model plays the {conversation.role}; name one with --model and resume."
        return Proposal(ev.LimitReached(at=now, limit="models", text=text))
    move = (
        next_wait(node, conversation, now)
        or after_fault(node, conversation, chain, now)
        or _say_near(state, conversation, now)
        or say_forecast(state, now)
    )
    if move is not None:
        return move
    if work.lane_tree is None and state.has_workspace:
        return place_lane(node, work, conversation, now)
    return _ask_during(state, node, work, conversation, now) or _ask(state, node, conversation, chain, now)


def _ask_during(state: RunState, node: StepState, work: Attempt, conversation: Conversation, now: float) -> RuleResult:
    """Ask a check about what the agent has just changed, so that it is told how its work stands."""
    tree = conversation.tree
    if work.lane is None or tree is None or not conversation.has_changed_files or breaks_off(state, node):
        return None
    index = next_during(node.spec.checks, work.checks, tree)
    return None if index is None else ask_check(state, node, work, now, (Moment.DURING, index))


def _ask(
    state: RunState, node: StepState, conversation: Conversation, chain: tuple[ModelFacts, ...], now: float
) -> RuleResult:
    """Ask the model, if no limit can be crossed by that."""
    facts = chain[min(conversation.position, len(chain) - 1)]
    if flaw := prefix_flaw(state, node, tokens_max(state, conversation, facts)):
        return fails(node, now, Diagnosis.CONTEXT_OVERFLOW, flaw)
    fold = fold_for(state, node, tokens_max(state, conversation, facts))
    is_summary = fold.wants_summary and conversation.summarised < fold.folded
    messages = () if is_summary else waiting_for(state, node)
    files = () if is_summary else focused_files(state, node, facts)
    if is_summary:
        parts = summary_brief(state, node, fold)
    elif files:
        parts = (*focused_brief(state, node, files), *message_parts(messages))
    else:
        parts = (*brief_of(state, node, fold), *_nudges(state, node, conversation), *message_parts(messages))
        parts = (*parts[:1], *schema_parts(node), *parts[1:])
    tokens = sum(part.tokens for part in parts)
    reserved_usd, reserved_tokens = worst_of(facts, int(tokens * AT_MOST) + TOOLS_TOKENS[conversation.role])
    crossing = crossing_of(state, node, (reserved_usd, reserved_tokens))
    if crossing is not None:
        return _at_limit(state, node, crossing, now)
    temperature = _temperature(node, conversation, facts, is_focused=bool(files))
    event = ev.ModelRequested(
        **node.at(now),
        turn=len(conversation.turns) + 1,
        model=facts.name,
        tokens=tokens,
        reserved_usd=reserved_usd,
        reserved_tokens=reserved_tokens,
        stubbed=fold.stubbed,
        folded=fold.folded,
        is_summary=is_summary,
        temperature=temperature,
        messages=tuple(one.sent.message for one in messages),
        is_focused=bool(files),
    )
    command = do.RequestModel(
        step=node.spec.id,
        attempt=node.attempt,
        lane=None,
        turn=event.turn,
        role=conversation.role,
        facts=facts,
        parts=parts,
        must_hold=facts_that_must_survive(node, fold) if is_summary else (),
        is_summary=is_summary,
        has_stubs=bool(fold.stubbed or fold.folded),
        temperature=temperature,
        whole_files=tuple(one.name for one in files),
        without_tools=tuple(sorted(tools_taken(node))),
        silence_s=state.watches.silence_s(is_agent=True),
    )
    return Proposal(event, command)


def _at_limit(state: RunState, node: StepState, crossing: Crossing, now: float) -> RuleResult:
    """Return what becomes of a request that could cross a limit."""
    if crossing.may_pass:
        return HOLD
    if crossing.is_of_step or node.spec.id == REPLANNING:
        return fails(node, now, Diagnosis.BUDGET, f"{crossing.text}; a request could cross it")
    text = told_at(state, crossing, "the next request could cross it")
    return Proposal(ev.LimitReached(at=now, limit=crossing.limit, text=text))


def _temperature(node: StepState, conversation: Conversation, facts: ModelFacts, *, is_focused: bool) -> float | None:
    """Return how freely the model is to choose its words: a small one left to itself repeats what was wrong."""
    if is_focused:  # first what it holds for best; where that was not right, something else
        return _TEMPERATURE if conversation.focused or node.lessons or node.candidate_number > 1 else 0.0
    # Providers choose freely by themselves; a local model would make the same candidate again.
    is_freer = conversation.repeats or node.candidate_number > 1
    return _TEMPERATURE if is_freer and not facts.native_tools else None


def _say_near(state: RunState, conversation: Conversation, now: float) -> Proposal | None:
    """Tell the person, once, that most of a limit is used."""
    told = {finding.kind for finding in state.reported}
    for limit, text in near_of(state):
        kind = f"limit-near-{limit.replace('_', '-')}"
        if kind not in told:
            places = tuple(turn.at_seq for turn in conversation.turns[-1:])
            finding = Finding(kind=kind, severity=Severity.WARNING, text=text, evidence=places)
            return Proposal(ev.FindingReported(at=now, finding=finding))
    return None


def _nudges(state: RunState, node: StepState, conversation: Conversation) -> tuple[Part, ...]:
    """Return what is said at the end of a brief: how the work stands, what is left, what has gone wrong just now."""
    texts = [standing] if (standing := standing_said(node.spec.checks, _interims(node, conversation))) else []
    texts += [left] if (left := left_said(state, node, conversation, end_of(conversation.role))) else []
    if conversation.away_s is not None and (away := away_said(state, node, conversation)):
        texts.append(away)
    if Rung.RESTATE in node.helped_by:
        texts.append(RESTATED.format(goal=goal_and_constraints(state, node, _RESTATED_MAX)))
    if conversation.fault is not None and conversation.fault.fault in ANEW:
        texts.append(ANEW[conversation.fault.fault])
    text = "\n".join(texts)
    return (Part(speaker="user", text=text, tokens=tokens_of(text)),) if text else ()
