"""Pauses, restores and rollbacks while several lanes are at work.

Read `test_lanes.py` for lanes that nobody disturbs, `../core/test_kernel_machine.py` for every order of events.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Program, Stage

RUN = "20260101-abc123"
FOUR = """
goal: Six edits, four at once
limits: {parallel: 4}
steps:
  - id: "edit-{n}"
    for_each: {n: ["1", "2", "3", "4", "5", "6"]}
    run: |
      touch $SUREFOOT_MEETING/begun-{n}; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done
      echo new > f{n}.txt
    checks: [{file: "f{n}.txt", exists: true, expect: fail_to_pass}]
  - {id: last, needs: ["edit-*"], run: "cat f?.txt > all.txt", checks: [{file: all.txt, exists: true}]}
"""
ROLL = """
goal: Go back while others are at work
limits: {parallel: 4}
steps:
  - {id: first, run: "echo new > f1.txt", checks: [{file: f1.txt, exists: true}]}
  - {id: second, needs: [first], run: "echo new > f2.txt", checks: [{file: f2.txt, exists: true}]}
  - id: bad
    needs: [second]
    run: "until test -e $SUREFOOT_MEETING/third -a -e $SUREFOOT_MEETING/fourth; do sleep 0.02; done; exit 1"
    retry: {maximum_attempts: 1}
    on_failure: {rollback_to: first}
    checks: [{file: a.txt, exists: true}]
  - {id: third, needs: [second], run: "HOLD third", checks: [{file: third.txt, exists: true}]}
  - {id: fourth, needs: [first], run: "HOLD fourth", checks: [{file: fourth.txt, exists: true}]}
""".replace("HOLD", "f() { touch $SUREFOOT_MEETING/$1; sleep 0.5; ls > $1.txt; }; f")


@contextmanager
def at_work(stage: Stage) -> Iterator[Program]:
    """Run the plan beside the test, until four bodies have begun and wait for `go`."""
    with stage.begin("run", stage.plan(FOUR), "--run-id", RUN) as program:
        while len(list(stage.meeting.glob("begun-*"))) < 4:
            assert program.is_running, program.wait().out
            time.sleep(0.02)
        yield program


def committed(stage: Stage) -> list[str]:
    """Return the steps whose commits are on the branch, first to last."""
    return stage.git("log", "--reverse", "--format=%s", f"main..surefoot/{RUN}").replace("surefoot: ", "").split("\n")


def test_a_pause_lets_four_lanes_finish_and_a_restore_goes_back_between_their_results(stage: Stage) -> None:
    """After the restore the others are done again on what is left, and nothing is there twice."""
    with at_work(stage) as engine:
        assert stage.say("pause", RUN).code == 0
        stage.go()
        assert engine.wait().code == 6
    done = committed(stage)
    assert (len(done), stage.say("restore", RUN, "--to", done[1]).code, committed(stage)) == (4, 0, done[:2])
    assert stage.say("resume", RUN).code == 0
    assert (committed(stage)[:2], sorted(committed(stage))) == (done[:2], [*(f"edit-{n}" for n in range(1, 7)), "last"])
    assert stage.say("audit", RUN).code == 0


def test_four_lanes_that_are_broken_off_are_put_back_and_done_again(stage: Stage) -> None:
    """Two times Ctrl-C: no body has an attempt less for it."""
    with at_work(stage) as engine:
        engine.send(signal.SIGINT)
        engine.hear("pausing")
        engine.send(signal.SIGINT)
        assert engine.wait().code == 6
    assert set(stage.states().values()) == {"pending"}
    stage.go()
    assert (stage.say("resume", RUN).code, set(stage.states().values())) == (0, {"verified"})


def test_a_rollback_reaches_those_at_work_on_what_is_gone(stage: Stage) -> None:
    """What waits for the failed step is held back, what does not is done again without the results that are gone."""
    assert stage.run(ROLL).code == 3
    states = stage.states()
    assert [states[name] for name in ("first", "second", "bad", "third", "fourth")] == [
        "verified",
        "blocked",
        "failed",
        "blocked",
        "verified",
    ]
    assert "f2.txt" not in stage.git("show", f"surefoot/{RUN}:fourth.txt")
