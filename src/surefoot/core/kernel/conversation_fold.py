"""The fold of the events of a conversation: requests, replies, tool calls and their results.

A conversation survives its engine: what was under way is taken back as if it had not begun
(`break_off_conversation`), and the lane is put back to the tree of the last finished call. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.core import events as ev
from surefoot.core.agent_types import UNKNOWN_TOOL, Claim, Fault, Note, Reached, ToolKind, ToolUse, Usage
from surefoot.core.attempt import Attempt, Running
from surefoot.core.budget import spend
from surefoot.core.conversation import Conversation, ToolCallState, Turn
from surefoot.core.event_words import Applied, Ending, Status
from surefoot.core.events import Event
from surefoot.core.graph_state import withdraw_question
from surefoot.core.kernel.agent_change_fold import change_said
from surefoot.core.kernel.call_effects import approval_of_call
from surefoot.core.kernel.guards import active_of, answered, begin, need
from surefoot.core.kernel.plan_watch_fold import ask_again
from surefoot.core.kernel.stop_fold import leave_without_planner, wrong_plan_said
from surefoot.core.messages import flaw_of_message, give_open_messages, recipients, waiting_for, word_to_decide_on
from surefoot.core.people_words import note_message
from surefoot.core.state import MessageState, RunState
from surefoot.core.step_state import StepState

SEEN_BEFORE_MAX = 6
"""So many of the latest turns are looked through for the same reply.

