"""`run` and `land`: what is wrong use, and what is missing from a run before it is taken over.

What git does is for `tests/workspace/test_land.py`.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

RUN = "20260101-abc123"
PARTIAL = """accept: [{run: grep -q two b.txt}]
steps:
  - {id: good, run: "echo two > a.txt", checks: [{file: a.txt, contains: two}]}
  - {id: wrong, run: "exit 1"}
"""
MISSING = "1 of 2 steps is missing; acceptance failed: grep -q two b.txt"


def test_land_of_a_partial_run_says_what_is_missing_and_lands_nothing(desk: Desk) -> None:
    """Without a terminal there is nobody to ask: exit code 2, and what to say instead."""
    desk.run(PARTIAL)
    said = desk.say("land")
    assert (said.code, MISSING in said.err, "--yes" in said.err) == (2, True, True)
    assert (desk.user / "a.txt").read_text("utf-8") == "one\n"


def test_land_of_a_partial_run_lands_what_there_is_with_yes(desk: Desk) -> None:
    """And says once more what is missing."""
    desk.run(PARTIAL)
    said = desk.say("land", "--yes", "--json")
    assert (said.code, said.json["missing"]) == (0, MISSING)
    assert (desk.user / "a.txt").read_text("utf-8") == "two\n"


def test_land_refused_by_git_is_wrong_use(desk: Desk) -> None:
    """Exit code 2: the person can mend it."""
    desk.run("steps: [{id: good, run: 'echo two > a.txt'}]")
    (desk.user / "a.txt").write_text("mine\n", "utf-8")
    assert desk.say("land").code == 2


@pytest.mark.parametrize(
    ("spoil", "words"),
    [("rm -rf .git; git init -q", "has no commit yet"), ("printf x > ../state", "cannot be made")],
)
def test_a_run_that_cannot_begin_here_is_wrong_use(spoil: str, words: str, desk: Desk) -> None:
    """A repository without a commit, a home that cannot be made: no fault of ours, so exit code 2."""
    subprocess.run(["bash", "-c", spoil], cwd=desk.user, check=True)
    said = desk.run("steps: [{id: good, run: 'true'}]")
    assert (said.code, words in said.err) == (2, True)


def test_an_id_that_ends_with_a_line_break_is_no_run_id(desk: Desk) -> None:
    """It would reach git as a name that no ref can have."""
    said = desk.say("run", desk.plan("steps: [{id: good, run: 'true'}]"), "--run-id", f"{RUN}\n")
    assert (said.code, "is not a run id" in said.err) == (2, True)


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_plan_that_is_not_there_names_what_writes_one(command: str, desk: Desk) -> None:
    """In the same words for both commands."""
    said = desk.say(command, "nope.yaml")
    text = "surefoot: there is no plan 'nope.yaml'; `surefoot init nope.yaml` writes one to begin with\n"
    assert (said.code, said.err) == (2, text)


def test_what_init_writes_is_not_called_uncommitted(desk: Desk) -> None:
    """The run has copies of its own of the plan and of the schema beside it."""
    desk.say("init")
    said = desk.say("run", "surefoot.yaml", "--run-id", RUN)
    assert (said.code, "uncommitted" in said.out) == (0, False)


def test_the_sandbox_is_described_in_the_first_run_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where commands are not confined at all it is said each time; this is about the other rungs."""
    monkeypatch.setattr("surefoot.cli.execution.rung_detail", lambda: "landlock: a long story")
    steps = "steps: [{id: good, run: 'true'}]"
    first, second = desk.run(steps), desk.say("run", desk.plan(steps))
    assert ("Sandbox landlock" in first.out, "Sandbox" in second.out) == (True, False)


def test_check_says_once_what_happens_when_any_of_several_steps_fails(desk: Desk) -> None:
    """Steps of one fate share a line."""
    said = desk.say("check", desk.plan("steps: [{id: a, run: 'true'}, {id: b, run: 'true'}]"))
    assert said.out.count("  a, b: ") == 1


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("diagnose gone", "name a file with traces"),
        ("audit --verify gone", "name a file of `surefoot audit --export`"),
        ("amend gone", "name a file with a plan or an amendment"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_once_with_the_reason_and_what_to_do(
    words: str, cure: str, desk: Desk
) -> None:
    """Without numbers of the system and the name once more in brackets."""
    desk.run("steps: [{id: good, run: 'true'}]")
    said = desk.say(*words.split())
    assert said.code == 2
    assert f"gone: it cannot be read (No such file or directory); {cure}" in said.err


@pytest.mark.parametrize("words", ["schema made.yaml/x.json", "stats --svg made.yaml/x.svg"])
def test_a_file_that_cannot_be_written_is_named_with_what_to_do(words: str, desk: Desk) -> None:
    """The reason of the system stands in brackets."""
    (desk.user / "made.yaml").write_text("", "utf-8")
    said = desk.say(*words.split())
    assert (said.code, "cannot be written (Not a directory); name another file" in said.err) == (2, True)


def test_an_answer_that_comes_too_late_is_told_where_open_questions_are(desk: Desk) -> None:
    """And who answered before."""
    desk.run("steps: [{id: asks, ask: 'Go on?'}]")
    desk.say("answer", f"{RUN}.1", "yes")
    said = desk.say("answer", f"{RUN}.1", "no")
    assert (said.code, "; `surefoot inbox` shows the open ones" in said.err) == (2, True)
