"""Deciding from anywhere: the inbox, several answers at once, edits, two people, and the trail.

Read `test_self_approval.py` for who may not, and `test_terminal.py` for the prompt of a run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from surefoot.api.identity import current_user

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
SEVERAL = """
goal: Ask a lot
steps:
  - id: do-{item}
    for_each: {item: [x, y]}
    run: echo {item} > {item}.txt
    tier: confirm
    checks: [{file: "{item}.txt", exists: true}]
"""
RESULT = """
goal: Look at the result
steps:
  - {id: make, run: "echo rough > .pre-commit-config.yaml", checks: [{file: .pre-commit-config.yaml, exists: true}]}
"""
"""A rule that ships asks about such a file."""


def demand(stage: Stage, words: str) -> None:
    """Run a plan whose rule demands more of an approval, until it waits."""
    rule = f"policy: [{{name: look, tier: confirm, reason: Somebody looks at it., {words}}}]\n"
    stage.run("goal: Ask\n" + rule + "steps: [{id: edit, run: echo two > a.txt}]\n")


def opened(stage: Stage, *arguments: str) -> list[str]:
    """Return the ids of the open questions."""
    return [one["question"] for one in stage.say("inbox", "--json", *arguments).json["questions"]]


def approvers(stage: Stage, *people: dict[str, object]) -> dict[str, str]:
    """Name approvers in the user's settings; return the variable by which a program finds these."""
    tables = (
        "\n".join(["[[approvers]]", *(f"{key} = {json.dumps(value)}" for key, value in one.items())]) for one in people
    )
    path = stage.folder / "surefoot.toml"
    path.write_text("\n".join(tables), "utf-8")
    return {"SUREFOOT_CONFIG": str(path)}


def test_several_questions_are_approved_at_once(stage: Stage) -> None:
    """Each by its own id; the run completes when it is resumed."""
    stage.run(SEVERAL)
    said = stage.say("approve", f"{RUN}.1", f"{RUN}.2", "--json").json
    assert ([one["is_open"] for one in said["answers"]], said["refused"], opened(stage)) == ([False, False], [], [])
    assert stage.say("resume").code == 0


def test_questions_of_one_kind_are_offered_and_approved_together(stage: Stage) -> None:
    """The pattern is shown first."""
    stage.run(SEVERAL)
    assert "1 more like this" in stage.say("inbox").out
    said = stage.say("approve", f"{RUN}.1", "--all-like").out
    assert ("every step of the group do-{item}" in said, f"{RUN}.2" in said, opened(stage)) == (True, True, [])


def test_one_refusal_holds_up_no_other_answer(stage: Stage) -> None:
    """The exit code tells of it."""
    stage.run(SEVERAL)
    said = stage.say("approve", f"{RUN}.9", f"{RUN}.2")
    assert (said.code, f"no question '{RUN}.9'" in said.err, opened(stage)) == (2, True, [f"{RUN}.1"])


def test_the_reason_of_a_rejection_stands_in_the_report(stage: Stage) -> None:
    """So that whoever comes next knows why."""
    stage.run("asking")
    stage.say("reject", f"{RUN}.1", "--reason", "Not before Monday")
    stage.say("resume")
    assert "Not before Monday" in stage.say("report").out


def test_an_edited_command_is_run_in_place_of_the_one_that_was_shown(stage: Stage) -> None:
    """And the step's page tells who wanted what instead."""
    stage.run("asking")
    said = stage.say("edit", f"{RUN}.1", "--command", "echo better > sent.txt")
    assert ("+echo better > sent.txt" in said.out, stage.say("resume").code) == (True, 0)
    assert stage.git("show", f"surefoot/{RUN}:sent.txt") == "better"
    assert "instead: echo better > sent.txt" in stage.say("show", RUN, "send", "--no-pager").out


def test_an_edited_result_is_kept_in_place_of_the_one_that_was_shown(stage: Stage) -> None:
    """The patch is made against what the step began with; its counts need not be right."""
    stage.run(RESULT)
    shown = stage.say("inbox", f"{RUN}.1", "--json").json["diff"]
    path = stage.folder / "better.diff"
    path.write_text(shown.replace("+rough", "+smooth\n+and more"), "utf-8")
    assert stage.say("edit", f"{RUN}.1", "--file", str(path)).code == 0
    assert (stage.say("resume").code, stage.git("show", f"surefoot/{RUN}:.pre-commit-config.yaml")) == (
        0,
        "smooth\nand more",
    )


