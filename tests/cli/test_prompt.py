"""The prompt of a question, when what was typed is no answer and when somebody else answers.

What an answer does is for `tests/acceptance/test_terminal.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.api.answers import Answer, _checked_word
from surefoot.api.home import Home
from surefoot.cli.dialogue import Asker, refusal_lines
from surefoot.cli.progress import Progress
from surefoot.cli.screen import Screen
from surefoot.cli.wrap import plain
from surefoot.core import events as ev
from surefoot.core.event_words import QuestionKind
from surefoot.core.ids import StepId
from surefoot.core.state import QuestionState
from surefoot.errors import NotAwaitingAnswer

ASKED = ev.QuestionAsked(
    at=1.0,
    step=StepId("a"),
    attempt=1,
    question="r.1",
    about=QuestionKind.IN_DOUBT,
    text="Was it applied?",
    options=("applied", "not_applied"),
)


@pytest.fixture
def asker(tmp_path: Path) -> Asker:
    """Return somebody who waits for the answer to a question."""
    made = Asker(Progress(Screen(), began_at=0.0), Home(tmp_path))
    made._waiting.append(ASKED)
    return made


def test_what_is_no_answer_is_told_all_that_can_be_typed() -> None:
    """Not only the answers that a command line takes."""
    asked = QuestionState(asked=ASKED)
    with pytest.raises(NotAwaitingAnswer) as refused:
        _checked_word(asked, Answer(word="maybe"))
    said = plain(refusal_lines(ASKED, refused.value))
    assert said.startswith("question r.1 does not take 'maybe'. Type one of:\n  applied, not_applied, pause, later")


def test_an_answer_from_elsewhere_is_told_below_the_prompt(asker: Asker, capsys: pytest.CaptureFixture[str]) -> None:
    """Its line does not begin behind what is being typed."""
    asker._prompt()
    asker.make_room(ev.QuestionAnswered(at=2.0, question="r.1", answer="applied", by="una"))
    assert capsys.readouterr().out == "applied/not_applied> \n"
