"""The words a person can type at the prompt of a question.

Where a question takes any text, every line is an answer.
"""

from __future__ import annotations

from enum import StrEnum

from surefoot.core.events import QuestionAsked
from surefoot.core.record import record
from surefoot.core.system_steps import PLANNING


class Word(StrEnum):
    """What is to be done."""

    ANSWER = "answer"
    ALL = "all"
    EDIT = "edit"
    DIFF = "diff"
    TAKE_OVER = "take over"
    PAUSE = "pause"
    LATER = "later"


@record(kw_only=False)
class Typed:
    """A line that was typed, understood."""

    word: Word
    text: str = ""
    reason: str = ""


_NO = frozenset({"n", "no"})
_TAKE_OVER = frozenset({"take over", "take-over", "take_over"})


def read_line(asked: QuestionAsked, line: str) -> Typed:
    """Return what a line means for a question."""
    said = " ".join(line.split())
    lower = said.lower()
    if not asked.options:
        return Typed(Word.ANSWER, line.strip())
    if lower in (Word.PAUSE, Word.LATER):
        return Typed(Word(lower))
    if is_plan(asked):
        return Typed(Word.EDIT) if lower == Word.EDIT else _yes_or_no(said)
    if asked.package is None:
        return Typed(Word.ANSWER, said)
    if lower in _TAKE_OVER:
        return Typed(Word.TAKE_OVER)
    if lower == Word.EDIT or (lower == Word.ALL and asked.like) or (lower == Word.DIFF and asked.package.trees):
        return Typed(Word(lower))
    return _yes_or_no(said)


def is_plan(asked: QuestionAsked) -> bool:
    """Tell whether a plan that a model made is shown."""
    return asked.step == PLANNING and Word.EDIT in asked.options


def _yes_or_no(said: str) -> Typed:
    first, _, rest = said.partition(" ")
    if first.lower() in _NO:
        return Typed(Word.ANSWER, "no", rest)
    return Typed(Word.ANSWER, said)


def key_of(asked: QuestionAsked) -> str:
    """Return the words a question takes, on one line."""
    if not asked.options:
        return f"Type the answer. Ctrl-D leaves it open; surefoot answer {asked.question} …"
    words = list(asked.options)
    if is_plan(asked):
        words = ["yes", "no REASON (another plan is made)", "edit"]
    if asked.package is not None:
        like = ["all (like this)"] if asked.like else []
        diff = ["diff"] if asked.package.trees is not None else []
        words = ["yes", "no REASON", *like, *diff, "edit", "take over"]
    return f"{', '.join(words)}, pause, later (Ctrl-D: leaves it open, surefoot inbox {asked.question})"
