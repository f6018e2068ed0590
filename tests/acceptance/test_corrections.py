"""`surefoot corrections` (M61): what people corrected, as a page and as a data set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLAN = """
goal: Two files
steps:
  - {id: first, run: "echo one > one.txt", writes: [one.txt], tier: confirm, checks: [{file: one.txt, exists: true}]}
  - {id: second, run: "echo two > two.txt", writes: [two.txt], tier: confirm, checks: [{file: two.txt, exists: true}]}
"""


def test_what_people_said_is_written_as_a_data_set(stage: Stage) -> None:
    """With what they were asked, in order; the page has a line for each."""
    assert stage.run(PLAN).code == 4
    assert stage.say("approve", f"{RUN}.1").code == 0
    assert stage.say("resume").code == 4
    assert stage.say("reject", f"{RUN}.2", "--reason", "no second file").code == 0
    file = stage.folder / "corrections.jsonl"
    assert stage.say("corrections", RUN, "--export", str(file)).code == 0
    header, *rows = map(json.loads, file.read_text("utf-8").splitlines())
    assert header == {"format": "surefoot.corrections/1"}
    assert [(row["kind"], row["step"], row["reason"]) for row in rows] == [
        ("approved", "first", ""),
        ("refused", "second", "no second file"),
    ]
    assert "echo two > two.txt" in rows[1]["shown"]
    assert "refused" in stage.say("corrections").out


def test_a_home_in_which_nobody_spoke_has_no_corrections(stage: Stage) -> None:
    """That is said."""
    assert stage.say("corrections").out.splitlines() == ["Nobody has said anything about the work yet."]
    assert stage.say("corrections", "--json").json["corrections"] == []


def test_a_result_that_a_person_judged_stands_with_what_its_agent_claimed(stage: Stage) -> None:
    """How sure it was, and what was looked at, too; by a review and by what takes the result back (M61)."""
    done = "{tool: run, arguments: {command: echo yes > done.txt}}"
    end = "{tool: finish, arguments: {summary: It is done., confidence: 0.9}}"
    (stage.folder / "play.yaml").write_text(f"- calls: [{done}, {end}]\n", "utf-8")
    step = "{id: do, agent: Do it., writes: [done.txt], checks: [{run: grep -q yes done.txt, expect: fail_to_pass}]}"
    arguments = ("--run-id", RUN, "--model", f"scripted:{stage.folder / 'play.yaml'}", "--yes")
    assert stage.say("run", stage.plan(f"goal: Do it\nsteps: [{step}]\n"), *arguments).code == 0
    assert stage.say("review", f"{RUN}:do", "wrong", "--why", "too short").code == 0
    assert stage.say("invalidate", RUN, "do", "--why", "it is empty").code == 0
    rows = stage.say("corrections", RUN, "--json").json["corrections"]
    said = [(row["kind"], row["step"], row["attempt"], row["said"], row["reason"]) for row in rows]
    assert said == [("reviewed", "do", 1, "wrong", "too short"), ("invalidated", "do", 1, "wrong", "it is empty")]
    assert {(row["claim"], row["confidence"], row["is_right"]) for row in rows} == {("It is done.", 0.9, False)}
    assert all(row["shown"].startswith("the result of step do, commit ") for row in rows)
