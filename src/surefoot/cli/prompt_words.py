"""The words a person can type at the prompt of a question.

Where a question takes any text, every line is an answer.
"""

from __future__ import annotations

from enum import StrEnum

from surefoot.core.events import QuestionAsked
from surefoot.core.record import record
from surefoot.core.system_steps import PLANNING
from surefoot.core.ways_on import RETRY_WITH_CHANGES, TAKE_OVER, is_about_failure


class Word(StrEnum):
    """What is to be done."""

    ANSWER = "answer"
    ALL = "all"
    EDIT = "edit"
    DIFF = "diff"
    TAKE_OVER = "take over"
    TELL = "tell"
    PAUSE = "pause"
    LATER = "later"


@record(kw_only=False)
class Typed:
    """A line that was typed, understood."""

    word: Word
    text: str = ""
    reason: str = ""


_NO = frozenset({"n", "no"})
_KEYS = {"d": Word.DIFF.value, "e": Word.EDIT.value, "t": Word.TELL.value}
"""Letters that stand for words, where a question has no answer of that name."""
KEYS_TO_CONFIRM = frozenset("yn")
"""The keys of a prompt that asks once more."""
_TAKE_OVER = frozenset({"take over", "take-over", "take_over"})


def read_line(asked: QuestionAsked, line: str) -> Typed:
    """Return what a line means for a question."""
    said = " ".join(line.split())
    if not asked.options:
        return Typed(Word.ANSWER, line.strip())
    first, _, rest = said.partition(" ")
    if first.lower() in (Word.TELL, "t") and first not in asked.options:
        return Typed(Word.TELL, rest)
    lower = said.lower() if said in asked.options else _KEYS.get(said.lower(), said.lower())
    if lower in (Word.PAUSE, Word.LATER):
        return Typed(Word(lower))
    if is_plan(asked):
        return Typed(Word.EDIT) if lower == Word.EDIT else _yes_or_no(said)
    if is_about_failure(asked):
        return _way_on(asked, line.strip(), lower)
    if asked.package is None:
        return Typed(Word.ANSWER, said)
    if lower in _TAKE_OVER:
        return Typed(Word.TAKE_OVER)
    if lower in (Word.EDIT, Word.DIFF) or (lower == Word.ALL and asked.like):
        return Typed(Word(lower))
    return _yes_or_no(said)


def _way_on(asked: QuestionAsked, line: str, lower: str) -> Typed:
    """Return how to go on after a failure; what stands behind the choice is said with it, as it was typed."""
    if lower in _TAKE_OVER and TAKE_OVER in asked.options:
        return Typed(Word.TAKE_OVER)
    if lower == Word.DIFF or (lower == Word.EDIT and Word.EDIT in asked.options):
        return Typed(Word(lower))
    first, _, rest = line.partition(" ")
    return Typed(Word.ANSWER, first, rest.strip()) if first in asked.options else Typed(Word.ANSWER, line)


def is_plan(asked: QuestionAsked) -> bool:
    """Tell whether a plan that a model made is shown."""
    return asked.step == PLANNING and Word.EDIT in asked.options


def _yes_or_no(said: str) -> Typed:
    first, _, rest = said.partition(" ")
    if first.lower() in _NO:
        return Typed(Word.ANSWER, "no", rest)
    return Typed(Word.ANSWER, said)


def keys_of(asked: QuestionAsked, *, can_tell: bool = False) -> frozenset[str]:
    """Return the keys that need no Enter: letters that stand for a word, and that no other answer begins with."""
    words = {word[0]: word for word in ("yes", "no") if word in asked.options}
    can_edit = is_plan(asked) or asked.package is not None or (is_about_failure(asked) and Word.EDIT in asked.options)
    words |= {"e": Word.EDIT.value} if can_edit else {}
    words |= {"d": Word.DIFF.value} if _has_diff(asked) else {}
    words |= {"t": Word.TELL.value} if can_tell and asked.options else {}
    others = [(key, one) for key, word in words.items() for one in asked.options if one != word]
    return frozenset(words) - {key for key, one in others if one.lower().startswith(key)}


def _has_diff(asked: QuestionAsked) -> bool:
    is_result = asked.package is not None and asked.package.trees is not None
    return is_result or (is_about_failure(asked) and RETRY_WITH_CHANGES in asked.options)


_WAYS_ON = {
    "retry": ("retry [WORDS]", "try again; an agent is told your words"),
    RETRY_WITH_CHANGES: (f"{RETRY_WITH_CHANGES} [WORDS]", "try again on what this attempt had changed"),
    "edit": ("edit (e)", "try again with another command or instruction"),
    TAKE_OVER: ("take over", "do it by hand, in a lane that is made ready"),
    "split": ("split [WORDS]", "have the planner split the step"),
    "replan": ("replan [WORDS]", "have the planner find another way"),
    "skip": ("skip", "go on without it; steps that need it start"),
    "block": ("block", "give it up; steps that need it are not done"),
    "stop": ("stop", "give it up; nothing new starts"),
}
"""The answers about a failed step: what is typed, and what follows."""


def keys_shown(asked: QuestionAsked, *, can_tell: bool = False) -> list[str]:
    """Return the lines that say what a question takes: of ways on after a failure, one for each with its meaning."""
    if not is_about_failure(asked):
        return [key_of(asked, can_tell=can_tell)]
    rows = [_WAYS_ON[word] for word in asked.options]
    rows += [("diff (d)", "see what this attempt had changed")] if _has_diff(asked) else []
    rows += [("tell TEXT (t)", "say something to the agent, and decide later")] if can_tell else []
    rows += [("pause", "pause the run"), ("later (Ctrl-D)", f"leave it open: surefoot inbox {asked.question}")]
    widest = max(len(typed) for typed, _ in rows)
    return [f"{typed:{widest}}  {meant}" for typed, meant in rows]


def key_of(asked: QuestionAsked, *, can_tell: bool = False) -> str:
    """Return the words a question takes, each with its key, on one line; `can_tell`: an agent would read a message."""
    if not asked.options:
        return f"Type the answer. Ctrl-D leaves it open; surefoot answer {asked.question} …"
    words = list(asked.options)
    if is_plan(asked):
        words = ["yes (y)", "no REASON (n; another plan is made)", "edit (e)"]
    if asked.package is not None:
        like = ["all (like this)"] if asked.like else []
        diff = ["diff (d)"] if _has_diff(asked) else []
        words = ["yes (y)", "no REASON (n)", *like, *diff, "edit (e)", "take over"]
    words += ["tell TEXT (t: to the agent)"] if can_tell else []
    return f"{', '.join(words)}, pause, later (Ctrl-D: leaves it open, surefoot inbox {asked.question})"
