"""What follows a failure, by its kind: a check that did not pass, or anything else (M34)."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot import Step
from surefoot.core import commands as do
from surefoot.core.event_words import Ending, Status, Verdict
from surefoot.core.plan import OnFailure
from surefoot.planfile import parse_plan
from tests.core.test_kernel_conversations import failing

WAYS = {"on_execution": OnFailure.SKIP, "on_verification": OnFailure.ASK}
BAD = Ending(status=Status.EXIT, exit_code=1)
PLAN = """
goal: g
steps:
  - {id: a, run: "true", writes: [a]}
  - {id: b, run: "true", needs: [a], on_failure: {execution: skip, verification: {rollback_to: a}}}
"""


@pytest.mark.parametrize(("is_body", "state"), [(True, "skipped"), (False, "waiting")])
def test_what_follows_a_failure_differs_by_its_kind(play: Any, is_body: bool, state: str) -> None:
    """An effect that could not be carried out is skipped; a result that is wrong is looked into."""
    run = play({"a": {**WAYS, "checks": (failing(),)}})
    if is_body:
        run.will(do.RunStep, "a", ending=BAD)
    assert run.will(do.AskCheck, "k", verdict=Verdict.FAILED).go().states == {"a": state}


def test_a_plan_file_says_it_by_kind() -> None:
    """Each kind takes what `on_failure` takes alone; the others have the default."""
    step = parse_plan(PLAN, "plan.yaml").plan.steps[1]
    assert (step.on_execution, step.on_verification, step.rollback_to) == (OnFailure.SKIP, OnFailure.ROLLBACK, "a")
    assert step.on_failure is OnFailure.BLOCK


def test_a_plan_in_python_says_it_by_kind() -> None:
    """As a mapping."""
    step = Step("a", run="true", on_failure={"verification": "ask", "default": "stop"}).compiled()
    assert (step.on_failure, step.on_execution, step.on_verification) == (OnFailure.STOP, None, OnFailure.ASK)
