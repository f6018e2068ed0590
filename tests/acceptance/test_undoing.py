"""`undo`: the state before a run, with its landing, its outside effects and its branch (M131, M132)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Stage

RUN = "20260101-abc123"
EFFECTS = """
goal: Reach the world
steps:
  - {id: write, run: "echo two > a.txt", checks: [{run: grep -q two a.txt, expect: fail_to_pass}]}
  - id: first
    needs: [write]
    run: echo first >> $SUREFOOT_MEETING/world; echo id=7 >> $SUREFOOT_OUTPUT
    effect: irreversible
    probe: {run: grep -qx first $SUREFOOT_MEETING/world}
    undo: {run: "sed -i /first/d $SUREFOOT_MEETING/world; echo $SUREFOOT_OUTPUT_ID first >> $SUREFOOT_MEETING/log"}
  - id: second
    needs: [first]
    run: echo second >> $SUREFOOT_MEETING/world
    effect: irreversible
    undo: {run: "sed -i /second/d $SUREFOOT_MEETING/world; echo second >> $SUREFOOT_MEETING/log", say: Take it back.}
  - {id: mail, needs: [second], run: echo mail >> $SUREFOOT_MEETING/world, effect: irreversible, undo: Say sorry.}
"""
ALLOWED = ("--allow", "first", "--allow", "second", "--allow", "mail")


def read(stage: Stage, name: str) -> list[str]:
    """Return the lines of a file that steps write outside the workspace."""
    path = stage.meeting / name
    return path.read_text("utf-8").splitlines() if path.exists() else []


@pytest.fixture
def reached(stage: Stage) -> Stage:
    """Return a stage on which a run has had three effects outside, and was landed."""
    stage.meeting.mkdir(exist_ok=True)
    (stage.meeting / "world").touch()
    assert stage.run(EFFECTS, *ALLOWED).code == 0
    assert stage.say("land").code == 0
    return stage


def test_a_landed_run_is_undone_by_one_command(stage: Stage) -> None:
    """The checked-out branch and the branch of the run are where they were before it began."""
    before = stage.git("rev-parse", "HEAD")
    stage.run("edit")
    assert stage.say("land").code == 0
    assert stage.git("rev-parse", "HEAD") != before
    assert stage.say("undo").code == 0
    assert [stage.git("rev-parse", one) for one in ("HEAD", f"surefoot/{RUN}")] == [before, before]
    assert (stage.git("status", "--porcelain"), stage.git("show", "HEAD:b.txt")) == ("", "one")


def test_undone_work_is_kept_under_a_ref(stage: Stage) -> None:
    """Nothing that was verified is lost by a slip."""
    stage.run("edit")
    tip = stage.git("rev-parse", f"surefoot/{RUN}")
    stage.say("undo")
    assert tip in stage.git("for-each-ref", "--format=%(objectname)", f"refs/surefoot/{RUN}/kept/")


def test_effects_are_undone_in_the_reverse_of_their_order(reached: Stage) -> None:
    """By the commands of the plan, each given what its step put out; what has no command is named as what stays."""
    said = reached.say("undo", "--yes", "--json")
    assert (said.code, read(reached, "log"), read(reached, "world")) == (0, ["second", "7 first"], ["mail"])
    assert [(one["step"], one["undone"]) for one in said.json["commands"]] == [("second", True), ("first", True)]
    assert [one["step"] for one in said.json["stays"]] == ["mail"]
    effects = reached.say("report", "--json").json["outside_effects"]
    assert [(one["step"], one["undone"]) for one in effects] == [("first", True), ("second", True), ("mail", False)]


def test_an_undo_command_waits_for_a_yes(reached: Stage) -> None:
    """Nothing is run without an answer; after a no the run stays as it is, with what was undone before."""
    assert (reached.say("undo", "--leave", "mail").code, read(reached, "log")) == (4, [])
    assert reached.say("answer", f"{RUN}.1", "yes").code == 0
    assert (reached.say("undo").code, read(reached, "log")) == (4, ["second"])
    assert reached.say("answer", f"{RUN}.2", "no").code == 0
    assert (reached.say("undo").code, read(reached, "log")) == (5, ["second"])
    assert reached.states()["first"] == "verified"


def test_a_dry_run_of_an_undo_changes_nothing(reached: Stage) -> None:
    """It names the branch, the commands in their order, and what stays."""
    head = reached.git("rev-parse", "HEAD")
    said = reached.say("undo", "--dry-run")
    assert (said.code, reached.git("rev-parse", "HEAD"), read(reached, "log")) == (0, head, [])
    told = [said.out.index(word) for word in ("before the run was landed", "second: run", "first: run", "mail")]
    assert told == sorted(told)


def test_undone_twice_is_undone_once(reached: Stage) -> None:
    """The second time says so and does nothing."""
    reached.say("undo", "--yes")
    said = reached.say("undo", "--yes")
    assert (said.code, "undone already" in said.out, read(reached, "log")) == (0, True, ["second", "7 first"])


def test_a_landing_that_commits_were_built_on_is_refused(stage: Stage) -> None:
    """With the command that a person could use; it does what is promised."""
    stage.run("edit")
    stage.say("land", "--squash")
    stage.git("commit", "--quiet", "--allow-empty", "-m", "More")
    said = stage.say("undo")
    assert said.code == 2
    revert = said.err.partition("`git ")[2].partition("`")[0]
    assert revert.startswith("revert --no-edit ")
    stage.git(*revert.split())
    assert stage.git("show", "HEAD:b.txt") == "one"


def test_a_checkout_with_changes_is_refused(stage: Stage) -> None:
    """Nothing is changed, neither there nor in the run."""
    stage.run("edit")
    stage.say("land")
    (stage.user / "a.txt").write_text("mine\n", "utf-8")
    said = stage.say("undo")
    assert (said.code, "has uncommitted changes: 'a.txt'" in said.err) == (2, True)
    assert stage.say("report", "--json").json["undo"] is None


def test_a_run_at_work_is_not_undone(stage: Stage) -> None:
    """The message says how to end it."""
    with stage.held():
        said = stage.say("undo")
        assert (said.code, f"surefoot pause {RUN}" in said.err, f"surefoot cancel {RUN}" in said.err) == (8, True, True)
