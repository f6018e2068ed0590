"""What the events of a talk mean: requests, replies, tool calls and their results.

Owns their fold. Every function first makes sure that its event can happen, and only then changes the state. A talk
survives its engine: what was under way is taken back as if it had not begun (`break_off_talk`), and the lane is put
back to the tree that the last finished call left. Must never decide anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.core import events as ev
from surefoot.core.agent_types import Claim, Fault, Note, Reached, ToolKind, Usage
from surefoot.core.attempt import Attempt, Running
from surefoot.core.budget import spend
from surefoot.core.conversation import CallState, Talk, Turn
from surefoot.core.event_words import Applied, Ending, Status
from surefoot.core.events import Event
from surefoot.core.kernel.call_effects import approval_of_call
from surefoot.core.kernel.guards import active_of, answered, begin, need
from surefoot.core.plan import AgentBody
from surefoot.core.state import RunState, StepState
from surefoot.core.tool_payload import PlanChange

SEEN_BEFORE_MAX = 40
"""So many of the latest calls are looked through for the same call with the same result."""


def is_talking(work: Attempt) -> bool:
    """Tell whether an agent is at work on the attempt and has not ended."""
    return work.talk is not None and work.talk.is_begun and type(work.stage) is Running


def _talk_of(state: RunState, event: ev.StepEvent) -> tuple[StepState, Attempt, Talk]:
    """Return the talk that an event is about, or refuse the event."""
    node, work = active_of(state, event)
    need(work.talk is not None and type(work.stage) is Running, event, "no agent is at work on the step")
    assert work.talk is not None
    return node, work, work.talk


def _casting_given(state: RunState, event: ev.CastingGiven) -> None:
    state.casting = event.casting


def begin_talk(node: StepState, work: Attempt) -> None:
    """Let the body be a talk, where it is an agent's."""
    if isinstance(node.spec.body, AgentBody):
        work.talk = Talk(role=node.spec.body.role, reached_before=len(node.reached))


def _talk_opened(state: RunState, event: ev.TalkOpened) -> None:
    _, _, talk = _talk_of(state, event)
    node, work = answered(state, event, ev.BodyStarted)
    talk.guidance, talk.is_begun, node.crashes = event.guidance, True, 0
    talk.tree = event.tree or None
    _note_tree(work, talk.tree)


def _note_tree(work: Attempt, tree: str | None) -> None:
    if work.place is not None:
        work.place.tree = tree


def _turn_asked(state: RunState, event: ev.TurnAsked) -> None:
    node, work, talk = _talk_of(state, event)
    begin(state, event)
    need(talk.is_begun and not talk.is_open, event, "tool calls are being carried out")
    need(not talk.turns or talk.turns[-1].is_over, event, "a call of the last reply has no result yet")
    need(event.is_summary or event.turn == len(talk.turns) + 1, event, f"turn {len(talk.turns) + 1} is next")
    work.open, talk.asked, talk.due = event.kind, event, None
    talk.stubbed, talk.folded = event.stubbed, event.folded
    state.reserved[node.spec.id] = (event.reserved_usd, event.reserved_tokens)


def _settled(state: RunState, event: ev.StepEvent, usage: Usage | None) -> tuple[StepState, Talk, ev.TurnAsked]:
    """Note that a request is over, and what it took."""
    _talk_of(state, event)
    node, work = answered(state, event, ev.TurnAsked)
    talk = work.talk
    assert talk is not None
    asked = talk.asked
    assert asked is not None
    _settle_usage(state, node, talk, usage)
    return node, talk, asked


def _turn_answered(state: RunState, event: ev.TurnAnswered) -> None:
    node, talk, asked = _settled(state, event, event.usage)
    talk.faults, talk.fault, node.crashes = 0, None, 0
    talk.worked_s += event.duration_s
    if asked.is_summary:
        talk.summary, talk.summarised, talk.summary_tokens = event.reply, asked.folded, event.tokens
        return
    calls = [CallState(asked=call, kind=call.kind) for call in event.calls]
    talk.turns.append(Turn(number=event.turn, answered=event, calls=calls))
    talk.idle = 0 if calls else talk.idle + 1


def _turn_failed(state: RunState, event: ev.TurnFailed) -> None:
    _, talk, asked = _settled(state, event, event.usage)
    talk.faults, talk.fault = talk.faults + 1, event
    if event.fault is Fault.CONTEXT:
        talk.too_long = asked.tokens


