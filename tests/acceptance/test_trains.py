"""Results judged together: the suite is asked once for several, and what does not hold is found among them (M30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
SIX = """
goal: Six files and a suite
limits: {parallel: 3LIMITS}
steps:
  - id: add-{n}
    for_each: {n: ["1", "2", "3", "4", "5", "6"]}
    run: echo fine > f{n}.txt; test {n} != BAD || echo wrong > f{n}.txt
    retry: {maximum_attempts: 1}
    checks:
      - {run: "test -s f{n}.txt", expect: fail_to_pass}
      - {run: "echo asked >> $SUREFOOT_MEETING/asked; sleep 0.2; ! grep -q wrong f*.txt", expect: pass_to_pass}
"""


def plan(limits: str = "", bad: str = "0") -> str:
    """Return the plan, in which one step may write what the suite does not let pass."""
    return SIX.replace("LIMITS", limits and f", {limits}").replace("BAD", bad)


def test_results_that_wait_are_judged_together(stage: Stage) -> None:
    """Each has its own commit, whose trailer names the train; the report says what was judged with what."""
    assert stage.run(plan()).code == 0
    report = stage.say("report", RUN, "--json").json
    in_trains = [step for one in report["trains"] for step in one["verified"]]
    assert set(in_trains) == {step["id"] for step in report["steps"] if step["train"]}
    trailers = stage.git("log", "--format=%(trailers:key=Surefoot-Train)", f"main..surefoot/{RUN}").split("\n")
    assert sum("Surefoot-Train" in line for line in trailers) == len(in_trains) > 1


HOLD = "touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done"
HELD = f"case $PWD in *judge-*) {HOLD};; esac"


def test_status_and_report_say_what_waits_for_the_branch_and_why(stage: Stage) -> None:
    """Which results are judged, and for what the parked ones wait, while a train is under way."""
    held = plan("verify: queue, train: 2").replace("echo asked >> $SUREFOOT_MEETING/asked; sleep 0.2", HELD)
    with stage.held(held) as program:
        while WAITS not in (queue := queued(stage)).values():
            pass
        said, steps = stage.say("status").out, stage.say("report", "--json").json["steps"]
        drawn = stage.say("show", "--graph", "--json", "--svg").json
        stage.go()
        assert program.wait().code == 0
    assert set(queue.values()) == {"judged in train 1", WAITS}
    assert queue.items() <= {one["id"]: one["reason"] for one in steps}.items()
    assert "\n  judged   " in said
    assert {f"running: {why}" for why in queue.values()} <= {step["said"] for step in drawn["steps"]}
    assert "running: judged in train 1" in drawn["svg"]
    assert queued(stage) == {}


def queued(stage: Stage) -> dict[str, str]:
    """Return what waits for the branch, and why."""
    return {one["step"]: one["why"] for one in stage.say("status", "--json").json["queue"]}


WAITS = "waiting for its train: train 1 is judged first"


@pytest.mark.parametrize("verify", ["auto", "lane", "queue"])
def test_what_is_bad_is_found_among_the_results_it_was_judged_with(stage: Stage, verify: str) -> None:
    """It alone fails, with the attempt that counts made and judged by itself; nothing of it gets onto the branch."""
    assert stage.run(plan(f"verify: {verify}, train: 4", bad="4")).code == 3
    assert {name for name, state in stage.states().items() if state != "verified"} == {"add-4"}
    assert "f4.txt" not in stage.git("ls-tree", "--name-only", f"surefoot/{RUN}")


def test_a_train_is_judged_in_several_lanes(stage: Stage) -> None:
    """What each result is asked by itself is asked in one lane or the other; what they share is asked once for all."""
    told = "case $PWD in *judge-*) basename $PWD >> $SUREFOOT_MEETING/judged;; esac; test -s f{n}.txt"
    assert stage.run(plan("judges: 2, verify: queue, train: 6").replace("test -s f{n}.txt", told)).code == 0
    assert set((stage.meeting / "judged").read_text("utf-8").split()) == {"judge-1", "judge-2"}
    assert len((stage.meeting / "asked").read_text("utf-8").splitlines()) < 12


def test_what_is_bad_is_found_in_several_lanes(stage: Stage) -> None:
    """With two judging lanes as with one."""
    assert stage.run(plan("judges: 2, verify: queue, train: 6", bad="3")).code == 3
    assert {name for name, state in stage.states().items() if state != "verified"} == {"add-3"}


def test_a_suite_is_asked_less_often_than_there_are_results(stage: Stage) -> None:
    """Asked for each result by itself it would be asked twice a step: before and after."""
    stage.run(plan("verify: queue, train: 6"))
    assert len((stage.meeting / "asked").read_text("utf-8").splitlines()) < 12


def test_one_step_at_a_time_is_judged_where_it_was_made(stage: Stage) -> None:
    """There is nothing to wait for, and no further lane to prepare."""
    stage.run(plan().replace("parallel: 3", "parallel: 1"))
    assert stage.say("report", RUN, "--json").json["trains"] == []
    assert not [*(stage.folder / "home").glob("runs/*/lanes/judge-*")]
