"""A step with `risk`: the text stands wherever a person decides about the step, and in the report (M16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

STEPS = """steps:
  - {id: edit, run: "echo two > a.txt", risk: needs 4 GB, tier: confirm, checks: [{file: a.txt, contains: two}]}
"""


@pytest.mark.parametrize("words", [("check",), ("run",)])
def test_the_plan_that_is_shown_names_the_risk(desk: Desk, words: tuple[str, ...]) -> None:
    """Below its step, before anything is done."""
    said = desk.say(*words, desk.plan(STEPS))
    assert "  risk: needs 4 GB\n" in said.out


def test_the_check_of_a_plan_has_risks_as_data(desk: Desk) -> None:
    """By step; steps without one are left out."""
    assert desk.say("check", desk.plan(STEPS), "--json").json["risks"] == {"edit": "needs 4 GB"}


def test_the_question_about_the_step_names_the_risk(desk: Desk) -> None:
    """In the inbox, where a person approves it."""
    desk.run(STEPS)
    assert "  risk:    needs 4 GB" in desk.say("inbox").out


def test_the_report_and_the_page_of_the_step_name_the_risk(desk: Desk) -> None:
    """As text and as data."""
    desk.run(STEPS, "--yes")
    assert desk.say("report", "--json").json["steps"][0]["risk"] == "needs 4 GB"
    assert "risk: needs 4 GB" in desk.say("report").out
    assert "  risk: needs 4 GB" in desk.say("show", "edit").out
