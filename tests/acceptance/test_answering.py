"""Questions and answers across programs.

Read `test_terminal.py` for questions at a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot.api.identity import current_user

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
QUESTION = f"{RUN}.1"


def test_a_run_that_was_answered_goes_on_when_it_is_resumed(stage: Stage) -> None:
    """Yes lets the step run."""
    stage.run("asking")
    assert stage.say("answer", QUESTION, "yes").code == 0
    assert (stage.say("resume").code, stage.states()["send"]) == (0, "verified")


def test_the_answer_no_fails_the_step_and_keeps_the_rest(stage: Stage) -> None:
    """What was verified before stays."""
    stage.run("asking")
    stage.say("answer", QUESTION, "no")
    assert (stage.say("resume").code, stage.states()) == (3, {"edit": "verified", "send": "failed"})


def test_a_second_answer_is_refused_and_told_about_the_first(stage: Stage) -> None:
    """It says by whom and what."""
    stage.run("asking")
    stage.say("answer", QUESTION, "yes")
    said = stage.say("answer", QUESTION, "no")
    assert (said.code, f"{current_user()} answered 'yes'" in said.err) == (2, True)


def test_an_answer_the_question_does_not_take_is_refused(stage: Stage) -> None:
    """It stays open, and the answers it takes are named."""
    stage.run("asking")
    said = stage.say("answer", QUESTION, "perhaps")
    assert (said.code, "yes, no" in said.err, stage.states()["send"]) == (2, True, "waiting")


def test_resuming_a_run_that_waits_still_exits_4(stage: Stage) -> None:
    """Nobody has answered yet."""
    stage.run("asking")
    assert stage.say("resume").code == 4


def test_allow_on_resume_answers_the_open_question(stage: Stage) -> None:
    """It approves by name what was asked."""
    stage.run("asking")
    assert stage.say("resume", "--allow", "send").code == 0


def test_status_shows_the_open_question_with_its_answer_line(stage: Stage) -> None:
    """Somebody else can pick it up."""
    stage.run("asking")
    said = stage.say("status").out
    assert f"surefoot answer {QUESTION} yes|no" in said
    assert "waiting for a person" in said


def test_steps_that_share_files_with_one_in_doubt_do_not_hide_that_a_person_is_awaited(stage: Stage) -> None:
    """Nothing else is left to do: exit code 4 and state `waiting`."""
    plan = """
goal: Be in doubt
steps:
  - {id: send, run: "exit 7", effect: irreversible, undo: Send a correction.}
  - {id: free, run: "echo free > free.txt"}
"""
    assert stage.run(plan, "--allow", "send").code == 4
    report = stage.say("report", "--json").json
    assert (report["state"], report["questions"][0]["kind"]) == ("waiting", "in_doubt")


def test_an_unknown_question_is_refused(stage: Stage) -> None:
    """Exit code 2."""
    assert stage.say("answer", "20990101-zzzzzz.1", "yes").code == 2
