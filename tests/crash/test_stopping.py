"""Pause, interrupt, cancel: how a run is stopped, with and without an engine at work.

Real signals to real programs.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Setting, Stage

    from tests.crash.conversations import Conversations
    from tests.programs import Ended, Program

PLAN = """
goal: Be stopped
env: {WORLD: "@WORLD@"}
steps:
  - id: hold
    EFFECT
    run: |
      echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; echo half > held.txt; echo begun
      until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done
      echo held > held.txt; DO
  - {id: after, needs: [hold], run: "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; echo after > after.txt"}
"""
REVERSIBLE = PLAN.replace("EFFECT", "effect: reversible").replace("DO", "true")
IRREVERSIBLE = PLAN.replace("EFFECT", "effect: irreversible\n    confine: false").replace(
    "DO", "echo hold >> $WORLD/effects"
)
CONSENT: dict[str, Any] = {"allow": ["hold"]}
BACK_OFF = """
goal: Wait long
steps:
  - {id: fails, run: "exit 75", retry: {initial_interval: 1h}}
"""
PREPARE = """
goal: Prepare long
prepare: {run: "echo x > ready.log; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done"}
accept: [{run: "until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done", expect: pass_to_pass}]
steps:
  - {id: after, run: "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; echo after > after.txt"}
"""


def interrupted(program: Program, times: int) -> None:
    """Send Ctrl-C so many times, each once the one before has arrived."""
    for number in range(times):
        program.send(signal.SIGINT)
        if number < 2:
            program.hear("pause_requested", times=number + 1)


@pytest.mark.slow
def test_after_the_first_interrupt_what_runs_is_finished_and_nothing_new_starts(setting: Setting) -> None:
    """The step is verified, the next one is pending, the run is paused."""
    stage = setting(REVERSIBLE)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        interrupted(engine, 1)
        stage.go()
        assert engine.wait().said["standing"] == "paused"
    states = {node.spec.id: node.status for node in stage.state().steps()}
    assert (states, stage.wrongs()) == ({"hold": "verified", "after": "pending"}, [])


def test_a_second_interrupt_ends_a_reversible_body_and_restores(setting: Setting) -> None:
    """No attempt is counted, and the lane holds what it held before the step."""
    stage = setting(REVERSIBLE)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        interrupted(engine, 2)
        assert engine.wait().said["standing"] == "paused"
    hold = stage.step("hold")
    assert (hold.status, hold.failures, (stage.run_folder / "lanes/1/held.txt").exists()) == ("pending", 0, False)
    stage.go()
    assert (stage.work().said["outcome"], stage.wrongs()) == ("completed", [])
    assert stage.step("hold").attempt == 1


def test_a_second_interrupt_waits_for_an_irreversible_body(setting: Setting) -> None:
    """What cannot be undone is not torn in two."""
    stage = setting(IRREVERSIBLE)
    with stage.begin(**CONSENT) as engine:
        engine.hear("hold: begun")
        interrupted(engine, 2)
        stage.go()
        assert engine.wait().said["standing"] == "paused"
    assert (stage.work(**CONSENT).said["outcome"], stage.wrongs()) == ("completed", [])
    assert (stage.lines("world/effects"), stage.lines("meeting/ran")["hold"]) == ({"hold": 1}, 1)


CHECKED = """
goal: Be stopped
env: {WORLD: "@WORLD@"}
steps:
  - id: hold
    effect: irreversible
    confine: false
    run: echo hold >> $WORLD/effects
    checks: [{run: "until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done"}]
