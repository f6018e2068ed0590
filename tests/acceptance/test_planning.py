"""`init`, `check`, `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"


def test_the_starter_plan_runs_as_it_is(stage: Stage) -> None:
    """To the end, with every step verified."""
    assert stage.say("init").code == 0
    assert (stage.say("run", "surefoot.yaml", "--run-id", RUN).code, len(stage.states())) == (0, 2)


def test_check_finds_no_problem_in_the_starter_plan(stage: Stage) -> None:
    """A good example is one without findings."""
    stage.say("init")
    said = stage.say("check", "surefoot.yaml")
    assert (said.code, "No problems found." in said.out) == (0, True)


def test_init_does_not_overwrite(stage: Stage) -> None:
    """What is there stays."""
    (stage.user / "surefoot.yaml").write_text("mine", "utf-8")
    assert (stage.say("init").code, (stage.user / "surefoot.yaml").read_text("utf-8")) == (2, "mine")


def test_check_of_a_plan_with_weak_proof_exits_1(stage: Stage) -> None:
    """It names the step and its place."""
    said = stage.say("check", stage.plan("goal: g\nsteps: [{id: weak, run: echo}]\n"))
    assert (said.code, "plan.yaml:2:" in said.out, "exit status only" in said.out) == (1, True, True)


def test_check_of_a_plan_that_cannot_run_exits_1(stage: Stage) -> None:
    """A cycle is a problem that was found."""
    plan = "goal: g\nsteps: [{id: a, run: echo, needs: [b]}, {id: b, run: echo, needs: [a]}]\n"
    said = stage.say("check", stage.plan(plan), "--json")
    assert (said.code, said.json["valid"], len(said.json["findings"]) > 0) == (1, False, True)


def test_check_of_no_file_exits_2(stage: Stage) -> None:
    """That is a slip in the command line."""
    assert stage.say("check", "nothing.yaml").code == 2


def test_check_as_json_says_where_it_asks_and_how_far_back_one_can_go(stage: Stage) -> None:
    """All that the text says."""
    said = stage.say("check", stage.plan("asking"), "--json").json
    assert ([point["step"] for point in said["asks"]], said["rollback_points"]) == (["send"], ["edit", "send"])


def test_doctor_finds_what_is_there(stage: Stage) -> None:
    """A line for each thing."""
    said = stage.say("doctor", "--json").json
    names = [answer["name"] for answer in said["answers"]]
    assert names == [
        "python",
        "git",
        "sqlite",
        "sandbox",
        "user",
        "secrets",
        "home",
        "journal",
        "disk",
        "models",
        "agents",
    ]


def test_doctor_exits_1_and_names_what_is_missing(stage: Stage) -> None:
    """Here it is git."""
    said = stage.say("doctor", env={"PATH": str(stage.folder)})
    assert (said.code, "problem  git" in said.out) == (1, True)
