"""What a killed engine leaves running or half done: children, crashes in a row, secrets on the disk."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.ids import RunId
from surefoot.sandbox.landlock import landlock_abi

if TYPE_CHECKING:
    from conftest import Setting, Stage

SETSID = """
goal: Leave something behind
steps:
  - id: hold
    WHERE
    run: |
      echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran
      test $(grep -c hold $SUREFOOT_MEETING/ran) -ge 2 && exit 0
      setsid bash -c 'trap "" TERM HUP; echo up > $SUREFOOT_MEETING/up; exec sleep 300' &
      until test -s $SUREFOOT_MEETING/up; do sleep 0.02; done
      END
"""
CONFINED = SETSID.replace("WHERE", "effect: reversible").replace("END", "echo begun; sleep 300")
KILLING_BOTH = SETSID.replace("WHERE", "effect: reversible\n    confine: false").replace(
    "END", "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat) $PPID"
)
"""Kills engine and guard at once, so that nobody is left to end the child."""
CRASHING = """
goal: Crash
steps:
  - {id: edit, run: echo two > a.txt}
  - {id: after, needs: [edit], run: echo after > after.txt}
"""
SECRET = "tr0ub4dor-and-3"
TELLING = """
goal: Tell
steps:
  - id: tell
    env_from: [TOKEN]
    run: |
      echo "token is $TOKEN"; echo "again $TOKEN" >&2; head -c 9000 /dev/zero | tr '\\0' x; echo "$TOKEN"
      test -e $SUREFOOT_MEETING/told && exit 1
      echo x > $SUREFOOT_MEETING/told; echo begun; sleep 300
"""


def test_what_outlived_engine_and_guard_is_ended_before_anything_else(setting: Setting) -> None:
    """A child in a session of its own that ignores signals does not live into the next attempt."""
    stage = setting(KILLING_BOTH)
    assert stage.work().code == -signal.SIGKILL
    assert stage.left_over() != []
    assert (stage.work().said["outcome"], stage.wrongs()) == ("completed", [])


@pytest.mark.parametrize(
    "rung",
    ["plain", pytest.param("landlock", marks=pytest.mark.skipif(landlock_abi() == 0, reason="no Landlock here")), ""],
)
def test_a_child_of_a_killed_engines_body_does_not_survive_the_resume(setting: Setting, rung: str) -> None:
    """The guard ends it, or the sandbox dies with it; on resume nothing is left."""
    stage = setting(CONFINED)
    with stage.begin({"SUREFOOT_RUNG": rung}) as engine:
        engine.hear("hold: begun")
        engine.kill()
    assert (stage.work({"SUREFOOT_RUNG": rung}).said["outcome"], stage.wrongs()) == ("completed", [])


def crash(stage: Stage, times: int) -> None:
    """Kill the engine so many times at the start of the first body."""
    assert [stage.killed("body.reversible.before:1") for _ in range(times)] == [-signal.SIGKILL] * times


@pytest.mark.parametrize(
    ("answer", "outcome", "states"),
    [
        ("retry", "completed", {"edit": "verified", "after": "verified"}),
        pytest.param("skip", "partially_completed", {"edit": "skipped", "after": "verified"}, marks=pytest.mark.slow),
        pytest.param("block", "failed", {"edit": "failed", "after": "blocked"}, marks=pytest.mark.slow),
    ],
)
def test_after_three_crashes_in_a_row_the_step_asks(
    setting: Setting, answer: str, outcome: str, states: dict[str, str]
) -> None:
    """A person decides; crashes are no attempts, and the step is not tried a fourth time unasked."""
    stage = setting(CRASHING)
    crash(stage, 3)
    ((_, step, about, text),) = stage.work(answers={}).said["questions"]
    assert (step, about, "3 times in a row" in text) == ("edit", "ask", True)
    assert stage.work(answers={"edit": answer}).said["outcome"] == outcome
    assert {node.spec.id: node.status for node in stage.state().steps()} == states
    assert stage.wrongs() == []


def test_two_crashes_do_not_ask(setting: Setting) -> None:
    """Nobody is bothered while another try may do."""
    stage = setting(CRASHING)
    crash(stage, 2)
    assert (stage.work(answers={}).said["outcome"], stage.step("edit").attempt) == ("completed", 1)


def test_a_secret_is_nowhere_on_the_disk_not_even_after_a_kill(setting: Setting) -> None:
    """Neither in the journal and its log, nor in blobs, spools, report or progress."""
    stage = setting(TELLING)
    env = {"TOKEN": SECRET}
    with stage.begin(env) as engine:
        engine.hear("tell: begun")
        said = engine.kill().out
    found = [path for path in stage.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    said += stage.work(env).out
    found += [path for path in stage.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    with api.Home(stage.home) as home:
        said += json.dumps(api.report(home, RunId(stage.run)))
    assert (found, SECRET in said, "token is" in said) == ([], False, True)