def _settle_usage(state: RunState, node: StepState, talk: Talk, usage: Usage | None) -> None:
    """Note what a request took; what nobody knows has taken all that was reserved."""
    asked = talk.asked
    assert asked is not None
    if usage is None:
        lost = asked.reserved_usd
        usage = Usage(requests=1, input_tokens=asked.reserved_tokens, cost_usd=lost, lost_usd=lost)
    spend(state, node, talk.role, asked.model, usage)
    talk.usage, talk.asked = talk.usage.plus(usage), None
    state.reserved.pop(node.spec.id, None)


def lose_reply(state: RunState, node: StepState, work: Attempt) -> None:
    """Take back a request that will never be answered; what was reserved for it counts as spent."""
    if work.talk is not None and work.talk.asked is not None:
        _settle_usage(state, node, work.talk, None)
    work.open, work.interrupt_asked = None, False


def break_off_talk(state: RunState, node: StepState, work: Attempt) -> None:
    """Take back what was under way in a talk whose engine is gone; the lane is put back to where the talk left it."""
    talk = work.talk
    assert talk is not None
    was_busy = work.is_busy
    lose_reply(state, node, work)
    for turn in talk.turns[-1:]:
        for call in turn.calls:
            _break_off_call(call, "the engine was ended")
    talk.is_timed = False
    work.forget_lane()
    node.crashes += was_busy


def _break_off_call(call: CallState, why: str) -> None:
    """Take back a call as if it had not begun; a command that may have reached others is in doubt."""
    if call.is_open and call.raised_by:
        call.doubt = why
    call.is_open = False


def try_models_again(work: Attempt) -> None:
    """Forget that models did not answer: a person has looked at it."""
    if work.talk is not None:
        work.talk.faults, work.talk.fault, work.talk.position = 0, None, 0
        work.talk.due, work.talk.is_timed = None, False


def _turn_delayed(state: RunState, event: ev.TurnDelayed) -> None:
    _, work, talk = _talk_of(state, event)
    need(work.open is None and not talk.is_timed, event, "a request is under way, or waits already")
    talk.due, talk.is_timed = event.due, True


def _turn_due(state: RunState, event: ev.TurnDue) -> None:
    node = state.nodes.get(event.step)
    talk = None if node is None or node.work is None or node.attempt != event.attempt else node.work.talk
    if talk is not None and talk.is_timed:  # else the attempt is over, or an engine before this one wound the clock
        talk.due, talk.is_timed = None, False


def _model_changed(state: RunState, event: ev.ModelChanged) -> None:
    _, _, talk = _talk_of(state, event)
    talk.position, talk.faults, talk.fault = event.position, 0, None
    talk.too_long = None  # another model may take more


# --- tool calls


def _call_of(state: RunState, event: ev.CallStarted | ev.CallFinished | ev.CallSettled) -> CallState:
    return _call_named(state, event, event.call)


def _call_named(state: RunState, event: ev.StepEvent, name: str) -> CallState:
    _, _, talk = _talk_of(state, event)
    call = talk.call(name)
    need(call is not None and call.result is None, event, f"call {name} is not waiting for a result")
    assert call is not None
    return call


def _call_started(state: RunState, event: ev.CallStarted) -> None:
    call = _call_of(state, event)
    _, work, talk = _talk_of(state, event)
    need(not call.is_open and work.open is None, event, f"call {event.call} is under way, or something else is")
    need(state.outcome is None, event, "the run has ended")
    others = [one for one in talk.turns[-1].calls if one.is_open]
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
    _, work, _ = _talk_of(state, event)
    _break_off_call(call, "it was interrupted")
    work.interrupt_asked = False
    if call.kind is ToolKind.WRITE:
        work.forget_lane()


def _call_finished(state: RunState, event: ev.CallFinished) -> None:
    call = _call_of(state, event)
    need(call.is_open, event, f"call {event.call} is not under way")
    node, work, talk = _talk_of(state, event)
    call.is_open, call.result, work.interrupt_asked, node.crashes = False, event, False, 0
    if call.raised_by:
        has_begun = not event.is_misuse
        _note_reached(node, applied=(True if event.ok else None) if has_begun else False)
    talk.misuses += event.is_misuse
    talk.worked_s += event.duration_s
    talk.repeats = talk.repeats + 1 if _is_repeat(talk, call, event) else 0
    if call.kind is ToolKind.WRITE:
        _note_tree(work, event.tree)
        talk.tree = event.tree or talk.tree
    talk.seen.update(event.saw)
    if isinstance(event.payload, Note):
        state.notes = (*state.notes, event.payload)
    if isinstance(event.payload, PlanChange) and state.created.wish is not None:
        state.replan = event.payload.text
    if call.kind is ToolKind.END and event.ok:
        _end(work, talk, event)


