"""`run --from RUN@STEP`: a run that begins in the middle of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Stage

RUN = "20260101-abc123"
FORK = "20260102-abc123"
PLAN = """
goal: Build on what came before
steps:
  - id: base
    run: "echo base > base.txt; echo word=seven >> $SUREFOOT_OUTPUT"
    checks: [{file: base.txt, exists: true}]
  - id: "each-{name}"
    for_each: {name: [x, y]}
    needs: [base]
    run: "echo {name} > {name}.txt"
    checks: [{file: "{name}.txt", exists: true}]
  - id: last
    needs: ["each-*"]
    run: "echo {steps.base.word} > last.txt; test ! -e $SUREFOOT_MEETING/red"
    checks: [{file: last.txt, exists: true}]
"""
OTHER = """
goal: Another way
steps:
  - {id: another, run: "cat base.txt > another.txt", checks: [{file: another.txt, contains: base}]}
"""


def fork(stage: Stage, place: str, *arguments: str) -> dict[str, object]:
    """Fork a run and return the report of the new one."""
    said = stage.say("run", "--from", place, "--run-id", FORK, "--json", *arguments)
    assert said.code == 0, said.err
    return said.json


def file_of(stage: Stage, path: str) -> str:
    """Return a file of the new run's branch."""
    return stage.git("show", f"surefoot/{FORK}:{path}")


def test_a_fork_does_what_was_left_of_the_plan(stage: Stage) -> None:
    """On the commit of the step, without what was done by then, and with what that put out."""
    assert stage.run(PLAN).code == 0
    report = fork(stage, f"{RUN}@each-x")
    commit = stage.git("rev-parse", f"surefoot/{RUN}~2")
    origin = {"run": RUN, "step": "each-x", "commit": commit, "done": ["base", "each-x"]}
    assert (report["forked_from"], report["base"]) == (origin, commit)
    assert [step["id"] for step in report["steps"]] == ["each-y", "last"]
    assert (file_of(stage, "last.txt"), file_of(stage, "base.txt")) == ("seven", "base")


def test_a_failed_run_is_forked_where_it_was_right(stage: Stage) -> None:
    """What failed there is carried out anew."""
    stage.meeting.mkdir(exist_ok=True)
    (stage.meeting / "red").touch()
    assert stage.run(PLAN).code == 3
    (stage.meeting / "red").unlink()
    assert [step["id"] for step in fork(stage, "@each-y")["steps"]] == ["last"]


@pytest.mark.parametrize("words", [("--plan",), ()])
def test_a_fork_carries_out_another_plan(stage: Stage, words: tuple[str, ...]) -> None:
    """On the same commit; the run that it comes from stays as it is."""
    stage.run(PLAN)
    head = stage.git("rev-parse", f"surefoot/{RUN}")
    report = fork(stage, f"{RUN}@base", *words, stage.plan(OTHER))
    assert ([step["id"] for step in report["steps"]], file_of(stage, "another.txt")) == (["another"], "base")
    assert stage.git("rev-parse", f"surefoot/{RUN}") == head


def test_a_run_at_work_can_be_forked(stage: Stage) -> None:
    """Its verified steps are there; what is under way is done anew in the new run."""
    plan = PLAN.replace('run: "echo {name}', 'run: "touch $SUREFOOT_MEETING/begun; echo {name}')
    with stage.held(plan.replace("test ! -e", "until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; test ! -e")):
        stage.go()
        assert [step["id"] for step in fork(stage, f"{RUN}@base")["steps"]] == ["each-x", "each-y", "last"]


def test_a_fork_can_be_landed_and_undone(stage: Stage) -> None:
    """It brings the commits that it began at, and takes them back."""
    before = stage.git("rev-parse", "HEAD")
    stage.run(PLAN)
    fork(stage, f"{RUN}@base")
    assert stage.say("land", FORK).code == 0
    assert (stage.user / "base.txt").exists()
    assert (stage.say("undo", FORK).code, stage.git("rev-parse", "HEAD")) == (0, before)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("20200101-aaaaaa@base", "there is no run '20200101-aaaaaa'"),
        (f"{RUN}@bass", "has no step 'bass'"),
        (f"{RUN}@bass", "did you mean 'base'"),
        (f"{RUN}@last", "so it left no commit to begin at"),
        (f"{RUN}@each-{{name}}", "is a group, so it is not clear which commit is meant"),
    ],
)
def test_a_place_where_no_run_can_begin_is_named(stage: Stage, place: str, said: str) -> None:
    """Nothing is made."""
    stage.meeting.mkdir(exist_ok=True)
    (stage.meeting / "red").touch()
    stage.run(PLAN)
    told = stage.say("run", "--from", place)
    assert (told.code, said in told.err) == (2, True), told.err
    assert len(stage.say("ls", "--json").json["runs"]) == 1
