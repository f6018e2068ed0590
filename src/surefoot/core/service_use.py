"""The rules of `uses`, for plan files and Python callers alike.

A service and its users share one network: that of the lane, or the machine's own, never a mixture.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.events import ACCEPTANCE
from surefoot.core.graph import Problem
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, Plan, Service, Step


def problems_of_services(plan: Plan) -> tuple[Problem, ...]:
    """Return what is wrong with how services are used."""
    known = {service.name: service for service in plan.services}
    found = [problem for check in plan.accept for problem in _of_check(ACCEPTANCE, check, known)]
    for step in plan.steps:
        found += (problem for name in step.uses if name in known for problem in _of_step(step, known[name]))
        found += (problem for check in step.checks for problem in _of_check(step.id, check, known))
    return tuple(found)


def _of_step(step: Step, service: Service) -> Iterator[Problem]:
    name = service.name
    if step.body.in_program:
        text = (
            f"a body in this very program uses the service {name!r}, which only commands can reach; a `run` or `call` "
            "was expected; move what needs it into one"
        )
        yield Problem(step=step.id, text=text, name=name)
    elif not step.body.acts:
        return
    elif not step.confine and not service.network:
        text = (
            f"the step runs outside the sandbox and uses the service {name!r}, which cannot be reached from there; "
            "both on one network were expected; confine the step, or give the service `network: true`"
        )
        yield Problem(step=step.id, text=text, name=name)
    elif step.confine and step.network != service.network:
        yield _apart(step.id, "the step", service)


def _of_check(step: StepId, check: Check, known: dict[str, Service]) -> Iterator[Problem]:
    for name in check.uses:
        if name in known and check.network != known[name].network:
            yield _apart(step, f"the check {check.name!r}", known[name])
        elif name not in known and "{" not in name:
            listed = f"its services are {', '.join(sorted(known))}" if known else "it has none"
            text = f"the check {check.name!r} uses {name!r}; a service of the plan was expected; {listed}"
            yield Problem(step=step, text=text, name=name)


def _apart(step: StepId, who: str, service: Service) -> Problem:
    text = (
        f"{who} uses the service {service.name!r}, but their `network` differs, so that they could not meet; the same "
        "was expected; set it alike for both"
    )
    return Problem(step=step, text=text, name=service.name)
