"""Ctrl-C, `pause`, `cancel`, kills, and engines beside each other."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"


def test_ctrl_c_finishes_what_runs_and_exits_6(stage: Stage) -> None:
    """The step under way is verified, the next one is not started."""
    with stage.held() as engine:
        engine.send(signal.SIGINT)
        engine.hear("Ctrl-C again")
        stage.go()
        assert engine.wait().code == 6
    assert stage.states() == {"hold": "verified", "after": "pending"}


def test_a_second_ctrl_c_puts_back_what_runs(stage: Stage) -> None:
    """Nothing has to be waited for."""
    with stage.held() as engine:
        engine.send(signal.SIGINT)
        engine.hear("pausing")
        engine.send(signal.SIGINT)
        assert engine.wait().code == 6
    assert stage.states() == {"hold": "pending", "after": "pending"}


def test_sigterm_stops_like_two_ctrl_c(stage: Stage) -> None:
    """What can be repeated is put back, and the engine ends by itself."""
    with stage.held() as engine:
        engine.send(signal.SIGTERM)
        assert engine.wait().code == 6
    assert stage.states() == {"hold": "pending", "after": "pending"}


def test_a_third_ctrl_c_stops_at_once(stage: Stage) -> None:
    """The run is whole and can be resumed."""
    with stage.held() as engine:
        for number, words in enumerate(("Ctrl-C again", "at once", "Stopping")):
            engine.send(signal.SIGINT)
            if number == 0:
                engine.hear(words)
        assert engine.wait().code == 6
    stage.go()
    assert stage.say("resume").code == 0


def test_a_paused_run_is_resumed_to_its_end(stage: Stage) -> None:
    """Nothing that was verified is done again (M112)."""
    with stage.held() as engine:
        assert stage.say("pause").code == 0
        stage.go()
        assert engine.wait().code == 6
    said = stage.say("resume")
    assert (said.code, stage.git("rev-list", "--count", f"main..surefoot/{RUN}")) == (0, "2")


def test_a_killed_run_is_resumed_to_its_end(stage: Stage) -> None:
    """`resume` finds out by itself which run it was (M112)."""
    with stage.held() as engine:
        engine.send(signal.SIGKILL)
        engine.wait()
    assert "stopped before its end" in stage.say("status").out
    stage.go()
    assert stage.say("resume").code == 0


def test_cancel_ends_the_run_and_the_engine_exits_7(stage: Stage) -> None:
    """Also `resume` tells so afterwards, and does nothing."""
    with stage.held() as engine:
        assert stage.say("cancel").code == 0
        assert engine.wait().code == 7
    said = stage.say("resume")
    assert (said.code, "nothing to resume" in said.out) == (7, True)


def test_a_second_engine_exits_8_and_names_the_first(stage: Stage) -> None:
    """One run, one engine."""
    with stage.held() as engine:
        said = stage.say("resume")
    assert (said.code, f"pid {engine.pid}" in said.err) == (8, True)


def test_retry_of_a_run_at_work_exits_8_and_changes_nothing(stage: Stage) -> None:
    """The engine at work is not disturbed."""
    with stage.held():
        assert stage.say("retry", RUN, "hold").code == 8
        assert stage.states()["hold"] == "running"


def test_take_over_ends_the_first_engine_and_goes_on(stage: Stage) -> None:
    """The first one ends, the second one finishes the run."""
    with stage.held() as first, stage.begin("resume", "--take-over") as second:
        first.wait()
        stage.go()
        assert second.wait().code == 0


def test_resume_of_a_completed_run_performs_nothing_and_exits_0(stage: Stage) -> None:
    """It reports and names the next command."""
    stage.run("edit")
    before = stage.say("report", "--json").json["at_seq"]
    said = stage.say("resume")
    assert (said.code, stage.say("report", "--json").json["at_seq"] - before) == (0, 0)
    assert f"surefoot land {RUN}" in said.out


def test_resume_says_that_the_plan_file_has_changed(stage: Stage) -> None:
    """The run goes on by its own copy."""
    stage.run("asking")
    stage.plan("edit")
    assert "has changed since" in stage.say("resume", "--allow", "send").out


def test_retry_does_a_failed_step_again(stage: Stage) -> None:
    """What was missing is there now; the rest is not touched."""
    stage.run(
        "goal: g\nsteps: [{id: a, run: test -e $SUREFOOT_MEETING/go && touch x, checks: [{file: x, exists: true}]}]\n"
    )
    stage.go()
    assert stage.say("retry", RUN, "a").code == 0


def test_retry_of_an_unknown_step_exits_2(stage: Stage) -> None:
    """And says where the steps are listed."""
    stage.run("partial")
    said = stage.say("retry", RUN, "third")
    assert (said.code, "surefoot show" in said.err) == (2, True)


def test_the_wall_limit_stops_a_run_with_exit_code_6(stage: Stage) -> None:
    """It is paused and can be resumed."""
    said = stage.run("goal: g\nlimits: {wall: 1s}\nsteps: [{id: a, run: sleep 2}, {id: b, run: 'true'}]\n")
    assert (said.code, "paused (the limit" in said.out) == (6, True)


SPENDING = """
goal: Spend it
limits: {cost_usd: 1}
steps:
  - id: dear
    run: echo cost_usd=5.85 >> $SUREFOOT_OUTPUT; exit 75
    retry: {maximum_attempts: 3, initial_interval: 0.1s}
"""


def test_a_run_pauses_at_its_limit_though_everything_was_approved(stage: Stage) -> None:
    """What an attempt that failed has cost counts, too (M95)."""
    ended = stage.run(SPENDING, "--yes")
    assert ended.code == 6
    assert "$5.85 of the $1.00 that the run may use are used, and step dear has not begun" in ended.out + ended.err
