"""The rules for `agent` steps, for plan files and Python callers alike.

What a model will do is unknown beforehand, and what it reads goes to its provider: so it works in the lane, is given no
secret, and causes no effect outside.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.empty_checks import why_empty
from surefoot.core.graph import Problem
from surefoot.core.plan import Plan, Step


def problems_of_agents(plan: Plan) -> tuple[Problem, ...]:
    """Return what is wrong with steps that agents carry out; `name` is the key at fault."""
    found: list[Problem] = []
    for step in plan.steps:
        if step.body.by_model:
            found += _of_agent(step, plan)
        elif step.unproved:
            text = "`unproved` belongs to `agent` steps, and this is none; remove it"
            found.append(Problem(step=step.id, name="unproved", text=text))
    return tuple(found)


def _of_agent(step: Step, plan: Plan) -> Iterator[Problem]:
    # What the agent says of its work is no proof.
    reasons = [(check.name, why_empty(check, step, plan)) for check in step.checks]
    if not step.unproved and all(why for _, why in reasons):
        found = "; ".join(f"the check {name!r} proves nothing: {why}" for name, why in reasons) or "it has no checks"
        yield Problem(
            step=step.id,
            name="checks" if step.checks else "agent",
            text=f"an agent carries it out, and {found}; what an agent says is no proof, so at least one check that "
            "can fail was expected; add one that fails now and passes afterwards (`expect: fail_to_pass`), or the "
            "tests; or write `unproved: true`: then the step ends unproved and the run partially completed",
        )
    into = "put what needs it into a `run` or `call` step of its own"
    if step.effect.is_outside:
        yield Problem(
            step=step.id,
            name="effect",
            text=f"an agent carries it out and its effect is {step.effect}, but nobody can say beforehand what a model "
            f"will do out there; `read` or `reversible` was expected; {into}",
        )
    secrets = {"env_from": step.env_from, "sockets": step.sockets, "reads": step.home}
    for key, given in secrets.items():
        if given:
            yield Problem(
                step=step.id,
                name=key,
                text=f"an agent carries it out and is given {', '.join(given)}, but what an agent reads goes to the "
                f"provider of its model; a step without it was expected; {into}",
            )
    outside = {"probe": step.probe is not None, "undo": bool(step.undo_said)}
    for key, is_set in outside.items():
        if is_set:
            yield Problem(
                step=step.id,
                name=key,
                text=f"`{key}` stands beside `agent`; it belongs to effects outside the workspace, and agents have "
                "none; remove it",
            )
    if not step.confine:
        text = f"`confine: false` stands beside `agent`; commands of a model stay in the sandbox; {into}"
        yield Problem(step=step.id, name="confine", text=text)
