"""Killed while the program's own code thinks, and after it has answered (M117).

`test_matrix.py` kills at the ends of the effect in the scenario `gated`.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Setting, Stage


def killed_while_it_thinks(stage: Stage) -> None:
    """Kill the engine between the question and the answer of the code."""
    with stage.begin(approver="wait") as engine:
        while not stage.lines("meeting/asked"):
            time.sleep(0.02)
        engine.kill()


def test_code_that_was_asked_and_did_not_answer_is_asked_again(setting: Setting) -> None:
    """By the program that goes on; the effect happens once."""
    stage = setting("gated")
    killed_while_it_thinks(stage)
    said = stage.work(approver="proceed", answers={}).said
    assert (said["outcome"], stage.wrongs()) == ("completed", [])
    assert (stage.lines("meeting/asked")["send"], stage.lines("world/effects")) == (2, {"send": 1, "pay": 1})


def test_a_program_without_that_code_asks_people(setting: Setting) -> None:
    """A resume from the command line has none."""
    stage = setting("gated")
    killed_while_it_thinks(stage)
    ((_, step, about, _),) = stage.work(approver="", answers={}).said["questions"]
    assert (step, about, stage.lines("world/effects")) == ("send", "confirm", {})


@pytest.mark.parametrize("approver", ["proceed", "refuse", ""])
def test_an_answer_that_was_given_holds_after_a_kill(setting: Setting, approver: str) -> None:
    """The code is not asked about it any more, whatever it would say now."""
    stage = setting("gated")
    assert stage.killed("body.irreversible.before:1") == -signal.SIGKILL
    asked = stage.lines("meeting/asked")["send"]
    stage.work(approver=approver, answers={})
    assert (stage.lines("meeting/asked")["send"], stage.lines("world/effects")["send"]) == (asked, 1)
    assert stage.wrongs() == []
