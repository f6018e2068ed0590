"""A step with `optional: true`: its failure is told and does not keep the run from being completed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from surefoot import Plan, Step
from surefoot.core.plan import OnFailure
from surefoot.planfile import parse_plan

if TYPE_CHECKING:
    from conftest import Desk

STEPS = """steps:
  - {id: edit, run: "echo two > a.txt", checks: [{file: a.txt, contains: two}]}
  - {id: lint, run: "exit 1", optional: true}
  - {id: after, needs: [lint], run: "true"}
"""


def test_a_run_whose_optional_step_fails_is_completed(desk: Desk) -> None:
    """Exit code 0; the step is listed as not done, and what needs it went on."""
    said = desk.run(STEPS)
    assert (said.code, "skipped  lint  optional; failed: exit status 1" in said.out) == (0, True), said.out
    states = {step["id"]: step["state"] for step in desk.say("report", "--json").json["steps"]}
    assert states == {"edit": "verified", "lint": "skipped", "after": "verified"}


def test_a_run_with_a_failed_optional_step_lands_without_a_question(desk: Desk) -> None:
    """Nothing that was wanted is missing."""
    desk.run(STEPS)
    assert (desk.say("land").code, (desk.user / "a.txt").read_text("utf-8")) == (0, "two\n")


def test_what_an_optional_step_blocks_is_missing_all_the_same(desk: Desk) -> None:
    """`on_failure: block` holds back a step that is not optional."""
    assert desk.run(STEPS.replace("optional: true", "optional: true, on_failure: block")).code == 3


@pytest.mark.parametrize(("more", "how"), [("", OnFailure.SKIP), (", on_failure: stop", OnFailure.STOP)])
def test_an_optional_step_is_skipped_when_it_fails_unless_the_plan_says_otherwise(more: str, how: OnFailure) -> None:
    """Also an agent's: nobody is asked about what is not needed."""
    text = f"goal: g\nsteps:\n  - {{id: a, agent: x, checks: [{{run: x}}], optional: true{more}}}\n"
    (step,) = parse_plan(text, "p").plan.steps
    assert (step.optional, step.on_failure) == (True, how)


def test_a_step_of_python_may_be_optional() -> None:
    """With the same default as in a file."""
    (step,) = Plan(goal="g", steps=[Step("a", run="x", optional=True)]).compiled().steps
    assert (step.optional, step.on_failure) == (True, OnFailure.SKIP)
