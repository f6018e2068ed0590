"""What a person types at a prompt means one thing."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.cli.prompt_words import Typed, Word, key_of, read_line
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
    assert key_of(PLAN).startswith("yes, no REASON (another plan is made), edit, pause")


def test_what_an_agent_asks_takes_any_text() -> None:
    """Also the word that would open an editor elsewhere."""
    assert read_line(ASK, "edit") == Typed(Word.ANSWER, "edit")
