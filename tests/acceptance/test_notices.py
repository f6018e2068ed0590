"""Notices reach people outside the terminal, whatever becomes of the target, the engine or the run (M135)."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.models.server import Raw, Server

if TYPE_CHECKING:
    from conftest import Said, Stage

RUN = "20260101-abc123"
ASKING = """
goal: g
steps:
  - {id: a, run: echo b > b.txt, writes: [b.txt], tier: confirm, checks: [{file: b.txt, contains: b}]}
"""
DOWN, TAKEN = Raw(status=503), Raw(status=204)


def targeted(stage: Stage, settings: str, *words: str) -> Said:
    """Say something to the program while these settings hold."""
    file = stage.folder / "user.toml"
    file.write_text(settings, "utf-8")
    return stage.say(*words, env={"SUREFOOT_CONFIG": str(file)})


def by_command(stage: Stage, on: str = "") -> str:
    """Return settings that write each notice into a file."""
    file = stage.folder / "told"
    return (
        f'[[notify]]\n{on}\ncommand = ["sh", "-c", "cat >> {file}; echo >> {file}; echo $SUREFOOT_NOTICE >> {file}s"]\n'
    )


def told(stage: Stage) -> list[dict[str, Any]]:
    """Return the notices that a command was given."""
    file = stage.folder / "told"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def test_a_question_and_the_end_are_told_once_each(stage: Stage) -> None:
    """With the command that answers, and in a line for programs that only show one."""
    settings = by_command(stage)
    assert targeted(stage, settings, "run", stage.plan(ASKING), "--run-id", RUN).code == 4
    assert targeted(stage, settings, "answer", f"{RUN}.1", "yes").code == 0
    assert targeted(stage, settings, "resume", RUN).code == 0
    question, end = told(stage)
    assert (question["schema"], question["occasion"], question["step"]) == ("surefoot.notice/1", "question", "a")
    assert question["next"] == f"surefoot inbox {RUN}.1"
    assert (end["occasion"], end["text"]) == ("ended", "the run is completed")
    assert (stage.folder / "tolds").read_text("utf-8").splitlines()[1] == f"{RUN}: the run is completed"


def test_a_target_is_told_what_it_asks_for_alone(stage: Stage) -> None:
    """Here the end, and not the question before it."""
    settings = by_command(stage, 'on = ["ended"]')
    targeted(stage, settings, "run", stage.plan(ASKING), "--run-id", RUN)
    assert told(stage) == []
    targeted(stage, settings, "answer", f"{RUN}.1", "yes")
    targeted(stage, settings, "resume", RUN)
    assert [one["occasion"] for one in told(stage)] == ["ended"]


def test_a_webhook_that_was_down_is_told_by_the_next_engine(stage: Stage) -> None:
    """Under the same id, and `surefoot health` tells of it meanwhile; the run is not held up."""
    with Server(DOWN, DOWN, TAKEN) as server:
        settings = f'[[notify]]\non = ["question"]\nwebhook = "{server.url}/hook"\n'
        assert targeted(stage, settings, "run", stage.plan(ASKING), "--run-id", RUN).code == 4
        assert "status 503" in stage.say("health").out
        while server.replies[0] is DOWN:
            targeted(stage, settings, "resume", RUN)
        targeted(stage, settings, "resume", RUN)
        assert "status 503" not in stage.say("health").out
        ids = [one.headers["idempotency-key"] for one in server.asked]
    assert len(ids) >= 2
    assert len(set(ids)) == 1


def test_an_end_that_could_not_be_told_is_told_by_health(stage: Stage) -> None:
    """No engine takes an ended run up again; from then on nothing is unsent."""
    with Server(DOWN, DOWN, TAKEN) as server:
        settings = f'[[notify]]\non = ["ended"]\nwebhook = "{server.url}/hook"\n'
        targeted(stage, settings, "run", stage.plan(ASKING.replace("tier: confirm, ", "")), "--run-id", RUN)
        while server.replies[0] is DOWN:
            assert "unsent" in stage.say("health").out
            targeted(stage, settings, "health", "--notify")
        targeted(stage, settings, "health", "--notify")
        assert "unsent" not in stage.say("health").out


def test_a_dead_run_is_told_once(stage: Stage) -> None:
    """By a command that somebody lets run every few minutes: no engine of its own can."""
    with stage.held() as engine:
        engine.send(signal.SIGKILL)
        engine.wait()
    for _ in range(2):
        assert targeted(stage, by_command(stage), "health", "--notify").code == 1
    (found,) = told(stage)
    assert (found["occasion"], found["run"], found["next"]) == ("dead", RUN, f"surefoot resume {RUN}")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('[[notify]]\non = ["ended"]\n', "user.toml:1:1: nothing says where notices go"),
        ('[[notify]]\nwebhook = "mail"\n', "user.toml:2:11: 'mail' is no address"),
        ('[[notify]]\non = ["noon"]\ncommand = ["x"]\n', "user.toml:2:6: found the text 'noon'; one of question"),
        ("", "no settings say where notices go; add [[notify]] to"),
    ],
)
def test_a_target_that_cannot_be_is_refused(stage: Stage, settings: str, said: str) -> None:
    """With its place, and what was expected."""
    found = targeted(stage, settings, "health", "--notify")
    assert found.code == 2
    assert said in found.err
