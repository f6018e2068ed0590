"""Who may use which service."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core.check_kinds import CommandCheck
from surefoot.core.ids import StepId
from surefoot.core.plan import AskBody, Check, FunctionBody, Plan, RunBody, Service, Step
from surefoot.core.service_use import problems_of_services

RUN = RunBody(command="x")


def problems(step: dict[str, Any], *, network: bool = False) -> list[str]:
    """Return what is wrong with a step of a plan that has one service."""
    made = Step(**{"id": StepId("a"), "body": RUN, "uses": ("db",), **step})
    plan = Plan(goal="g", steps=(made,), services=(Service(name="db", run="db", network=network),))
    return [problem.text for problem in problems_of_services(plan)]


@pytest.mark.parametrize("step", [{}, {"uses": ("gpu",), "network": True}, {"body": AskBody(question="?")}])
def test_who_meets_a_service_on_its_network_may_use_it(step: dict[str, Any]) -> None:
    """So may whoever uses something else, or asks a person."""
    assert problems(step) == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"network": True}, "the step uses the service 'db', but their `network` differs"),
        ({"confine": False}, "runs outside the sandbox and uses the service 'db'"),
        ({"body": FunctionBody(name="f")}, "a body in this very program uses the service 'db'"),
        (
            {"checks": (Check(name="c", ask=CommandCheck(command="x"), network=True, uses=("db",)),)},
            "the check 'c' uses the",
        ),
        ({"checks": (Check(name="c", ask=CommandCheck(command="x"), uses=("bd",)),)}, "its services are db"),
    ],
)
def test_who_cannot_reach_a_service_is_told(step: dict[str, Any], words: str) -> None:
    """With the cure."""
    (text,) = problems(step)
    assert words in text


def test_what_runs_outside_the_sandbox_meets_a_service_with_the_whole_network() -> None:
    """Both are on the machine's own."""
    assert problems({"confine": False}, network=True) == []
