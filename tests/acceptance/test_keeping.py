"""`restore`, `land`, `rm`, `gc`: what becomes of a run's work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"


def test_restore_takes_the_branch_back_and_keeps_the_old_tip(stage: Stage) -> None:
    """The later step is to be done again."""
    stage.run("edit")
    tip = stage.git("rev-parse", f"surefoot/{RUN}")
    assert stage.say("restore", "--to", "first").code == 0
    assert stage.states() == {"first": "verified", "second": "pending"}
    assert tip in stage.git("for-each-ref", "--format=%(objectname)", f"refs/surefoot/{RUN}/kept/")


def test_a_restored_run_is_resumed_to_its_end(stage: Stage) -> None:
    """The later step is done anew."""
    stage.run("edit")
    stage.say("restore", "--to", "first")
    assert (stage.say("resume").code, stage.git("show", f"surefoot/{RUN}:b.txt")) == (0, "two")


def test_restore_across_an_irreversible_effect_asks_first(stage: Stage) -> None:
    """Without a terminal it exits 4, names the effect and the option, and changes nothing."""
    stage.run("asking", "--allow", "send")
    said = stage.say("restore", "--to", "edit")
    assert (said.code, "send" in said.out, "--yes" in said.err, stage.states()["send"]) == (4, True, True, "verified")


def test_restore_across_an_irreversible_effect_goes_ahead_with_yes(stage: Stage) -> None:
    """The effect is named all the same."""
    stage.run("asking", "--allow", "send")
    said = stage.say("restore", "--to", "edit", "--yes")
    assert (said.code, "undo: Send a correction." in said.out) == (0, True)


def test_restore_lists_the_effects_that_stay_as_json(stage: Stage) -> None:
    """In the words of the report."""
    stage.run("asking", "--allow", "send")
    effect = {"step": "send", "effect": "irreversible", "applied": True, "undo": "Send a correction."}
    assert stage.say("restore", "--to", "edit", "--yes", "--json").json["outside_effects"] == [effect]


def test_restore_to_an_unknown_step_exits_2(stage: Stage) -> None:
    """Nothing is changed."""
    stage.run("edit")
    assert stage.say("restore", "--to", "nowhere").code == 2


def test_land_merges_the_work_into_the_checkout(stage: Stage) -> None:
    """The checked-out branch is at the run's last commit."""
    stage.run("edit")
    assert (stage.say("land").code, (stage.user / "b.txt").read_text("utf-8")) == (0, "two\n")


def test_land_squash_makes_one_commit(stage: Stage) -> None:
    """With the goal as its subject."""
    stage.run("edit")
    stage.say("land", "--squash")
    assert stage.git("log", "--format=%s").splitlines() == ["Replace one by two", "Start"]


def test_land_refuses_a_checkout_with_changes(stage: Stage) -> None:
    """And says what to do; the files stay."""
    stage.run("edit")
    (stage.user / "a.txt").write_text("mine\n", "utf-8")
    said = stage.say("land")
    assert (said.code, "Commit or stash" in said.err, (stage.user / "a.txt").read_text("utf-8")) == (2, True, "mine\n")


def test_rm_deletes_the_run_and_keeps_its_branch(stage: Stage) -> None:
    """It is not listed any more."""
    stage.run("edit")
    assert stage.say("rm", RUN).code == 0
    assert (stage.say("status").code, stage.git("branch", "--list", "surefoot/*").strip()) == (2, f"surefoot/{RUN}")


def test_rm_branch_deletes_the_branch_too(stage: Stage) -> None:
    """Nothing of the run is left in the repository."""
    stage.run("edit")
    stage.say("rm", RUN, "--branch")
    assert stage.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_gc_deletes_what_belongs_to_no_run(stage: Stage) -> None:
    """A folder that a killed `run` left behind."""
    stage.run("edit")
    left = stage.home / "runs" / "20990101-zzzzzz"
    left.mkdir()
    os.utime(left, (0, 0))  # what is new may belong to a run that is just being made
    assert (stage.say("gc").code, left.exists()) == (0, False)
    assert (stage.home / "runs" / RUN).exists()


def test_rm_refuses_to_delete_what_nothing_else_holds(stage: Stage) -> None:
    """A branch that was moved by hand does not have the run's work."""
    stage.run("edit")
    stage.git("update-ref", f"refs/heads/surefoot/{RUN}", "main")
    said = stage.say("rm", RUN)
    assert (said.code, f"surefoot rm {RUN} --branch" in said.err, (stage.home / "runs" / RUN).exists()) == (
        2,
        True,
        True,
    )
    assert stage.say("rm", RUN, "--branch").code == 0


def test_rm_of_a_run_on_a_plain_folder_wants_it_landed_first(stage: Stage) -> None:
    """There is no branch that would keep the result."""
    stage.bash("rm -rf .git")
    stage.run("edit")
    assert stage.say("rm", RUN).code == 2
    assert (stage.say("land", RUN).code, stage.say("rm", RUN).code) == (0, 0)


def test_landing_twice_as_one_commit_lands_once(stage: Stage) -> None:
    """What is there already is not merged again."""
    stage.run("edit")
    stage.say("land", "--squash")
    head = stage.git("rev-parse", "HEAD")
    assert (stage.say("land").code, stage.git("rev-parse", "HEAD")) == (0, head)
