"""What a person types at a prompt means one thing."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.cli.prompt_words import Typed, Word, key_of, keys_of, read_line
from surefoot.core.event_words import QuestionKind
from surefoot.core.events import QuestionAsked
from surefoot.core.system_steps import PLANNING

SHOWN: Any = {"at": 0.0, "step": PLANNING, "attempt": 1, "question": "r.1", "text": "Shall it?"}
PLAN = QuestionAsked(**SHOWN, about=QuestionKind.CONFIRM, options=("yes", "no", "edit"))
ASK = QuestionAsked(**SHOWN, about=QuestionKind.ASK)


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("yes", Typed(Word.ANSWER, "yes")),
        ("no  it is too vague", Typed(Word.ANSWER, "no", "it is too vague")),
        ("Edit", Typed(Word.EDIT)),
        ("e", Typed(Word.EDIT)),
        ("n too vague", Typed(Word.ANSWER, "no", "too vague")),
        ("t keep 3.8", Typed(Word.TELL, "keep 3.8")),
        ("T", Typed(Word.TELL)),
        ("pause", Typed(Word.PAUSE)),
        ("later", Typed(Word.LATER)),
        ("take over", Typed(Word.ANSWER, "take over")),
    ],
)
def test_a_line_about_a_plan_is_understood(line: str, typed: Typed) -> None:
    """A reason behind a no is handed on; nobody takes a plan over."""
    assert read_line(PLAN, line) == typed


def test_the_key_of_a_plan_says_what_a_no_leads_to() -> None:
    """Another plan, by what was said."""
    assert key_of(PLAN).startswith("yes (y), no REASON (n; another plan is made), edit (e), pause")


def test_what_an_agent_asks_takes_any_text() -> None:
    """Also the word that would open an editor elsewhere."""
    assert read_line(ASK, "edit") == Typed(Word.ANSWER, "edit")


def test_an_answer_that_looks_like_a_key_is_an_answer() -> None:
    """A question that takes `t` and `d` gets them."""
    asked = QuestionAsked(**SHOWN, about=QuestionKind.ASK, options=("t", "d"))
    assert [read_line(asked, line) for line in ("t", "d")] == [Typed(Word.ANSWER, "t"), Typed(Word.ANSWER, "d")]


def test_the_key_of_a_question_offers_to_tell_only_where_an_agent_reads() -> None:
    """Else nobody would."""
    assert ["tell TEXT (t" in key_of(PLAN, can_tell=can_tell) for can_tell in (True, False)] == [True, False]


def test_a_key_that_an_answer_begins_with_needs_enter() -> None:
    """It may be the beginning of that."""
    asked = QuestionAsked(**SHOWN, about=QuestionKind.ASK, options=("yes", "no", "two"))
    assert (keys_of(PLAN, can_tell=True), keys_of(asked, can_tell=True)) == (set("ynet"), set("yn"))
    assert keys_of(ASK, can_tell=True) == set()
