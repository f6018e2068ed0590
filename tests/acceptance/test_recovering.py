"""Failures are answered rung by rung, and what cannot go on by itself is listed with the command that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import RUN
from tests.misused_tools import PLAN, SCRIPT

if TYPE_CHECKING:
    from conftest import Stage

FAILING = """
goal: Fail
steps:
  - {id: first, run: echo a > a.txt}
  - {id: fail, needs: [first], run: "echo 'Connection refused' >&2; exit 7", retry: {initial_interval: 0s}}
  - {id: after, needs: [fail], run: echo b > b.txt}
"""
ASKING = "goal: Fail\nsteps:\n  - {id: fail, run: exit 3, on_failure: ask}\n"
AGENT_ASKS = """
- when: {turn: 1}
  calls: [{tool: ask, arguments: {question: Which word?}}]
- when: {turn: 2, contains: "Look again before you rest on it"}
  calls: [{tool: edit, arguments: {create: [{path: out.txt, content: done}]}}]
- when: {turn: 3}
  calls: [{tool: finish, arguments: {summary: It is written., confidence: 0.95}}]
"""


def test_an_agent_is_told_to_look_again_after_a_long_absence(stage: Stage) -> None:
    """A person took long to answer it, and nobody knows what the network has become meanwhile (M142)."""
    (stage.user / "surefoot.toml").write_text('[run]\nabsence = "1ms"\n', "utf-8")
    (stage.folder / "play.yaml").write_text(AGENT_ASKS, "utf-8")
    plan = PLAN.replace("writes:", "network: true\n    effect: reversible\n    writes:")
    assert stage.run(plan, "--model", f"scripted:{stage.folder / 'play.yaml'}").code == 4
    [question] = stage.say("report", "--json").json["questions"]
    stage.say("answer", question["id"], "done")
    assert stage.say("resume").code == 0
    assert "absence_noted" in stage.say("show", RUN, "--events").out


def test_a_step_that_is_given_up_is_a_dead_letter(stage: Stage) -> None:
    """With its reason and the command; what needs it is named, too (M68, M77, M119)."""
    assert stage.run(FAILING).code == 3
    said, found = stage.say("dead"), stage.say("dead", RUN, "--json").json
    assert (said.code, found["schema"]) == (1, "surefoot.dead/1")
    assert [(one["step"], one["why"]) for one in found["dead"]] == [("fail", "failed"), ("after", "blocked")]
    assert found["dead"][0]["reason"].endswith("(all 3 attempts are used)")
    assert said.out.count(f"do: surefoot retry {RUN} fail") == 2


def test_a_run_gives_up_in_a_record(stage: Stage) -> None:
    """With the last error, the attempts, and each rung that was climbed (M119)."""
    stage.run(FAILING)
    [given] = stage.say("report", "--json").json["escalations"]
    assert (given["step"], given["attempts"], given["to"]) == ("fail", 3, "report")
    assert [one["rung"] for one in given["recoveries"]] == ["retry", "retry", "on_failure"]
    assert "Connection refused" in given["last_error"]


def test_a_person_who_is_asked_about_a_failure_is_told_of_by_dead(stage: Stage) -> None:
    """Its command shows the question."""
    assert stage.run(ASKING).code == 4
    [letter] = stage.say("dead", "--json").json["dead"]
    assert (letter["step"], letter["why"], letter["attempts"]) == ("fail", "asked", 1)
    assert letter["next"].startswith("surefoot inbox ")


def test_a_dead_letter_is_taken_up_again(stage: Stage) -> None:
    """Once the cause is mended, the run goes on to its end (M68)."""
    flag = stage.user / "mended"
    steps = f"[{{id: fail, run: 'test -e {flag}'}}, {{id: b, run: 'true', needs: [fail]}}]"
    plan = f"goal: g\nlimits: {{attempts: 1}}\nsteps: {steps}\n"
    assert stage.run(plan).code != 0
    flag.touch()
    assert stage.say("dead", "retry", f"{RUN}:b").code == 0
    assert (stage.states(), stage.say("dead").code) == ({"fail": "verified", "b": "verified"}, 0)
    assert "dead_letter_taken_up" in stage.say("show", RUN, "--events").out


def test_a_dead_letter_is_closed_with_a_reason(stage: Stage) -> None:
    """It is listed no more, but for those who ask; the report has the reason (M68)."""
    stage.run(FAILING)
    closed = stage.say("dead", "close", f"{RUN}:fail", "--why", "not ours", "--json").json["closed"]
    assert (closed["step"], closed["why"]) == ("fail", "not ours")
    assert (stage.say("dead").code, stage.say("dead", RUN).out.strip()) == (0, "Nothing is stuck.")
    assert [one["closed_why"] for one in stage.say("dead", "--all", "--json").json["dead"]] == ["not ours"] * 2
    assert stage.say("report", "--json").json["escalations"][0]["closed"]["why"] == "not ours"
    again = stage.say("dead", "close", "fail")
    assert (again.code, "has closed" in again.err) == (2, True)


def test_a_question_about_a_failure_is_answered_by_closing_or_taking_up_the_letter(stage: Stage) -> None:
    """With `retry`, then with `block`."""
    stage.run(ASKING)
    assert stage.say("dead", "retry", "fail").code == 4
    assert stage.say("dead", "close", "fail", "--why", "enough").code == 0
    stage.say("resume")
    assert (stage.states()["fail"], stage.say("dead").code) == ("failed", 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("retry",), "an item was expected"),
        (("close", "fail:x:y"), "there is no run"),
        (("retry", RUN), "is no dead letter"),
        (("close", f"{RUN}:gone"), "has no step 'gone'"),
        (("retry", "fail", "--why", "x"), "--why goes with"),
        ((RUN, "fail"), "was expected"),
    ],
)
def test_words_that_name_no_dead_letter_are_refused(stage: Stage, words: tuple[str, ...], said: str) -> None:
    """Each says what was expected."""
    stage.run(FAILING)
    found = stage.say("dead", *words)
    assert (found.code, said in found.err) == (2, True)


def test_a_home_in_which_all_is_done_has_no_dead_letters(stage: Stage) -> None:
    """A completed run is not even read."""
    stage.run("edit")
    said = stage.say("dead")
    assert (said.code, said.out.strip()) == (0, "Nothing is stuck.")


@pytest.mark.raises_alarms("misuse")
def test_show_and_postmortem_tell_what_an_agent_was_helped_by(stage: Stage) -> None:
    """Twelve wrong calls end its first attempt; the second one is shown the schema, and works (M87)."""
    script = stage.folder / "play.yaml"
    script.write_text(SCRIPT, "utf-8")
    assert stage.run(PLAN, "--model", f"scripted:{script}").code == 0
    assert "recovery for tool_misuse: exact_schema (built-in ladder)" in stage.say("show", RUN, "write").out
    assert "write attempt 1: tool_misuse -> exact_schema" in stage.say("postmortem", RUN).out
    figures = stage.say("stats", "--json").json
    assert "exact_schema" in str(figures)