"""


def test_after_an_interrupt_no_effect_begins(setting: Setting) -> None:
    """A step that was still asked beforehand is let go, uncounted; on resume it is done, once."""
    stage = setting(CHECKED.replace('done"}', 'done", expect: pass_to_pass}'))
    with stage.begin(**CONSENT) as engine:
        engine.hear("check_requested hold")
        interrupted(engine, 1)
        stage.go()
        assert engine.wait().said["standing"] == "paused"
    assert (stage.lines("world/effects"), stage.step("hold").failures) == ({}, 0)
    assert (stage.work(**CONSENT).said["outcome"], stage.wrongs()) == ("completed", [])
    assert stage.lines("world/effects") == {"hold": 1}


def test_a_second_interrupt_waits_for_the_checks_of_an_applied_effect(setting: Setting) -> None:
    """A check that was ended would leave the effect to be done again."""
    stage = setting(CHECKED)
    with stage.begin(**CONSENT) as engine:
        engine.hear("check_requested hold")
        interrupted(engine, 2)
        stage.go()
        engine.wait()
    assert (stage.work(**CONSENT).said["outcome"], stage.wrongs()) == ("completed", [])
    assert stage.lines("world/effects") == {"hold": 1}


def test_after_a_third_interrupt_the_effect_is_in_doubt(setting: Setting) -> None:
    """The engine stops at once; on resume a person is asked, and nothing is done before the answer."""
    stage = setting(IRREVERSIBLE)
    with stage.begin(**CONSENT) as engine:
        engine.hear("hold: begun")
        interrupted(engine, 3)
        engine.wait()
    assert stage.step("hold").is_in_doubt
    ((_, step, about, _),) = stage.work(**CONSENT, answers={}).said["questions"]
    assert (step, about, stage.lines("meeting/ran")["hold"]) == ("hold", "in_doubt", 1)
    stage.go()
    assert (stage.work(**CONSENT).said["outcome"], stage.wrongs()) == ("completed", [])
    assert stage.lines("world/effects") == {"hold": 1}


@pytest.mark.parametrize("event", ["lane_requested", pytest.param("check_requested (accept)", marks=pytest.mark.slow)])
def test_a_second_interrupt_ends_what_belongs_to_no_step(setting: Setting, event: str) -> None:
    """Prepare and the acceptance checks can be ended too, and are done again on resume."""
    stage = setting(PREPARE if event == "lane_requested" else PREPARE.replace("> ready.log; until", "> ready.log #"))
    with stage.begin() as engine:
        engine.hear(event)
        interrupted(engine, 2)
        assert engine.wait().said["standing"] == "paused"
    stage.go()
    assert (stage.work().said["outcome"], stage.wrongs()) == ("completed", [])


def test_a_wait_for_the_next_attempt_does_not_keep_a_run_from_pausing(setting: Setting) -> None:
    """Nothing runs while a step waits."""
    stage = setting(BACK_OFF)
    with stage.begin() as engine:
        engine.hear("retry_scheduled fails")
        interrupted(engine, 1)
        assert engine.wait().said["standing"] == "paused"


@pytest.mark.parametrize(
    ("act", "standing", "status"),
    [("pause", "paused", "pending"), pytest.param("cancel", "ended", "cancelled", marks=pytest.mark.slow)],
)
def test_a_killed_run_can_be_stopped_without_an_engine(setting: Setting, act: str, standing: str, status: str) -> None:
    """What the killed engine left behind is put back at once."""
    stage = setting(REVERSIBLE)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        engine.kill()
    ended: Ended = stage.work(act=act)
    assert (ended.said["standing"], stage.step("hold").status) == (standing, status)
    assert ((stage.run_folder / "lanes/1/held.txt").exists(), stage.changed()) == (False, [])


@pytest.mark.parametrize("act", ["pause", pytest.param("cancel", marks=pytest.mark.slow)])
def test_a_stopped_run_settles_what_is_in_doubt_first(setting: Setting, act: str) -> None:
    """Neither pausing nor cancelling a killed run does an outside effect again, or forgets one."""
    stage = setting("irreversible")
    stage.killed("body.irreversible.after:1")
    stage.work(act=act)
    said = stage.work().said
    assert said["outcome"] == ("completed" if act == "pause" else "cancelled")
    assert stage.lines("world/effects")["send"] == 1


@pytest.mark.slow
def test_a_paused_run_goes_on_where_it_was(setting: Setting) -> None:
    """What was verified before the pause is not done again."""
    stage = setting(REVERSIBLE)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        interrupted(engine, 1)
        stage.go()
        engine.wait()
    verified: dict[str, int] = stage.verified()
    assert (stage.work().said["outcome"], stage.wrongs(verified)) == ("completed", [])


@pytest.mark.slow
def test_a_cancel_beside_a_running_engine_ends_the_body(setting: Setting) -> None:
    """The engine notices the wish of another program and ends what can be repeated."""
    stage: Stage = setting(REVERSIBLE)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        stage.work(act="cancel")
        assert engine.wait().said["outcome"] == "cancelled"
    assert (stage.step("hold").status, stage.changed()) == ("cancelled", [])


TALK = """
goal: Be stopped while an agent is at work
steps:
  - id: hold
    agent: {do: HOW, limits: {requests: 20}}
    writes: [held.txt]
    checks: [{file: held.txt, contains: held, expect: fail_to_pass}]
  - {id: after, needs: [hold], run: "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; echo after > after.txt"}
