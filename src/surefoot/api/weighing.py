"""What the rules will say to a plan, before anything of it is done.

Owns the look ahead: the commands of each step are read and weighed, as they will be again when the step comes. Must
never promise more than that: what a step changes, and what a placeholder stands for, is only known then. Read
`surefoot.core.policy` next.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from surefoot.core.course import policy_of
from surefoot.core.ids import StepId
from surefoot.core.plan import AskBody, Plan, Tier
from surefoot.core.policy import facts_before, floor_of, raised_by_step, weigh
from surefoot.core.review import Review, review
from surefoot.core.rules import Decision, Policy
from surefoot.core.terms import Phase
from surefoot.sandbox import detect_rung
from surefoot.settings import load_settings
from surefoot.workers.ground import commands_of


def look_over(plan: Plan, root: Path, places: Mapping[StepId, str]) -> Review:
    """Look a plan over for the repository at `root`, with the rules that will hold there.

    Raises:
        ConfigInvalid: the settings cannot be read.
    """
    decisions = _decisions_on(plan, load_settings(root).policy)
    return review(plan, checkout=str(root), places=places, decisions=decisions)


def _decisions_on(plan: Plan, policy: Policy) -> Mapping[StepId, Decision]:
    """Return, for each step that a person is asked about or that is never allowed, what decides on it and why."""
    rules, rung = policy_of(plan, policy), detect_rung().value
    found: dict[StepId, Decision] = {}
    for step in plan.steps:
        if isinstance(step.body, AskBody):
            continue
        facts = facts_before(step, Phase.EXECUTE.value, commands_of(step, plan.env), rung)
        decision = raised_by_step(weigh(rules, facts, raised_by_step(floor_of(step, plan), step)), step)
        if decision.tier in (Tier.CONFIRM, Tier.NEVER):
            found[step.id] = decision
    return found
