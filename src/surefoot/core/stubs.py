"""Turns in short: a line for a turn, a stub for a long output.

Each has a reference that `recall` brings back in full.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from surefoot.core.agent_types import Note, Part
from surefoot.core.conversation import Conversation, ToolCallState, Turn
from surefoot.core.events import ToolCallFinished, ToolCallResolved
from surefoot.core.ids import BlobId
from surefoot.core.record import record
from surefoot.core.short_text import shortened
from surefoot.core.token_estimate import tokens_of

STUB_TOKENS_MIN = 200
"""A result that takes fewer tokens stays as it is: a stub would not be much shorter."""
LINES_SHARE = 0.2
"""Lines about turns take no more of the brief than this."""
NOTES_SHARE = 0.05
"""Notes take no more of the brief than this, in each of the places where they stand."""
_SAID_MAX, _CALL_MAX, _GAVE_MAX, _ANSWER_MAX, _NOTE_MAX = 100, 140, 100, 1_000, 600
_LINE_MAX = 1_200
"""So many characters of a line are kept, and so many of its parts."""


@record
class Fold:
    """Which turns of a conversation stand in the brief in short, and how much room there is."""

    tokens_max: int
    stubbed: int = 0
    """Of turns up to this one long results are stubs."""
    folded: int = 0
    """Turns up to this one are lines."""
    wants_summary: bool = False
    """Whether the lines have become so many that a model should sum them up first."""


def cut(text: str, length: int) -> str:
    """Return the text in one line of at most so many characters."""
    return shortened(" ".join(text.split()), length)


def is_stub(call: ToolCallState, turn: Turn, fold: Fold) -> bool:
    """Tell whether a stub stands for the call's result."""
    result = call.result
    return isinstance(result, ToolCallFinished) and turn.number <= fold.stubbed and result.tokens > STUB_TOKENS_MIN


def stub_of(call: ToolCallState) -> str:
    """Return what stands for a long result."""
    result = call.result
    assert isinstance(result, ToolCallFinished)
    return (
        f"[output of {call.asked.call}, about {result.tokens:,} tokens, begins: {cut(result.text, _GAVE_MAX)}; "
        f'recall("{call.asked.call}") brings it back]'
    )


def line_of(turn: Turn) -> str:
    """Return a turn in a line: how its text begins, its calls, how each result begins, and the calls' references."""
    said = cut(turn.answered.said, _SAID_MAX)
    parts = [f'"{said}"'] if said else []
    parts += [call_line(call) for call in turn.calls]
    line = f"turn {turn.number}: {'; '.join(parts) or 'nothing'}"
    return line if len(line) <= _LINE_MAX else f'{line[:_LINE_MAX]}… [recall("turn {turn.number}") has all of it]'


def call_line(call: ToolCallState) -> str:
    """Return a call in a line: what was called, and how its result begins."""
    result, name = call.result, call.asked.call
    asked = cut(call.asked.summary or call.asked.tool, _CALL_MAX)
    if isinstance(result, ToolCallResolved):
        return f"{asked} -> {cut(result.text, _ANSWER_MAX if result.ok else _CALL_MAX)}"
    if result is None:
        return f"{asked} -> no result"
    failed = "" if result.ok else "failed: "
    status = "" if result.exit_code is None else f"exit {result.exit_code}: "
    return f"{asked} -> {failed}{status}{cut(result.text, _GAVE_MAX)} [{name}]"


def lines_of(conversation: Conversation, fold: Fold) -> tuple[str, ...]:
    """Return the lines that have room, those of the latest turns; all that is summed up has none."""
    room = int(fold.tokens_max * LINES_SHARE)
    return latest([line_of(turn) for turn in unsummarised(conversation, fold)], room)


def is_beyond_lines(conversation: Conversation, fold: Fold) -> bool:
    """Tell whether as many folded turns have neither line nor summary as have a line."""
    return len(unsummarised(conversation, fold)) >= 2 * max(1, len(lines_of(conversation, fold)))


def noted(turn: Turn) -> Iterable[str]:
    """Yield what was noted in a turn."""
    for call in turn.calls:
        if isinstance(call.result, ToolCallFinished) and isinstance(call.result.payload, Note):
            yield call.result.payload.text


def latest_notes(texts: Sequence[str], tokens_max: int) -> tuple[str, ...]:
    """Return the latest of these notes that have room in a brief of so many tokens, each in a line."""
    kept = latest([f"- {cut(text, _NOTE_MAX)}" for text in texts], int(tokens_max * NOTES_SHARE))
    return kept if len(kept) == len(texts) else (f"- … and {len(texts) - len(kept)} older ones", *kept)


def has_summary(conversation: Conversation, fold: Fold) -> bool:
    """Tell whether a model's summary of folded turns stands in the brief; one that takes too much room does not."""
    return conversation.summary is not None and conversation.summary_tokens <= summary_tokens_max(fold.tokens_max)


def summary_tokens_max(tokens_max: int) -> int:
    """Return how long a summary may be in a brief of so many tokens."""
    return min(2_000, int(tokens_max * 0.12))


def folded_parts(conversation: Conversation, fold: Fold) -> tuple[Part, ...]:
    """Return what stands in place of the folded turns."""
    if not fold.folded:
        return ()
    parts: list[Part] = []
    if has_summary(conversation, fold):
        written = f"What a model wrote about turns 1 to {conversation.summarised}, for you to go on from"
        before = f"{written}; it proves nothing:\n\n"
        parts.append(text_part("user", before, conversation.summary, conversation.summary_tokens))
    head = (
        f"Turns 1 to {fold.folded}, in short. `recall` brings back in full what a call gave, by the reference in "
        "brackets behind the call; by the word `turn` and a number, what you wrote and called in that turn."
    )
    folded = [turn for turn in conversation.turns if turn.number <= fold.folded]
    lines = lines_of(conversation, fold)
    notes = latest_notes([note for turn in folded for note in noted(turn)], fold.tokens_max)
    noted_in_them = ["What you noted in them:", *notes] if notes else []
    left_out: list[str] = []
    if bare := folded[: len(folded) - len(lines)]:
        # What turns without a line were about is said, so that each can still be named.
        counts = Counter(call.asked.tool for turn in bare for call in turn.calls)
        said = ", ".join(f"{count} {cut(tool, 20)}" for tool, count in sorted(counts.items())[:20]) or "none"
        left_out = [f"turns {bare[0].number} to {bare[-1].number}: {counts.total()} calls ({said})"]
    return (*parts, text_part("user", "\n".join([head, *left_out, *lines, *noted_in_them])))


def text_part(speaker: str, text: str, blob: BlobId | None = None, blob_tokens: int = 0) -> Part:
    """Return a text, with a blob of so many tokens behind it if one is given, as a part of a brief."""
    return Part(speaker=speaker, text=text, blob=blob, tokens=tokens_of(text) + blob_tokens)


def unsummarised(conversation: Conversation, fold: Fold) -> list[Turn]:
    """Return the folded turns that no summary in the brief is about."""
    after = conversation.summarised if has_summary(conversation, fold) else 0
    return [turn for turn in conversation.turns if after < turn.number <= fold.folded]


def latest(lines: Sequence[str], room: int) -> tuple[str, ...]:
    """Return as many of the last lines as have room."""
    kept: list[str] = []
    for line in reversed(lines):
        room -= tokens_of(line)
        if room < 0:
            break
        kept.append(line)
    return tuple(reversed(kept))