"""
COMMAND = TALK.replace("HOW", "Hold a file.")
REPLY = TALK.replace("HOW", "Wait for @WORLD@/../meeting/go before you hold a file.")
LIMITED = TALK.replace("HOW", "You are asked too often.")
HELD = "half\nlitter\nheld"
BEGUN = {COMMAND: "hold: begun", REPLY: "the model waits"}


def stopped(stage: Stage, words: str, times: int) -> Conversations:
    """Interrupt an engine while it says these words, let go of what waits, and return what the journal holds then."""
    with stage.begin() as engine:
        engine.hear(words)
        interrupted(engine, times)
        if times == 1:
            stage.go()
        engine.wait()
    stage.go()
    return stage.conversations()


def finished(stage: Stage) -> tuple[str, list[str], str, int]:
    """Resume; return how it ended, what is wrong, what the agent has made, and how often it failed."""
    said = stage.work().said
    made = stage.git("show", f"surefoot/{stage.run}:held.txt")
    return said["outcome"], stage.wrongs(), made, stage.step("hold").failures


DONE = ("completed", [], HELD, 0)


@pytest.mark.parametrize(("plan", "turns"), [(COMMAND, 2), pytest.param(REPLY, 2, marks=pytest.mark.slow)])
def test_after_the_first_interrupt_a_conversation_goes_no_further(setting: Setting, plan: str, turns: int) -> None:
    """What is under way is finished, no model is asked again; the conversation goes on there on resume."""
    stage = setting(plan)
    conversations = stopped(stage, BEGUN[plan], 1)
    assert (stage.state().is_paused, conversations.turns, conversations.lost_usd) == (True, turns, 0)
    assert (finished(stage), stage.conversations().turns) == (DONE, 3)


def test_a_second_interrupt_ends_a_command_of_an_agent(setting: Setting) -> None:
    """Its call is lost and begun anew on the lane as the conversation had left it; what had a result before is not."""
    stage = setting(COMMAND)
    conversations = stopped(stage, BEGUN[COMMAND], 2)
    assert (stage.state().is_paused, conversations.ended) == (True, ["hold/1/2.2"])
    assert finished(stage) == DONE
    assert stage.conversations().begun == {"hold/1/1.1": 1, "hold/1/2.1": 1, "hold/1/2.2": 2, "hold/1/3.1": 1}


@pytest.mark.slow
def test_a_second_interrupt_ends_a_request(setting: Setting) -> None:
    """What was reserved for it counts as spent, once, and the same turn is asked for again."""
    stage = setting(REPLY)
    lost = stopped(stage, BEGUN[REPLY], 2).lost_usd
    assert (stage.state().is_paused, lost > 0, finished(stage)) == (True, True, DONE)
    assert stage.conversations().lost_usd == lost


@pytest.mark.slow
@pytest.mark.parametrize("plan", [COMMAND, REPLY])
def test_after_a_third_interrupt_a_conversation_is_taken_up_where_it_was(setting: Setting, plan: str) -> None:
    """The engine stops at once, as if it were killed."""
    stage = setting(plan)
    stopped(stage, BEGUN[plan], 3)
    assert (finished(stage), stage.conversations().turns) == (DONE, 3)


@pytest.mark.slow
def test_a_wait_for_the_next_request_does_not_keep_a_run_from_pausing(setting: Setting) -> None:
    """A provider may ask for minutes."""
    stage = setting(LIMITED)
    with stage.begin() as engine:
        engine.hear("model_request_delayed hold")
        interrupted(engine, 1)
        assert engine.wait().said["standing"] == "paused"


@pytest.mark.slow
@pytest.mark.parametrize(("act", "status"), [("pause", "running"), ("cancel", "cancelled")])
def test_a_conversation_whose_engine_was_killed_can_be_stopped(setting: Setting, act: str, status: str) -> None:
    """Without an engine, and without asking a model."""
    stage = setting(COMMAND)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        engine.kill()
    stage.work(act=act)
    assert (stage.step("hold").status, stage.conversations().turns, stage.wrongs()) == (status, 2, [])


@pytest.mark.slow
def test_a_cancel_beside_a_conversation_ends_it(setting: Setting) -> None:
    """The engine notices the wish of another program and ends the command of the agent."""
    stage = setting(COMMAND)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        stage.work(act="cancel")
        assert engine.wait().said["outcome"] == "cancelled"
    assert (stage.step("hold").status, stage.wrongs()) == ("cancelled", [])
