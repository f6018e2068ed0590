"""The steps by which a brief is shortened until it fits: stubs, lines, a summary.

Nothing happens below four fifths of the room; then the brief is brought down to about a third, so that it stays
unchanged for many turns and providers find it in their caches. Long outputs of older turns become stubs first, then the
oldest turns lines; a model is asked for a summary only where the lines have no room, and is told what must survive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from surefoot.core.agent_types import Part, ToolKind
from surefoot.core.conversation import Conversation
from surefoot.core.events import ToolCallFinished
from surefoot.core.prompt import turns_of
from surefoot.core.prompt_prefix import conversation_of, goal_and_constraints, prefix_of, size_of
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.stubs import (
    Fold,
    cut,
    has_summary,
    is_beyond_lines,
    latest,
    line_of,
    noted,
    summary_tokens_max,
    text_part,
    unsummarised,
)
from surefoot.core.token_estimate import tokens_of

FULL, DOWN_TO = 0.8, 0.35
"""A brief that takes more than the first share of its room is brought down to the second."""
WHOLE_MIN, TURNS_MIN = 6, 3
"""The outputs of so many of the latest turns stay whole, and so many turns stay out of the lines, if they can."""


def fold_for(state: RunState, node: StepState, tokens_max: int) -> Fold:
    """Return how the turns of a conversation have to be folded for a brief of so many tokens."""
    conversation = conversation_of(node)
    now = Fold(tokens_max=tokens_max, stubbed=conversation.stubbed, folded=conversation.folded)
    prefix = size_of(prefix_of(state, node, tokens_max))

    def fits(fold: Fold, share: float) -> bool:
        return prefix + size_of(turns_of(state, node, fold)) <= tokens_max * share

    if fits(now, FULL):
        return now
    last = _last_turn(conversation)
    shortest = replace(now, stubbed=last, folded=last)
    fold = next((fold for fold, share in _steps_down(conversation, now) if fits(fold, share)), shortest)
    is_new = fold.folded > now.folded
    return replace(fold, wants_summary=is_new and is_beyond_lines(conversation, fold))


def _steps_down(conversation: Conversation, now: Fold) -> Iterator[tuple[Fold, float]]:
    """Yield ever shorter folds, each with the share of its room that a brief folded so has to come down to."""
    last = _last_turn(conversation)
    fold = replace(now, stubbed=max(now.stubbed, last - WHOLE_MIN))
    yield fold, DOWN_TO
    while fold.folded < last - TURNS_MIN:
        fold = replace(fold, folded=fold.folded + 1)
        yield fold, DOWN_TO
    # Few long outputs: were only as many stubbed as must be, the next one would fold the brief anew.
    while fold.stubbed < last - 1:
        fold = replace(fold, stubbed=fold.stubbed + 1)
        yield fold, DOWN_TO
    fold = replace(fold, stubbed=max(fold.stubbed, last))
    yield fold, FULL
    while fold.folded < last:
        fold = replace(fold, folded=fold.folded + 1)
        yield fold, FULL


def _last_turn(conversation: Conversation) -> int:
    return conversation.turns[-1].number if conversation.turns else 0


def summary_brief(state: RunState, node: StepState, fold: Fold) -> tuple[Part, ...]:
    """Return what a model is told that sums up the folded turns: their lines, and what it must not lose."""
    conversation = conversation_of(node)
    words = summary_tokens_max(fold.tokens_max) // 2
    head = (
        "You sum up what an agent has done so far, for the same agent to go on from. Say what was found out, what was "
        "tried and how it went, what was changed, and what is left to do. Keep paths, names, numbers and messages as "
        f"they are. Claim nothing that is not below. Write at most {words} words, as plain text. Call no tool."
    )
    parts = [text_part("system", head), text_part("user", goal_and_constraints(state, node))]
    if has_summary(conversation, fold):
        before = f"What was written about turns 1 to {conversation.summarised}:\n\n"
        parts.append(text_part("user", before, conversation.summary, conversation.summary_tokens))
    facts = "\n".join(f"- {fact}" for fact in facts_that_must_survive(node, fold))
    tail = f"These must stand in the summary as they are:\n{facts}\n\nNow write the summary."
    room = int(fold.tokens_max * FULL) - size_of(parts) - tokens_of(tail)
    lines = latest([line_of(turn) for turn in unsummarised(conversation, fold)], room)
    parts.append(text_part("user", "\n".join(["What happened, turn by turn:", *lines])))
    return (*parts, text_part("user", tail))


def facts_that_must_survive(node: StepState, fold: Fold) -> tuple[str, ...]:
    """Return what a summary of the folded turns has to hold: changed files, notes, failures, a person's answers."""
    turns = [turn for turn in conversation_of(node).turns if turn.number <= fold.folded]
    notes = [cut(note, 300) for turn in turns for note in noted(turn)]
    changed: dict[str, None] = {}
    ends: dict[str, str] = {}
    answers: list[str] = []
    for call in (call for turn in turns for call in turn.calls):
        result = call.result
        if isinstance(result, ToolCallFinished):
            changed |= dict.fromkeys(result.changed)
            if result.exit_code is not None:
                ends[call.asked.summary] = f"exit status {result.exit_code} ({call.asked.call})"
        elif result is not None and call.kind is ToolKind.ASK:
            answers.append(f"{cut(call.asked.summary, 120)}: {cut(result.text, 600)}")
    last = [f"{cut(command, 120)}: {end}" for command, end in list(ends.items())[-8:]]
    found = [*changed, *notes, *answers, *last]
    return latest(found[::-1], summary_tokens_max(fold.tokens_max) // 2)[::-1]  # the first ones have the room


def lost_in(summary: str, facts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the facts a summary does not hold. The runtime puts them behind it."""
    plain = _normalized(summary)
    return tuple(fact for fact in facts if _normalized(fact) not in plain)


def _normalized(text: str) -> str:
    return re.sub(r"[\s`*]+", " ", text).strip().casefold()
