"""The plan of a real run is changed: while it works, once it has ended, by a file or by a word."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import PLANS, RUN, Stage

ADDED = """
why: Logs are wanted, too
amend:
  - add: {id: logs, needs: [after], run: echo log > logs.txt, checks: [{file: logs.txt, exists: true}]}
  - replace: {id: hold, run: echo quick > held.txt, checks: [{file: held.txt, exists: true}]}
"""

ALONE = "{id: second, run: echo two > b.txt, checks: [{run: grep -q two b.txt, expect: fail_to_pass}]}"


WAITING = """
goal: Two in b
steps:
  - {id: second, run: "%s", writes: [b.txt], %s, checks: [{run: grep -q two b.txt, expect: fail_to_pass}]}
"""


def amendment(stage: Stage, text: str) -> str:
    """Write a file beside the plan and return its path."""
    path = stage.folder / "amend.yaml"
    path.write_text(text, "utf-8")
    return str(path)


def test_a_step_under_way_begins_anew_as_it_is_amended(stage: Stage) -> None:
    """What it did is put back, and the engine at work carries the amended plan out."""
    with stage.held() as program:
        said = stage.say("amend", RUN, amendment(stage, ADDED))
        assert (said.code, "restarted  hold" in said.out, "added      logs" in said.out) == (0, True, True)
        assert program.wait().code == 0
    assert stage.states() == dict.fromkeys(("hold", "after", "logs"), "verified")
    assert stage.git("show", f"surefoot/{RUN}:held.txt") == "quick"


def test_an_ended_run_goes_on_with_what_is_added(stage: Stage) -> None:
    """Verified steps that stay are not done again."""
    assert stage.run("edit").code == 0
    head = stage.git("rev-parse", f"surefoot/{RUN}")
    more = PLANS["edit"] + "  - {id: third, run: echo c > c.txt, checks: [{file: c.txt, exists: true}]}\n"
    assert stage.say("amend", amendment(stage, more)).code == 0
    assert stage.say("resume").code == 0
    assert stage.states() == dict.fromkeys(("first", "second", "third"), "verified")
    assert stage.git("rev-parse", f"surefoot/{RUN}~1") == head


def test_a_dry_run_changes_nothing(stage: Stage) -> None:
    """It shows what would become of each step."""
    assert stage.run("partial").code == 3
    said = stage.say("drop", "second", "--dry-run", "--json")
    assert said.json["is_done"] is False
    assert [one["what"] for one in said.json["changes"]] == ["kept", "dropped"]
    assert "second" in stage.states()


def test_a_dry_run_shows_what_differs(stage: Stage) -> None:
    """M19: what a step did and does, what it waits for, how the order changes."""
    assert stage.run("partial").code == 3
    path = stage.folder / "amend.yaml"
    changes = (
        "[{replace: {id: second, needs: [first], run: 'true'}}, {move: second, before: first}, {limits: {cost_usd: 8}}]"
    )
    path.write_text(f"amend: {changes}", "utf-8")
    said = stage.say("amend", str(path), "--dry-run").out
    assert "  second does true\n  second did " in said
    assert ("second comes before first" in said, "limits, cost_usd: 8; before: nothing" in said) == (True, True)


@pytest.mark.parametrize(("command", "why"), [("echo 2 > b.txt", "tier: confirm"), ("exit 3", "on_failure: ask")])
def test_a_step_that_waits_for_a_person_is_amended_without_an_answer(stage: Stage, command: str, why: str) -> None:
    """What was asked is about a step that is another one now (M123)."""
    assert stage.run(WAITING % (command, f"{why}, retry: {{maximum_attempts: 1}}")).code == 4
    assert stage.say("amend", amendment(stage, f"why: it\namend: [replace: {ALONE}]"), "--yes").code == 0
    said = stage.say("resume")
    assert said.code == 0, said.out
    assert stage.states() == {"second": "verified"}
    assert stage.say("answer", f"{RUN}.1", "yes").code == 2


def test_a_failed_step_is_dropped_and_the_run_completes(stage: Stage) -> None:
    """It is never too late for another plan."""
    assert stage.run("partial").code == 3
    assert stage.say("drop", "second").code == 0
    assert stage.say("resume").code == 0
    assert stage.states() == {"first": "verified"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"amend: [{{drop: first}}, {{replace: {ALONE}}}]", "its result is on the branch"),
        ("amend: [{drop: frist}]", "there is no step 'frist'; did you mean 'first'?"),
        ("amend: [{replace: {id: second, run: echo}}]", "check"),
    ],
    ids=["verified", "unknown", "without its check"],
)
def test_what_cannot_be_or_allows_more_is_refused(stage: Stage, text: str, said: str) -> None:
    """With the reason, and nothing is changed."""
    assert stage.run("partial").code == 3
    refused = stage.say("amend", amendment(stage, text))
    assert refused.code == 2
    assert said in refused.out + refused.err
    assert stage.say("report", "--json").json["amendments"] == []


def mend(stage: Stage) -> str:
    """Correct the step of the plan file that fails, and return the file."""
    path = stage.folder / "plan.yaml"
    path.write_text(PLANS["edit"], "utf-8")
    return str(path)


@pytest.mark.parametrize("command", ["resume", "retry"])
def test_an_edited_plan_is_taken_up(stage: Stage, command: str) -> None:
    """Verified steps that stay are not done again, and from then on nothing is said of a file that differs."""
    assert stage.run("partial").code == 3
    head = stage.git("rev-parse", f"surefoot/{RUN}")
    said = stage.say(command, "--plan", mend(stage))
    assert (said.code, stage.states()) == (0, dict.fromkeys(("first", "second"), "verified"))
    assert stage.git("rev-parse", f"surefoot/{RUN}~1") == head
    assert "changed since" not in stage.say("resume").err


def test_an_edited_plan_in_a_folder_counts_from_there(stage: Stage) -> None:
    """Its paths mean what they meant when the run was started."""
    (stage.user / "part").mkdir()
    stage.bash("git mv a.txt b.txt part && git commit -qm Move")
    assert stage.run("partial", "--cwd", "part").code == 3
    assert stage.say("resume", "--plan", mend(stage)).code == 0
    assert "part/b.txt" in stage.git("diff", "--name-only", f"surefoot/{RUN}~1", f"surefoot/{RUN}")


def test_a_step_is_added_in_a_line(stage: Stage) -> None:
    """It takes what it needs, proves and writes as options."""
    assert stage.run("edit").code == 0
    options = ("--run", "echo c > c.txt", "--needs", "second", "--check", "test -f c.txt", "--writes", "c.txt")
    assert stage.say("add", "third", *options).code == 0
    assert stage.say("resume").code == 0
    assert stage.states()["third"] == "verified"
    assert "added in revision 1 of the plan, by " in stage.say("show", RUN, "third").out
    assert "there is no step" in stage.say("add", "fourth", "--run", "true", "--before", "nowhere").err


WRITES = '  - {id: other, needs: [hold], run: "mkdir -p config && echo a > config/a && echo b > b.txt"}\n'


@pytest.mark.parametrize("deny", ["config/**", "config"])
def test_what_holds_for_a_run_is_enforced_in_the_lane(stage: Stage, deny: str) -> None:
    """The file that may not be changed is put back with all else of the attempt, and the reason names the sentence."""
    with stage.held(PLANS["holding"] + WRITES) as program:
        assert stage.say("tell", RUN, "Terraform manages it", "--keep", "--deny", deny).code == 0
        stage.go()
        assert program.wait().code == 3
    report = stage.say("report", RUN, "--json").json
    [other] = [one for one in report["steps"] if one["id"] == "other"]
    assert "this holds for the run: Terraform manages it" in other["reason"]
    assert [one["text"] for one in report["constraints"]] == ["Terraform manages it"]


def test_a_command_that_a_constraint_denies_is_never_run(stage: Stage) -> None:
    """From the plan file on; to take it back wants a yes."""
    held = 'constraints: [{text: No publishing, commands: ["publish*"]}]'
    assert stage.run(f"goal: g\n{held}\nsteps: [{{id: a, run: publish it}}]").code == 5
    assert "No publishing" in stage.say("report", RUN).out
    dropped = amendment(stage, "amend: [{drop_constraint: No publishing}]")
    refused = stage.say("amend", dropped)
    assert (refused.code, "is dropped or changed" in refused.err) == (2, True)
    assert stage.say("amend", dropped, "--yes").code == 0


def test_an_edited_plan_does_not_take_back_what_holds(stage: Stage) -> None:
    """A person said it, and only they take it back."""
    assert stage.run("partial").code == 3
    assert stage.say("tell", RUN, "Keep the tests", "--keep").code == 0
    assert stage.say("resume", "--plan", mend(stage)).code == 0
    assert [one["text"] for one in stage.say("report", "--json").json["constraints"]] == ["Keep the tests"]


def test_a_glob_that_is_none_of_the_repository_is_refused(stage: Stage) -> None:
    """With what was expected."""
    assert stage.run("partial").code == 3
    refused = stage.say("tell", RUN, "Keep out", "--keep", "--deny", "../other")
    assert (refused.code, "../other" in refused.err) == (2, True)


def test_a_word_that_no_agent_reads_becomes_a_question_about_the_plan(stage: Stage) -> None:
    """The step at work goes on; a change of the plan answers it (M121)."""
    with stage.held() as program:
        said = stage.say("tell", RUN, "Docs are wanted, too")
        assert (said.code, "a person is asked" in said.out) == (0, True)
        stage.go()
        assert program.wait().code == 4
    [question] = stage.say("report", "--json").json["questions"]
    assert ("Docs are wanted" in question["text"], question["step"]) == (True, "(plan-holds)")
    assert stage.say("add", "docs", "--run", "echo d > docs.txt", "--check", "test -f docs.txt").code == 0
    assert stage.say("resume").code == 0
    assert stage.states() == dict.fromkeys(("hold", "after", "docs"), "verified")