Journals fold by this number, so it stays: see `tests/golden`."""


def is_conversing(work: Attempt) -> bool:
    """Tell whether an agent is at work on the attempt and has not ended."""
    return work.conversation is not None and work.conversation.is_begun and type(work.stage) is Running


def _conversation_of(state: RunState, event: ev.StepEvent) -> tuple[StepState, Attempt, Conversation]:
    """Return the conversation that an event is about, or refuse the event."""
    node, work = active_of(state, event)
    need(work.conversation is not None and type(work.stage) is Running, event, "no agent is at work on the step")
    assert work.conversation is not None
    return node, work, work.conversation


def _models_configured(state: RunState, event: ev.ModelsConfigured) -> None:
    state.routing = event.routing
    leave_without_planner(state)


def _conversation_started(state: RunState, event: ev.ConversationStarted) -> None:
    _, _, conversation = _conversation_of(state, event)
    node, work = answered(state, event, ev.BodyStarted)
    conversation.guidance, conversation.is_begun, node.crashes = event.guidance, True, 0
    conversation.shown = event.shown
    conversation.seen.update(event.saw)
    conversation.tree = conversation.first_tree = event.tree or None
    give_open_messages(state, event.step)
    if work.place is not None:
        work.place.tree = conversation.tree


def _model_requested(state: RunState, event: ev.ModelRequested) -> None:
    node, work, conversation = _conversation_of(state, event)
    begin(state, event)
    need(conversation.is_begun and not conversation.is_open, event, "tool calls are being carried out")
    need(not conversation.turns or conversation.turns[-1].is_over, event, "a call of the last reply has no result yet")
    number = len(conversation.turns) + 1
    waiting = {one.sent.message for one in waiting_for(state, node)}
    need(waiting.issuperset(event.messages), event, "it holds a message that is not for it, or that it had")
    need(event.is_summary or event.turn == number, event, f"turn {number} is next")
    work.open, conversation.asked, conversation.due = event.kind, event, None
    conversation.stubbed, conversation.folded = event.stubbed, event.folded
    state.reserved[node.spec.id] = (event.reserved_usd, event.reserved_tokens)


def _settled(
    state: RunState, event: ev.StepEvent, usage: Usage | None
) -> tuple[StepState, Conversation, ev.ModelRequested]:
    """Note that a request is over, and what it took."""
    _conversation_of(state, event)
    node, work = answered(state, event, ev.ModelRequested)
    conversation = work.conversation
    assert conversation is not None
    asked = conversation.asked
    assert asked is not None
    _settle_usage(state, node, conversation, usage)
    return node, conversation, asked


def _model_responded(state: RunState, event: ev.ModelResponded) -> None:
    node, conversation, asked = _settled(state, event, event.usage)
    forget_quiet(node)
    conversation.faults, conversation.fault, node.crashes = 0, None, 0
    conversation.worked_s += event.duration_s
    if asked.is_summary:
        conversation.summary, conversation.summary_tokens = event.reply, event.tokens
        conversation.summarised = asked.folded
        return
    calls = [ToolCallState(asked=call, kind=call.kind) for call in event.calls]
    same_as = () if asked.messages else tuple(_same_replies(conversation, calls))
    turn = Turn(
        number=event.turn,
        answered=event,
        calls=calls,
        same_as=same_as,
        messages=asked.messages,
        is_focused=asked.is_focused,
        tree=conversation.tree,
        model=asked.model,
        at_seq=state.seq + 1,
    )
    conversation.turns.append(turn)
    for call in calls:
        _count_use(state, turn, call, calls=1)
    conversation.focused += asked.is_focused
    for name in asked.messages:
        state.messages[name].given[event.step] = event.turn
    conversation.idle = 0 if calls else conversation.idle + 1


def _model_request_failed(state: RunState, event: ev.ModelRequestFailed) -> None:
    _, conversation, asked = _settled(state, event, event.usage)
    conversation.fault = event
    if not event.fault.passes:
        places = conversation.unusable.get(event.fault, ())
        conversation.unusable[event.fault] = (*places, state.seq + 1)
    if asked.is_focused and not event.fault.passes:
        # The tools come next; what a model could not do in this form says nothing about them.
        conversation.focused += 1
    else:
        conversation.faults += 1
    if event.fault is Fault.CONTEXT:
        conversation.too_long = asked.tokens


def _settle_usage(state: RunState, node: StepState, conversation: Conversation, usage: Usage | None) -> None:
    """Note what a request took; what nobody knows has taken all that was reserved."""
    asked = conversation.asked
    assert asked is not None
    if usage is None:
        lost = asked.reserved_usd
        usage = Usage(requests=1, input_tokens=asked.reserved_tokens, cost_usd=lost, lost_usd=lost)
    spend(state, node, conversation.role, asked.model, usage)
    conversation.usage, conversation.asked = conversation.usage.plus(usage), None
    state.reserved.pop(node.spec.id, None)


def lose_reply(state: RunState, node: StepState, work: Attempt) -> None:
    """Take back a request that will never be answered; what was reserved for it counts as spent."""
    if work.conversation is not None and work.conversation.asked is not None:
        _settle_usage(state, node, work.conversation, None)
    work.close()


def break_off_conversation(state: RunState, node: StepState, work: Attempt) -> None:
    """Take back what was under way in a conversation whose engine is gone; the lane goes back to its tree."""
    conversation = work.conversation
    assert conversation is not None
    was_busy = work.is_busy
    lose_reply(state, node, work)
    for turn in conversation.turns[-1:]:
        for call in turn.calls:
            _break_off_call(call, "the engine was ended")
    conversation.is_timed = False
    work.forget_lane()
    node.crashes += was_busy


def _break_off_call(call: ToolCallState, why: str) -> None:
    """Take back a call as if it had not begun; a command that may have reached others is in doubt."""
    if call.is_open and call.raised_by:
        call.doubt = why
    call.is_open = False


def try_models_again(work: Attempt) -> None:
    """Forget that models did not answer: a person has looked at it."""
    if work.conversation is not None:
        work.conversation.faults, work.conversation.fault, work.conversation.position = 0, None, 0
        work.conversation.due, work.conversation.is_timed = None, False


def _model_request_delayed(state: RunState, event: ev.ModelRequestDelayed) -> None:
    _, work, conversation = _conversation_of(state, event)
    need(work.open is None and not conversation.is_timed, event, "a request is under way, or waits already")
    conversation.due, conversation.is_timed = event.due, True


def _model_request_due(state: RunState, event: ev.ModelRequestDue) -> None:
    node = state.nodes.get(event.step)
    if node is None or node.work is None or node.attempt != event.attempt:
        return  # the attempt is over
    conversation = node.work.conversation
    if conversation is not None and conversation.is_timed:  # else an engine before this one wound the clock
        conversation.due, conversation.is_timed = None, False


def _model_changed(state: RunState, event: ev.ModelChanged) -> None:
    _, _, conversation = _conversation_of(state, event)
    conversation.position, conversation.faults, conversation.fault = event.position, 0, None
    conversation.too_long = None  # another model may take more


# --- tool calls


def _call_named(state: RunState, event: ev.StepEvent, name: str) -> ToolCallState:
    _, _, conversation = _conversation_of(state, event)
    call = conversation.call(name)
    need(call is not None and call.result is None, event, f"call {name} is not waiting for a result")
    assert call is not None
    return call


def _tool_call_started(state: RunState, event: ev.ToolCallStarted) -> None:
    call = _call_named(state, event, event.call)
    _, work, conversation = _conversation_of(state, event)
    need(not call.is_open and work.open is None, event, f"call {event.call} is under way, or something else is")
    need(state.outcome is None, event, "the run has ended")
    others = [one for one in conversation.turns[-1].calls if one.is_open]
    need(not any(one.kind is ToolKind.WRITE for one in others), event, "another call that writes is under way")
    need(call.kind is not ToolKind.WRITE or not others, event, "what writes has the lane for itself")
    call.is_open, call.raised_by = True, event.raised_by
    if event.raised_by:
        node = state.nodes[event.step]
        given = state.approvals.get(event.step, {})
        given.pop(approval_of_call(node, call.asked, event.raised_by), None)  # an approval is for one time
        reached = Reached(
            call=event.call,
            attempt=event.attempt,
            command=call.asked.command,
            shown=call.shown,
            rule=event.raised_by,
            key=event.key,
        )
        node.reached = (*node.reached, reached)


def call_cancelled(state: RunState, event: ev.EffectCancelled) -> None:
    """Take back a call that was ended early; a command that may have reached others is in doubt."""
    call = _call_named(state, event, event.subject)
    need(call.is_open, event, f"call {event.subject} is not under way")
    _, work, _ = _conversation_of(state, event)
    _break_off_call(call, "it was interrupted")
    work.interrupt_requested = False
    if call.kind is ToolKind.WRITE:
        work.forget_lane()


def _tool_call_finished(state: RunState, event: ev.ToolCallFinished) -> None:
    call = _call_named(state, event, event.call)
    need(call.is_open, event, f"call {event.call} is not under way")
    node, work, conversation = _conversation_of(state, event)
    call.is_open, call.result, work.interrupt_requested, node.crashes = False, event, False, 0
    forget_quiet(node)
    if call.raised_by:
        applied = True if event.ok else None
        _note_reached(node, applied=False if event.is_misuse else applied)
    _note_misuse(state, conversation, call)
    conversation.worked_s += event.duration_s
    if call.kind is ToolKind.WRITE:
        if work.place is not None:
            work.place.tree = event.tree
        conversation.tree = event.tree or conversation.tree
    conversation.seen.update(event.saw)
    if isinstance(event.payload, Note):
        state.notes = (*state.notes, event.payload)
    wrong_plan_said(state, event)
    change_said(state, event)
    if call.kind is ToolKind.END and event.ok and not waiting_for(state, node):
        _end(work, conversation, event)


def forget_quiet(node: StepState) -> None:
    """Note that what gave no sign has come to its end, perhaps just before it was interrupted."""
    if node.work is not None:
        node.work.quiet, node.work.is_stalled = None, False


def _count_use(state: RunState, turn: Turn, call: ToolCallState, *, calls: int = 0, misused: int = 0) -> None:
    tool = UNKNOWN_TOOL if call.kind is None else call.asked.tool
    key = f"{turn.model} {tool}"
    before = state.tool_use.get(key) or ToolUse(model=turn.model, tool=tool)
    state.tool_use[key] = replace(before, calls=before.calls + calls, misused=before.misused + misused)


def _note_misuse(state: RunState, conversation: Conversation, call: ToolCallState) -> None:
    """Count a call of the last turn whose result says that it was wrong in itself."""
    if call.result is not None and call.result.is_misuse:
        conversation.misuses += 1
        _count_use(state, conversation.turns[-1], call, misused=1)


def _note_reached(node: StepState, *, applied: bool | None) -> None:
    """Note what became of the command that reached others last: what does so runs alone."""
    *earlier, last = node.reached
    node.reached = (*earlier, replace(last, applied=applied))


def settle_call(node: StepState, work: Attempt, name: str, answer: str) -> None:
    """Note what became of a command that was in doubt, as a person says."""
    call = None if work.conversation is None else work.conversation.call(name)
    assert call is not None
    call.doubt, call.answer = "", answer
    _note_reached(node, applied=answer == Applied.APPLIED)


def _same_replies(conversation: Conversation, calls: list[ToolCallState]) -> list[int]:
    """Return the turns with the same calls, whatever these gave, since files were changed; the latest turns alone."""
    found: list[int] = []
    for turn in reversed(conversation.turns[-SEEN_BEFORE_MAX:]):
        if turn.changed or turn.tree != conversation.tree:  # of what a command changed only the tree tells
            break
        if calls and [_written(one) for one in turn.calls] == [_written(one) for one in calls]:
            found.insert(0, turn.number)
        if turn.messages:  # what a person said since may call for the same again
            break
    return found


def _written(call: ToolCallState) -> tuple[str, str, str]:
    """Return what names a call as the model wrote it: two that differ in a secret alone are shown alike."""
    return call.asked.tool, call.asked.arguments, call.asked.private


def _end(work: Attempt, conversation: Conversation, event: ev.ToolCallFinished) -> None:
    claim = event.payload if isinstance(event.payload, Claim) else None
    conversation.ended, conversation.claim = event, claim
    if claim is not None and claim.gives_up:
        return  # the kernel fails the attempt
    confidence = None if claim is None else claim.confidence
    outputs = {} if confidence is None else {"confidence": f"{confidence:g}"}
    summary = "" if claim is None else claim.summary
    work.end(Ending(status=Status.OK, text=summary), event.output, outputs)


def _tool_call_resolved(state: RunState, event: ev.ToolCallResolved) -> None:
    call = _call_named(state, event, event.call)
    need(not call.is_open, event, f"call {event.call} is under way")
    _, work, conversation = _conversation_of(state, event)
    call.result, call.answer = event, None
    if call.question is not None:
        if call.question == work.people.question and state.questions[call.question].is_open:
            withdraw_question(state, state.nodes[event.step], "the turn was broken off")
        work.people.answer = None
    _note_misuse(state, conversation, call)


def _message_sent(state: RunState, event: ev.MessageSent) -> None:
    need(event.message not in state.messages, event, f"there is a message {event.message} already")
    flaw = flaw_of_message(state, event.to)
    need(not flaw, event, flaw)
    state.messages[event.message] = MessageState(event, recipients(state, event.to))
    note_message(state, event)
    if word_to_decide_on(state) is not None:
        ask_again(state)


def _monitors_configured(state: RunState, event: ev.MonitorsConfigured) -> None:
    state.watches = event.watches


def _absence_noted(state: RunState, event: ev.AbsenceNoted) -> None:
    need(state.outcome is None, event, "the run has ended")
    for name in state.active:
        conversation = state.nodes[name].conversation
        if conversation is not None and conversation.turns:
            conversation.away, conversation.looked = (event.away_s, len(conversation.turns)), None
        elif state.nodes[name].spec.body.reaches_provider:
            state.nodes[name].away_s = event.away_s


def _look_requested(state: RunState, event: ev.LookRequested) -> None:
    _, _, conversation = _conversation_of(state, event)
    _, work = begin(state, event)
    need(conversation.away_s is not None and conversation.looked is None, event, "nobody was away, or it is known")
    need(not conversation.is_open, event, "tool calls are being carried out")
    work.open = event.kind


def _looked_again(state: RunState, event: ev.LookedAgain) -> None:
    _, work = answered(state, event, ev.LookRequested)
    assert work.conversation is not None
    work.conversation.looked, work.conversation.looked_at = event, state.seq + 1


def _recoveries_configured(state: RunState, event: ev.RecoveriesConfigured) -> None:
    state.ladders = event.ladders


def _conversation_stopped(state: RunState, event: ev.ConversationStopped) -> None:
    _, work, conversation = _conversation_of(state, event)
    need(conversation.is_begun and not work.is_busy, event, "something is under way in the conversation")
    if conversation.put_off is not None:
        _end(work, conversation, conversation.put_off)
        return
    conversation.stopped = None if event.diagnosis is None else event
    work.end(Ending(status=Status.OK, text=event.reason))


# --- what is found, and what holds


def _finding_reported(state: RunState, event: ev.FindingReported) -> None:
    need(event.finding not in state.reported, event, "this was reported before")
    state.reported = (*state.reported, event.finding)


def _limit_reached(state: RunState, event: ev.LimitReached) -> None:
    need(state.pausing is None and state.outcome is None, event, "the run pauses already, or has ended")
    state.pausing, state.limit = event.text, event.limit
    state.has_shown_plan = state.has_shown_plan or event.limit == "plan"
    if event.finding is not None:
        state.reported = (*state.reported, event.finding)


def _limits_raised(state: RunState, event: ev.LimitsRaised) -> None:
    need(state.outcome is None, event, "the run has ended")
    state.adopted = replace(state.plan, limits=event.limits)
    # What was said about a limit that is not near any more may have to be said again.
    state.reported = tuple(one for one in state.reported if not one.kind.startswith(("limit-near", "forecast")))


TURN_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.ModelsConfigured: _models_configured,
    ev.MonitorsConfigured: _monitors_configured,
    ev.AbsenceNoted: _absence_noted,
    ev.LookRequested: _look_requested,
    ev.LookedAgain: _looked_again,
    ev.RecoveriesConfigured: _recoveries_configured,
    ev.ConversationStarted: _conversation_started,
    ev.ModelRequested: _model_requested,
    ev.ModelResponded: _model_responded,
    ev.ModelRequestFailed: _model_request_failed,
    ev.ModelRequestDelayed: _model_request_delayed,
    ev.ModelRequestDue: _model_request_due,
    ev.ModelChanged: _model_changed,
    ev.ToolCallStarted: _tool_call_started,
    ev.ToolCallFinished: _tool_call_finished,
    ev.ToolCallResolved: _tool_call_resolved,
    ev.ConversationStopped: _conversation_stopped,
    ev.MessageSent: _message_sent,
    ev.FindingReported: _finding_reported,
    ev.LimitReached: _limit_reached,
    ev.LimitsRaised: _limits_raised,
}
"""What to do with each of these events."""
