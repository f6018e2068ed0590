"""Requirements of a plan: which of them its steps serve.

Nothing is guessed from words: only what steps say with `covers` counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.plan import Plan, Step


def uncovered(plan: Plan) -> Iterator[tuple[int, str]]:
    """Yield the requirements that no step covers, each with its number; none where no step says what it covers.

    A plan whose steps say nothing of requirements does not tell which of them it leaves out.
    """
    served = {name for step in plan.steps for name in step.covers}
    if not served:
        return
    for number, text in enumerate(plan.requirements, start=1):
        if served.isdisjoint((str(number), text)):
            yield number, text


def unknown_requirements(plan: Plan, step: Step) -> tuple[str, ...]:
    """Return what a step says it covers, and what is no requirement of the plan."""
    known = {*plan.requirements, *(str(number + 1) for number in range(len(plan.requirements)))}
    return tuple(name for name in step.covers if name not in known)


def unknown_said(plan: Plan, names: tuple[str, ...]) -> str:
    """Say that requirements are not known, and which are."""
    count = len(plan.requirements)
    has = "the plan has no `requirements`" if not count else f"the plan has {count}: number 1 to {count}, or its words"
    return f"`covers` names {', '.join(map(repr, names))}; {has if count else has + '; add them, or remove `covers`'}"
