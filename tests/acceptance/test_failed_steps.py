"""Failed steps and people: what is shown, what is said, and what the next attempt is.

Read `test_answering.py` for questions about effects.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Said, Stage

RUN = "20260101-abc123"
ONE = f"{RUN}.1"
COMMAND = """
goal: Build it
steps:
  - id: build
    run: "test -e new.txt && echo more >> new.txt || { echo half > new.txt; echo no room; exit 3; }"
    writes: [new.txt]
    on_failure: ask
    retry: {maximum_attempts: 1}
    checks: [{run: test -e new.txt, expect: pass}]
"""
AGENT = """
goal: Say two
steps:
  - id: fix
    agent: Make it say something.
    writes: [a.txt]
    retry: {maximum_attempts: 1}
    checks: [{run: grep -q two a.txt, expect: fail_to_pass}]
  - id: after
    needs: [fix]
    agent: Say it again.
    writes: [new.txt]
    checks: [{file: new.txt, exists: true, expect: fail_to_pass}]
"""
SCRIPT = """
- when: {step: after, contains: "Use two, not three"}
  calls:
    - {tool: edit, arguments: {create: [{path: new.txt, content: two}]}}
    - {tool: finish, arguments: {summary: Said again., confidence: 1.0}}
- when: {step: fix, contains: "Use two, not three"}
  calls:
    - {tool: edit, arguments: {edits: [{path: a.txt, old: one, new: two}]}}
    - {tool: finish, arguments: {summary: It says two., confidence: 1.0}}
- calls:
    - {tool: edit, arguments: {edits: [{path: a.txt, old: one, new: three}]}}
    - {tool: finish, arguments: {summary: It says three., confidence: 1.0}}
"""


def agents(stage: Stage) -> Said:
    """Run two agents, the first of which fails until it is told better."""
    (stage.folder / "play.yaml").write_text(SCRIPT, "utf-8")
    return stage.run(AGENT, "--model", f"scripted:{stage.folder / 'play.yaml'}", "--yes")


def built(stage: Stage) -> str:
    """Return what the run branch has as `new.txt`."""
    return stage.git("show", f"surefoot/{RUN}:new.txt")


def test_what_is_said_about_a_failure_reaches_the_next_attempt_and_later_agents(stage: Stage) -> None:
    """Word for word; the run goes on and completes (M61, M123)."""
    assert agents(stage).code == 4
    said = stage.say("answer", ONE, "retry", "--say", "Use two, not three")
    assert (said.code, "Use two, not three" in said.out) == (0, True)
    assert (stage.say("resume").code, stage.states()) == (0, {"fix": "verified", "after": "verified"})


def test_an_agent_tries_again_with_another_instruction(stage: Stage) -> None:
    """The instruction of a person stands in place of the plan's (M60)."""
    agents(stage)
    assert stage.say("edit", ONE, "--instruction", "Use two, not three").code == 0
    assert stage.say("resume").code == 0


def test_the_question_shows_what_was_expected_beside_what_was_found(stage: Stage) -> None:
    """With the way to look at what was put back (M33, M74, M118)."""
    text = agents(stage).out
    assert "expected: exit status 0" in text
    assert "found:    exit status 1" in text
    assert f"surefoot show {RUN} fix --attempt 1 --diff" in text


def test_what_a_failed_attempt_had_changed_is_shown_as_a_patch(stage: Stage) -> None:
    """Also of an attempt whose command failed half-way."""
    stage.run(COMMAND)
    said = stage.say("show", RUN, "build", "--attempt", "1", "--diff")
    assert (said.code, "+++ b/new.txt" in said.out, "+half" in said.out) == (0, True, True)
    assert stage.say("show", RUN, "build", "--attempt", "2", "--diff").code == 2


def test_a_command_tries_again_as_a_person_has_changed_it(stage: Stage) -> None:
    """What is said with it is kept, though no agent reads it."""
    stage.run(COMMAND)
    said = stage.say("edit", ONE, "--command", "echo whole > new.txt", "--say", "Half is not enough")
    assert "not carried out by an agent" in said.out
    assert (stage.say("resume").code, built(stage)) == (0, "whole")
    assert "Half is not enough" in stage.say("report", RUN).out


def test_the_next_attempt_begins_with_what_the_failed_one_had_changed(stage: Stage) -> None:
    """Where a person wants that."""
    stage.run(COMMAND)
    assert stage.say("answer", ONE, "retry", "--keep-changes").code == 0
    assert (stage.say("resume").code, built(stage)) == (0, "half\nmore")


def test_a_patch_of_a_person_is_the_result_of_the_next_attempt(stage: Stage, tmp_path: Path) -> None:
    """The body does not run; the checks decide as usual."""
    stage.run(COMMAND)
    (tmp_path / "p").write_text("--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+mine\n", "utf-8")
    assert stage.say("edit", ONE, "--patch", str(tmp_path / "p")).code == 0
    assert (stage.say("resume").code, built(stage)) == (0, "mine")


def test_a_patch_that_does_not_fit_is_refused_at_once(stage: Stage, tmp_path: Path) -> None:
    """The question stays open."""
    stage.run(COMMAND)
    (tmp_path / "p").write_text("--- a/no.txt\n+++ b/no.txt\n@@ -1 +1 @@\n-x\n+y\n", "utf-8")
    said = stage.say("edit", ONE, "--patch", str(tmp_path / "p"))
    assert (said.code, "does not fit" in said.err, stage.states()["build"]) == (2, True, "waiting")


def test_a_failed_step_is_done_by_hand(stage: Stage) -> None:
    """In a lane that the run makes ready."""
    stage.run(COMMAND)
    stage.say("take-over", ONE)
    assert stage.say("resume").code == 4
    question = stage.say("inbox", "--json").json["questions"][0]
    (Path(question["lane"]) / "new.txt").write_text("by hand\n", "utf-8")
    stage.say("answer", question["question"], "done")
    assert (stage.say("resume").code, built(stage)) == (0, "by hand")


def test_a_step_that_is_given_back_is_asked_about_again(stage: Stage) -> None:
    """Its body does not run unasked."""
    stage.run(COMMAND)
    stage.say("take-over", ONE)
    stage.say("resume")
    stage.say("answer", f"{RUN}.2", "abandon")
    assert (stage.say("resume").code, "given back" in stage.say("inbox").out) == (4, True)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("answer", ONE, "edit"), "surefoot edit"),
        (("answer", ONE, "skip", "--keep-changes"), "--keep-changes goes with `retry`"),
        (("edit", ONE, "--instruction", "x"), "give --command"),
        (("edit", ONE, "--command", " "), "the command is empty"),
        (("answer", ONE, "retry", "--say", "x" * 5000), "at most 4,000"),
    ],
)
def test_what_does_not_go_with_a_failure_is_refused(stage: Stage, arguments: tuple[str, ...], why: str) -> None:
    """With what to do instead; the question stays open."""
    stage.run(COMMAND)
    said = stage.say(*arguments)
    assert (said.code, why in said.err, stage.states()["build"]) == (2, True, "waiting")