def test_a_patch_that_does_not_fit_is_refused(stage: Stage) -> None:
    """The question stays open."""
    stage.run(RESULT)
    path = stage.folder / "bad.diff"
    path.write_text("--- a/gone.txt\n+++ b/gone.txt\n@@ -1 +1 @@\n-a\n+b\n", "utf-8")
    said = stage.say("edit", f"{RUN}.1", "--file", str(path))
    assert (said.code, "does not fit" in said.err, opened(stage)) == (2, True, [f"{RUN}.1"])


def test_a_step_that_was_taken_over_is_checked_as_if_it_had_run(stage: Stage) -> None:
    """The inbox says where to work."""
    stage.run("asking")
    stage.say("take-over", f"{RUN}.1")
    stage.say("resume")
    (question,) = stage.say("inbox", "--json").json["questions"]
    stage.bash(f"echo by hand > {question['lane']}/sent.txt")
    stage.say("answer", question["question"], "done")
    assert (stage.say("resume").code, stage.git("show", f"surefoot/{RUN}:sent.txt")) == (0, "by hand")


def test_an_answer_is_heard_by_an_engine_at_work(stage: Stage) -> None:
    """It goes on with the step that asked, while another one is under way."""
    plan = """
goal: Ask while something runs
limits: {parallel: 2}
steps:
  - {id: hold, run: "until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done"}
  - {id: ask, run: "echo asked > asked.txt", tier: confirm, checks: [{file: asked.txt, exists: true}]}
"""
    with stage.begin("run", stage.plan(plan), "--run-id", RUN) as program:
        program.hear(f"question {RUN}.1")
        said = stage.say("approve", f"{RUN}.1").out
        program.hear("verified   ask")
        stage.go()
        assert ("goes on" in said, program.wait().code) == (True, 0)


def test_the_inbox_holds_the_questions_of_all_runs(stage: Stage) -> None:
    """Of one repository, or of one run."""
    stage.run("asking")
    stage.say("run", stage.plan("asking"), "--run-id", "20260102-abc123")
    assert opened(stage, "--all") == [f"{RUN}.1", "20260102-abc123.1"]
    assert opened(stage, "20260102") == ["20260102-abc123.1"]


def test_a_role_is_taken_from_the_settings_alone(stage: Stage) -> None:
    """Who has it is named; who says to be somebody else by a variable is not believed."""
    demand(stage, "role: release")
    settings = approvers(
        stage, {"name": "Una", "user": "una", "roles": ["release"]}, {"name": "me", "user": current_user()}
    )
    said = stage.say("approve", f"{RUN}.1", env={**settings, "USER": "una", "SUREFOOT_USER": "una"})
    assert (said.code, "role 'release'" in said.err, "held by Una" in said.err) == (2, True, True)


def test_who_is_no_approver_may_not_answer_once_some_are_named(stage: Stage) -> None:
    """Nor approve beforehand."""
    stage.run("asking")
    settings = approvers(stage, {"name": "Una", "user": "una"})
    codes = [stage.say(*words, env=settings).code for words in (("approve", f"{RUN}.1"), ("resume", "--allow", "send"))]
    assert (codes, opened(stage)) == ([2, 2], [f"{RUN}.1"])


def test_two_people_have_to_be_different(stage: Stage) -> None:
    """After the first approval the question stays open, and says so."""
    demand(stage, "people: 2")
    first, second = stage.say("approve", f"{RUN}.1"), stage.say("approve", f"{RUN}.1")
    assert ("1 more approval" in first.out, second.code, "ask somebody else" in second.err) == (True, 2, True)


def test_a_trail_is_checked_without_its_home(stage: Stage) -> None:
    """A line that was changed is named."""
    stage.run("asking")
    stage.say("approve", f"{RUN}.1")
    path = stage.folder / "trail.jsonl"
    stage.say("audit", "--export", str(path))
    elsewhere = {"SUREFOOT_HOME": str(stage.folder / "elsewhere")}
    before = stage.say("audit", "--verify", str(path), env=elsewhere).code
    path.write_text(path.read_text("utf-8").replace('"answer": "yes"', '"answer": "no"'), "utf-8")
    after = stage.say("audit", "--verify", str(path), env=elsewhere)
    assert (before, after.code, "does not match its hash" in after.out) == (0, 1, True)