def _note_reached(node: StepState, *, applied: bool | None) -> None:
    """Note what became of the command that reached others last: what does so runs alone."""
    *earlier, last = node.reached
    node.reached = (*earlier, replace(last, applied=applied))


def settle_call(node: StepState, work: Attempt, name: str, answer: str) -> None:
    """Note what became of a command that was in doubt, as a person says."""
    call = None if work.talk is None else work.talk.call(name)
    assert call is not None
    call.doubt, call.answer = "", answer
    _note_reached(node, applied=answer == Applied.APPLIED)


def _is_repeat(talk: Talk, call: CallState, event: ev.CallFinished) -> bool:
    """Tell whether the same call was made before with the same result, and nothing was written since."""
    earlier = [one for turn in talk.turns for one in turn.calls if one is not call and one.result is not None]
    for one in reversed(earlier[-SEEN_BEFORE_MAX:]):
        if isinstance(one.result, ev.CallFinished) and one.result.changed:
            return False
        is_same = _written(one) == _written(call)
        if is_same and isinstance(one.result, ev.CallFinished) and one.result.output == event.output:
            return True
    return False


def _written(call: CallState) -> tuple[str, str, str]:
    """Return what names a call as the model wrote it: two that differ in a secret alone are shown alike."""
    return call.asked.tool, call.asked.arguments, call.asked.private


def _end(work: Attempt, talk: Talk, event: ev.CallFinished) -> None:
    claim = event.payload if isinstance(event.payload, Claim) else None
    talk.ended, talk.claim = event, claim
    if claim is not None and claim.gives_up:
        return  # the kernel fails the attempt
    confidence = None if claim is None else claim.confidence
    outputs = {} if confidence is None else {"confidence": f"{confidence:g}"}
    summary = "" if claim is None else claim.summary
    work.end(Ending(status=Status.OK, text=summary), event.output, outputs)


def _call_settled(state: RunState, event: ev.CallSettled) -> None:
    call = _call_of(state, event)
    need(not call.is_open, event, f"call {event.call} is under way")
    _, work, talk = _talk_of(state, event)
    call.result, call.answer = event, None
    if call.question is not None:
        work.people.answer = None
    talk.misuses += event.is_misuse


def _talk_stopped(state: RunState, event: ev.TalkStopped) -> None:
    _, work, talk = _talk_of(state, event)
    need(talk.is_begun and not work.is_busy, event, "something is under way in the talk")
    talk.stopped = event
    work.end(Ending(status=Status.OK, text=event.reason))


# --- what is found, and what holds


def _finding_reported(state: RunState, event: ev.FindingReported) -> None:
    need(event.finding not in state.reported, event, "this was reported before")
    state.reported = (*state.reported, event.finding)


def _limit_reached(state: RunState, event: ev.LimitReached) -> None:
    need(state.pausing is None and state.outcome is None, event, "the run pauses already, or has ended")
    state.pausing, state.limit = event.text, event.limit
    state.has_shown_plan = state.has_shown_plan or event.limit == "plan"


def _limits_raised(state: RunState, event: ev.LimitsRaised) -> None:
    need(state.outcome is None, event, "the run has ended")
    state.adopted = replace(state.plan, limits=event.limits)
    # What was said about a limit that is not near any more may have to be said again.
    state.reported = tuple(one for one in state.reported if not one.kind.startswith("limit-near"))


TURN_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.CastingGiven: _casting_given,
    ev.TalkOpened: _talk_opened,
    ev.TurnAsked: _turn_asked,
    ev.TurnAnswered: _turn_answered,
    ev.TurnFailed: _turn_failed,
    ev.TurnDelayed: _turn_delayed,
    ev.TurnDue: _turn_due,
    ev.ModelChanged: _model_changed,
    ev.CallStarted: _call_started,
    ev.CallFinished: _call_finished,
    ev.CallSettled: _call_settled,
    ev.TalkStopped: _talk_stopped,
    ev.FindingReported: _finding_reported,
    ev.LimitReached: _limit_reached,
    ev.LimitsRaised: _limits_raised,
}
"""What to do with each of these events."""
