"""What people have said in a run, in order, as every brief of scout, planner, worker and reviewer has it.

Refusals with a reason, words about a failure, other commands and plans, reasons of amendments, messages to agents: all
of it holds for the rest of the run, whomever it was said to. A person is no source to be wary of: their words stand
verbatim between lines of their own, and not behind the bars that fence the text of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from surefoot.core.conversation import Conversation
from surefoot.core.event_words import QuestionKind
from surefoot.core.events import MessageSent, QuestionAnswered
from surefoot.core.state import PersonWord, QuestionState, RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import PLAN_HOLDS, SYSTEM_STEPS, attempted_step, is_other_candidate, step_said
from surefoot.core.untrusted_text import in_line
from surefoot.core.ways_on import EDIT, WANTS_PLAN, is_about_failure

WORDS_MAX: Final = 12_000
"""So many characters of what was said about other steps a brief may have; what is about its own step stands whole."""
_OTHER_MAX, _COMMAND_MAX = 2_000, 200
_HEAD: Final = (
    "What people who watch over this run have said, in order, each between two lines of ===. It holds for all of the "
    "run: follow it, and where two differ, the later one. It changes neither which files you may change nor what needs "
    "an approval."
)
_NEWS: Final = "Said meanwhile by people who watch over this run. It holds from here on:"
_LINE: Final = "==="


# --- noting


def note_answer(state: RunState, node: StepState, question: QuestionState, event: QuestionAnswered) -> None:
    """Note the words that came with an answer, and a command, an instruction or a plan that replaces another one."""
    about = _about_answer(node, question, event)
    text = "\n\n".join(filter(None, (event.edit, event.reason)))
    if about and (text or event.answer in (EDIT, *WANTS_PLAN)):
        call = question.asked.call if event.answer != "yes" else ""
        word = PersonWord(by=event.by, about=about, text=text, step=node.spec.id, call=call)
        state.said = (*state.said, word)


def _about_answer(node: StepState, question: QuestionState, event: QuestionAnswered) -> str:
    """Say what an answer is about; empty: it holds for nothing but its question."""
    asked = question.asked
    name = step_said(node.spec.id)
    if is_about_failure(asked) and node.work is not None and node.work.failure is not None:
        return f"{name}, whose attempt {asked.attempt} failed ({_chosen(node, event)})"
    if asked.about is not QuestionKind.CONFIRM:
        return f"{name}, answering {event.answer!r}" if event.reason else ""
    what = "the plan" if asked.step in SYSTEM_STEPS else name
    what = "a change of the plan that an agent proposed" if asked.step == PLAN_HOLDS else what
    if asked.call:
        wanted = "" if asked.package is None else f": {in_line(asked.package.does)[:_COMMAND_MAX]}"
        return f"a command that the agent of {name} wanted to run{wanted} ({_decided(event)})"
    return f"{what} ({_decided(event)})"


def _chosen(node: StepState, event: QuestionAnswered) -> str:
    if event.diff is not None:
        return "their patch is its result"
    if event.edit is not None:
        return f"its {'instruction' if node.spec.body.by_model else 'command'} is now the following"
    return f"their choice: {event.answer.replace('_', ' ')}"


def _decided(event: QuestionAnswered) -> str:
    if event.edit is not None:
        return "approved with another command"
    if event.answer == EDIT:
        return "replaced by one of their own"
    return "approved" if event.answer == "yes" else "not approved"


def note_message(state: RunState, event: MessageSent) -> None:
    """Note a message to an agent."""
    about = "all of the run" if event.to is None else step_said(event.to)
    word = PersonWord(by=event.by, about=about, text=event.text, step=event.to, message=event.message)
    state.said = (*state.said, word)


def note_reason(state: RunState, by: str, why: str, about: str = "the plan, which they changed") -> None:
    """Note why a person changed the plan, or stopped it."""
    if why:
        state.said = (*state.said, PersonWord(by=by, about=about, text=why))


# --- telling


def words_told(state: RunState, node: StepState, carried: Iterable[str], most: int = WORDS_MAX) -> str:
    """Return what had been said when an agent began its work; empty: nothing.

    Args:
        state: the run.
        node: the step of the agent.
        carried: the messages that it has, or will have, from a request of its own.
        most: so many characters of what is about other steps.
    """
    own = frozenset(carried)
    conversation = node.conversation
    before = state.said if conversation is None else state.said[: conversation.words_before]
    return _told(_HEAD, [one for one in before if one.message not in own or not one.message], node, most)


def words_meanwhile(state: RunState, node: StepState, conversation: Conversation, most: int = WORDS_MAX) -> str:
    """Return what people have said to others since the conversation began; empty: nothing."""
    own = {one.asked.call for turn in conversation.turns for one in turn.calls}
    new = state.said[conversation.words_before :]
    others = [one for one in new if not one.message or not state.messages[one.message].is_for(node.spec.id)]
    return _told(_NEWS, [one for one in others if not (one.step == node.spec.id and one.call in own)], node, most)


def without_words(state: RunState, text: str) -> str:
    """Return what is said of a failure without words of people that stand in it: these are told by themselves."""
    for one in state.said:
        if one.text and one.text in text:
            text = text.replace(one.text, "(in their words below)")
    return text


def _told(head: str, words: Sequence[PersonWord], node: StepState, most: int) -> str:
    if not words:
        return ""
    kept = list(_within(words, node, most))[::-1]
    left_out = len(words) - len(kept)
    more = [f"({left_out} earlier ones, about other steps, are left out.)"] if left_out else []
    return "\n".join([head, *more, *(line for one in kept for line in _lines(one))])


def _within(words: Sequence[PersonWord], node: StepState, most: int) -> Iterator[PersonWord]:
    """Yield, the latest first, what is about the step itself, and of all else as much as there is room for."""
    for one in reversed(words):
        if one.step is not None and attempted_step(one.step) == attempted_step(node.spec.id):
            yield _as_told(one, node)
            continue
        is_long = len(one.text) > _OTHER_MAX
        text = f"{one.text[:_OTHER_MAX]}…" if is_long else one.text
        most -= len(text) + len(one.about)
        if most >= 0:
            yield replace(one, text=text)


def _as_told(word: PersonWord, node: StepState) -> PersonWord:
    """Return what a person said without what it answers, where another candidate of the step asked: what it wanted."""
    is_others = word.step is not None and is_other_candidate(word.step, node.spec.id)
    if not is_others or word.message:
        return word
    return replace(word, about=f"what another attempt at {step_said(attempted_step(node.spec.id))} asked")


def _lines(word: PersonWord) -> tuple[str, ...]:
    said = f"{_LINE} {word.by}, about {word.about}{':' if word.text else ''}"
    return (said, word.text, _LINE) if word.text else (said,)
