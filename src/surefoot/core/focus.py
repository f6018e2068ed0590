"""The focused first road of a weak model: its files whole, what is red, and whole files back; no tools.

A small model repairs more when it writes a whole file than in any loop of tools. So a worker whose model has no native
tools is first asked in this form, at most three times, and the visible checks are asked after each. Then the tools
come. Nothing of checks that are held back is in it.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core.agent_types import Excerpt, ExcerptKind, ModelFacts, Part, Role
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Verdict
from surefoot.core.globs import matches
from surefoot.core.messages import carried_by
from surefoot.core.model_chain import has_native_tools
from surefoot.core.people_words import without_words, words_meanwhile, words_told
from surefoot.core.prompt_prefix import advice_told, asked, conversation_of, lessons_told, shown
from surefoot.core.prompts import ANEW, FOCUSED, FOCUSED_END
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.stubs import cut, text_part
from surefoot.core.untrusted_text import behind, in_line
from surefoot.core.verdicts import interims

TRIES_MAX = 3
FILES_MAX = 3
_WRITTEN_SHARE = 0.7
"""The files may take this share of a reply: one that is corrected may be longer than it was."""
_LESSON_MAX, _ADVICE_MAX, _WORDS_MAX = 600, 1_200, 2_000


def focused_files(state: RunState, node: StepState, facts: ModelFacts) -> tuple[Excerpt, ...]:
    """Return the files that the next request asks for whole; none where it is a request with tools.

    Those are the files of the step's scope that it is shown whole. What a check of the step names is left out where
    there are others: a test is rarely what is to be changed.
    """
    conversation = conversation_of(node)
    if not _is_on_first_road(conversation) or has_native_tools(state, node) or not shown(node.spec.checks):
        return ()
    prefix = state.plan.folder_prefix
    writes = state.plan.writes_of(node.spec)
    files = [
        one for one in conversation.shown if one.kind is ExcerptKind.FILE and matches(f"{prefix}{one.name}", writes)
    ]
    questions = " ".join(asked(check) for check in shown(node.spec.checks))
    files = [one for one in files if one.name.rpartition("/")[2] not in questions] or files
    is_small = sum(one.tokens for one in files) <= facts.output_tokens_max * _WRITTEN_SHARE
    return tuple(files) if len(files) <= FILES_MAX and is_small else ()


def _is_on_first_road(conversation: Conversation) -> bool:
    # What a person has said stands in the conversation alone, which later tries do not hold.
    is_plain = all(turn.is_focused and not turn.messages for turn in conversation.turns)
    return conversation.role is Role.WORKER and is_plain and conversation.focused < TRIES_MAX


def focused_brief(state: RunState, node: StepState, files: tuple[Excerpt, ...]) -> tuple[Part, ...]:
    """Return what the model is told: the files as they stand now, what is red, and at the end what to do.

    It is built anew for each try. Shown its own reply a small model gives that reply again; told what to do before all
    else it gives the files again.
    """
    conversation = conversation_of(node)
    parts = [text_part("system", FOCUSED), *(_file(state, conversation, one) for one in files)]
    parts += [*_red(node, conversation), text_part("user", _task(state, node))]
    for call in conversation.turns[-1].calls if conversation.turns else ():
        if call.result is not None and not call.result.ok:
            parts.append(text_part("user", f"Your last reply was not carried out: {call.result.text}"))
    if conversation.fault is not None and conversation.fault.fault in ANEW:
        parts.append(text_part("user", ANEW[conversation.fault.fault]))
    return tuple(parts)


def _file(state: RunState, conversation: Conversation, file: Excerpt) -> Part:
    head, path = f"This is the file {in_line(file.name)} as it stands:\n", f"{state.plan.folder_prefix}{file.name}"
    turn = next((turn for turn in reversed(conversation.turns) if path in turn.changed), None)
    if turn is None:
        return text_part("user", head, file.text, file.tokens)
    return replace(text_part("user", head, turn.answered.reply, turn.answered.tokens), file=file.name)


def _red(node: StepState, conversation: Conversation) -> list[Part]:
    """Return what the red checks print about the files as they stand now."""
    assert node.work is not None
    if not conversation.has_changed_files:
        red = [one for one in conversation.shown if one.kind is ExcerptKind.OUTPUT]
        return [text_part("user", f"{in_line(one.name)} is red. It printed:\n", one.text, one.tokens) for one in red]
    parts: list[Part] = []
    for check, said in interims(node.spec.checks, node.work.checks, conversation.tree or ""):
        if said.verdict is not Verdict.PASSED and said.told is not None:
            parts.append(text_part("user", f"{asked(check)} is red. It printed:\n", said.told.text, said.told.tokens))
        elif said.verdict is not Verdict.PASSED:
            parts.append(text_part("user", behind(f"{asked(check)} is red.", said.text)))
    return parts


def _task(state: RunState, node: StepState) -> str:
    """Return what to do, which checks have to pass, what an earlier attempt was told, and what people said."""
    assert node.work is not None
    pairs = zip(node.spec.checks, node.work.checks, strict=True)
    others = [asked(check) for check, record in pairs if not check.held_back and record.before is not Verdict.FAILED]
    texts = [f"What to do: {node.spec.body.text}"]
    texts += [f"This has to pass as well: {'; '.join(others)}"] if others else []
    texts += [
        f"An earlier attempt failed: {cut(without_words(state, one.said), _LESSON_MAX)}"
        for one in lessons_told(node)[-1:]
    ]
    texts += [cut(told, _ADVICE_MAX)] if (told := advice_told(node)) else []
    conversation = conversation_of(node)
    words = (
        words_told(state, node, carried_by(state, node), _WORDS_MAX),
        words_meanwhile(state, node, conversation, _WORDS_MAX),
    )
    return "\n\n".join([*texts, *filter(None, words), FOCUSED_END])
