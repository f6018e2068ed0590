"""Two programs at one run: engines beside each other, answers beside each other.

Real programs throughout.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.ids import RunId
from surefoot.errors import NotAwaitingAnswer

if TYPE_CHECKING:
    from conftest import Setting, Stage

HOLD = """
goal: Hold on
steps:
  - id: hold
    run: |
      echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; echo half > held.txt; echo begun
      until test -e $SUREFOOT_MEETING/go -o $(grep -c hold $SUREFOOT_MEETING/ran) -ge 2; do sleep 0.02; done
      echo held > held.txt
  - {id: after, needs: [hold], run: "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; echo after > after.txt"}
"""
QUESTION = """
goal: Ask
steps:
  - {id: which, ask: {question: "Which one?"}}
  - id: hold
    run: echo begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done
  - {id: after, needs: [which], run: echo after > after.txt}
"""


@pytest.fixture
def held(setting: Setting) -> Stage:
    """Return a stage for a run whose first body waits to be let go."""
    return setting(HOLD)


def test_a_second_engine_is_refused_and_told_who_holds_the_run(held: Stage) -> None:
    """It changes nothing, and the first one goes on."""
    with held.begin() as first:
        first.hear("hold: begun")
        second = held.work().said
        held.go()
        assert first.wait().said["outcome"] == "completed"
    assert (second["error"], f"pid {first.pid} " in second["message"]) == ("run-held", True)
    assert (held.wrongs(), held.lines("meeting/ran")) == ([], {"hold": 1, "after": 1})


def test_a_take_over_ends_the_holder_and_goes_on(held: Stage) -> None:
    """What the first engine had under way is put back and done again, once."""
    with held.begin() as first:
        first.hear("hold: begun")
        second = held.work(take_over=True)
        assert first.wait().code == -signal.SIGTERM
    assert (second.said["outcome"], held.wrongs()) == ("completed", [])


def test_an_engine_whose_claim_is_void_says_nothing_more(held: Stage) -> None:
    """The fencing token is checked in every append: what it does after that leaves no trace in the journal."""
    with held.begin() as first, api.Home(held.home) as home:
        first.hear("hold: begun")
        home.journal.raise_token(RunId(held.run))
        before = home.journal.head(RunId(held.run))
        held.go()
        assert first.wait().said["error"] == "claim-lost"
        assert home.journal.head(RunId(held.run)) == before


def test_of_two_answers_at_once_exactly_one_wins(setting: Setting) -> None:
    """The other is told who was faster."""
    stage = setting(QUESTION)
    with stage.begin(answers={}) as engine:
        engine.hear("question_asked which")
        engine.kill()
    with (
        stage.begin(act="answer", answers={"*": "red"}) as ann,
        stage.begin(act="answer", answers={"*": "blue"}) as bob,
    ):
        said = [ann.wait().said, bob.wait().said]
    (won,) = [each["answered"] for each in said if "answered" in each]
    (lost,) = [each["message"] for each in said if each.get("error") == "not-awaiting-answer"]
    assert f"answered {won!r}" in lost


def test_a_late_answer_is_told_who_answered_what_and_when(setting: Setting) -> None:
    """The words of the refusal name all three."""
    stage = setting(QUESTION)
    with stage.begin(answers={}) as engine:
        engine.hear("question_asked which")
        engine.kill()
    with api.Home(stage.home) as home:
        api.answer(home, f"{stage.run}.1", "red")
        with pytest.raises(NotAwaitingAnswer, match=r"\w+ answered 'red' at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d"):
            api.answer(home, f"{stage.run}.1", "blue")


def test_an_answer_given_while_no_engine_runs_is_acted_on_by_the_next(setting: Setting) -> None:
    """It is in the journal, so that nobody has to be there for it."""
    stage = setting(QUESTION.replace("begun; until", "begun #"))
    waiting = stage.work(answers={}).said
    stage.work(act="answer", answers={"*": "red"})
    ended = stage.work(answers={}).said
    assert (waiting["standing"], ended["outcome"], stage.wrongs()) == ("waiting", "completed", [])


def test_an_answer_given_beside_a_running_engine_is_noticed(setting: Setting) -> None:
    """The engine folds what another program appended, and goes on with it at once."""
    stage = setting(QUESTION)
    with stage.begin(answers={}) as engine:
        engine.hear("hold: begun")
        stage.work(act="answer", answers={"*": "red"})
        engine.hear("question_answered")
        stage.go()
        assert engine.wait().said["outcome"] == "completed"
    assert stage.wrongs() == []
