"""Killed in the middle of an outside effect: looked into, never repeated blindly, and done once all the same.

Answers are what the world's log shows. Read `test_matrix.py` for kills at the ends of every effect.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Setting, Stage

PLAN = """
goal: Have an effect
env: {WORLD: "@WORLD@"}
steps:
  - id: send
    confine: false
    CLASS
    run: |
      echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran
      BEFORE
      until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done
      AFTER
    CHECKS
  - {id: after, needs: [send], run: "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; echo after > after.txt"}
"""
EFFECT = "echo send >> $WORLD/effects"
KEYED = 'echo "$SUREFOOT_IDEMPOTENCY_KEY" >> $WORLD/keyed'
PROBE = '\n    probe: {run: "grep -qx send $WORLD/effects"}'
SEND: dict[str, Any] = {"allow": ["send"]}


def plan_of(effect_class: str, moment: str, effect: str = EFFECT, checks: str = "") -> str:
    """Return a plan whose first body has its effect before or after it waits to be let go."""
    before, after = ("echo begun", effect) if moment == "before" else (f"{effect}; echo begun", "true")
    text = PLAN.replace("CLASS", f"effect: {effect_class}").replace("CHECKS", checks)
    return text.replace("BEFORE", before).replace("AFTER", after)


def killed_in_the_middle(stage: Stage) -> None:
    """Kill the engine while the first body waits; let the next one go on, once that body has been ended."""
    with stage.begin(**SEND) as engine:
        engine.hear("send: begun")
        engine.kill()
    while stage.left_over():
        time.sleep(0.02)
    stage.go()


@pytest.mark.parametrize("moment", [pytest.param("before", marks=pytest.mark.slow), "after"])
@pytest.mark.parametrize("effect_class", [f"irreversible{PROBE}", f"idempotent{PROBE}", "irreversible"])
def test_an_effect_cut_short_is_done_exactly_once(setting: Setting, effect_class: str, moment: str) -> None:
    """By its probe, or by what a person says who looked; whether the kill came before it was applied or after."""
    stage = setting(plan_of(effect_class, moment))
    killed_in_the_middle(stage)
    assert (stage.work(**SEND).said["outcome"], stage.wrongs()) == ("completed", [])
    assert stage.lines("world/effects") == {"send": 1}
    assert stage.lines("meeting/ran")["send"] == (1 if moment == "after" else 2)


def test_an_effect_under_a_key_is_repeated_under_the_same_key(setting: Setting) -> None:
    """Whoever receives it can tell that it is the same."""
    stage = setting(plan_of("idempotent", "after", KEYED))
    killed_in_the_middle(stage)
    assert (stage.work(**SEND).said["outcome"], stage.wrongs()) == ("completed", [])
    assert list(stage.lines("world/keyed").values()) == [2]


def test_nothing_is_done_about_an_effect_in_doubt_before_the_answer(setting: Setting) -> None:
    """Resumed as often as you like, it asks the same question."""
    stage = setting(plan_of("irreversible", "after"))
    killed_in_the_middle(stage)
    first = stage.work(**SEND, answers={}).said
    again = stage.work(**SEND, answers={}).said
    assert (first["questions"][0][1:3], first["questions"]) == (["send", "in_doubt"], again["questions"])
    assert stage.lines("meeting/ran") == {"send": 1}


def test_a_consent_given_beforehand_holds_across_a_kill(setting: Setting) -> None:
    """It is in the journal until the effect is applied."""
    stage = setting("irreversible")
    assert stage.killed("body.irreversible.before:1") == -signal.SIGKILL
    said = stage.work(allow=[], answers={}).said
    assert (said["outcome"], stage.wrongs()) == ("completed", [])


def test_an_effect_applied_before_is_not_applied_again_unasked(setting: Setting) -> None:
    """Whoever retries the step is told that it has happened, whatever was approved beforehand."""
    stage = setting(plan_of("irreversible", "after", checks="checks: [{file: never.txt, exists: true}]"))
    stage.meeting.mkdir(parents=True)
    stage.go()
    stage.work(**SEND)
    stage.work(act="retry")
    ((_, step, about, text),) = stage.work(**SEND, answers={}).said["questions"]
    assert (step, about, "has been applied before" in text) == ("send", "confirm", True)
    assert stage.lines("world/effects") == {"send": 1}
    assert stage.work(**SEND, answers={"send": "no"}).said["outcome"] == "partially_completed"


def test_a_check_cut_short_is_asked_on_what_the_effect_left(setting: Setting) -> None:
    """What the killed check had written is gone before it is asked again; the effect is not repeated for that."""
    check = "test ! -e litter && touch litter && sleep 0.1 && until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done"
    plan = plan_of("irreversible", "after", checks=f"checks: [{{run: '{check}'}}]")
    stage = setting(plan.replace("until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done\n      true", "true"))
    with stage.begin(**SEND) as engine:
        engine.hear("check_requested send")
        litter = stage.run_folder / "lanes/1/litter"
        while not litter.exists():
            pass
        engine.kill()
    stage.go()
    assert (stage.work(**SEND, answers={}).said["outcome"], stage.wrongs()) == ("completed", [])
    assert stage.lines("world/effects") == {"send": 1}
