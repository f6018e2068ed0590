"""The brief of one model request, built anew each time from the journal.

First what never changes in a conversation, then the oldest turns as lines, then the others whole, and every few turns
the goal once more. A reply is told with all its results or as a line, because providers take no call without its
result.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from surefoot.core.agent_types import Part, ToolKind
from surefoot.core.change_answers import answers_told
from surefoot.core.conversation import Conversation, ToolCallState, Turn
from surefoot.core.events import ToolCallFinished, ToolCallResolved
from surefoot.core.people_words import words_meanwhile
from surefoot.core.prompt_prefix import conversation_of, goal_and_constraints, later_notes, prefix_of
from surefoot.core.prompts import EXACT, READ_FIRST, no_call, reminder, said_by, same_reply
from surefoot.core.state import MessageState, RunState
from surefoot.core.step_state import StepState
from surefoot.core.stubs import Fold, folded_parts, is_stub, latest_notes, stub_of, text_part
from surefoot.core.token_estimate import tokens_of

SCHEMA_TOKENS = 900
"""More than the schema of a tool takes with an example, in tokens."""
REMINDER_MAX = 600
"""So many characters of the goal; one as long as a page, every few turns, would cost more than it helps."""


def brief_of(state: RunState, node: StepState, fold: Fold) -> tuple[Part, ...]:
    """Return what the model at work on the step is told, with its turns folded that way."""
    return (*_kept(prefix_of(state, node, fold.tokens_max)), *turns_of(state, node, fold))


def turns_of(state: RunState, node: StepState, fold: Fold) -> tuple[Part, ...]:
    """Return what of a brief follows its beginning: the conversation itself."""
    conversation = conversation_of(node)
    folded = [state.messages[name] for turn in conversation.turns[: fold.folded] for name in turn.messages]
    said = [*folded_parts(conversation, fold), *message_parts(folded)]
    for turn in conversation.turns:
        if turn.number > fold.folded and turn.is_over:
            said += message_parts([state.messages[name] for name in turn.messages])
            said += [*_turn_parts(turn, fold), *_no_call(conversation, turn), *_reminder(state, node, turn, fold)]
    if conversation.turns and conversation.turns[-1].number <= fold.folded:
        said += _no_call(conversation, conversation.turns[-1])
    # What was noted elsewhere since the conversation began changes from request to request.
    notes = latest_notes(later_notes(state, node), fold.tokens_max)
    news = [text_part("user", "\n".join(["Noted meanwhile by agents at other steps:", *notes]))] if notes else []
    told = filter(None, (words_meanwhile(state, node, conversation), answers_told(state, node)))
    return (*_kept(said), *news, *(text_part("user", text) for text in told))


def message_parts(messages: Iterable[MessageState]) -> tuple[Part, ...]:
    """Return what people said, each message whole: no brief shortens it."""
    return tuple(text_part("user", said_by(one.sent.by, one.sent.text)) for one in messages)


def schema_parts(node: StepState) -> tuple[Part, ...]:
    """Return the exact schemas of the tools that earlier attempts used wrongly; who asks the model fills them in."""
    tools = dict.fromkeys(tool for one in node.climbed for tool in one.tools)
    return tuple(Part(speaker="user", text=EXACT.format(tool=tool), tool=tool, tokens=SCHEMA_TOKENS) for tool in tools)


def _kept(parts: tuple[Part, ...] | list[Part]) -> tuple[Part, ...]:
    """Mark where what will be said again ends."""
    return (*parts[:-1], replace(parts[-1], is_cache_end=True)) if parts else ()


def _turn_parts(turn: Turn, fold: Fold) -> list[Part]:
    """Return a reply with its results, or a line where it was given before: what a model reads again it says again."""
    if turn.same_as:
        return [text_part("user", same_reply(turn.number, turn.same_as[0]))]
    answered = turn.answered
    reply = Part(speaker="model", blob=answered.reply, turn=turn.number, tokens=answered.tokens)
    return [reply, *(_result_part(call, turn, fold) for call in turn.calls)]


def _result_part(call: ToolCallState, turn: Turn, fold: Fold) -> Part:
    result, name = call.result, call.asked.call
    if isinstance(result, ToolCallResolved):
        return Part(speaker="tool", text=result.text, call=name, tokens=tokens_of(result.text))
    assert isinstance(result, ToolCallFinished)
    if call.kind is ToolKind.END and result.ok:  # else nothing would follow it
        return Part(speaker="tool", text=READ_FIRST, call=name, tokens=tokens_of(READ_FIRST))
    if is_stub(call, turn, fold):
        text = stub_of(call)
        return Part(speaker="tool", text=text, call=name, tokens=tokens_of(text), is_stub=True)
    return Part(speaker="tool", blob=result.output, call=name, tokens=result.tokens)


def _no_call(conversation: Conversation, turn: Turn) -> list[Part]:
    return [] if turn.calls else [text_part("user", no_call(conversation.role, turn.number))]


def _reminder(state: RunState, node: StepState, turn: Turn, fold: Fold) -> list[Part]:
    """Return the goal once more, after every few turns; those behind turns with stubs have done their work."""
    if turn.number % state.routing.remind_every or turn.number <= fold.stubbed:
        return []
    return [text_part("user", reminder(turn.number, goal_and_constraints(state, node, REMINDER_MAX)))]
