"""The text in which a model's plan is shown to the person who decides on it.

Prompt, inbox and API show this one text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from surefoot.core.check_kinds import Expect
from surefoot.core.kernel.requirement_rules import uncovered_said
from surefoot.core.plan import Body, Check, Plan, Step
from surefoot.core.policy import facts_before, weigh_step
from surefoot.core.policy_types import Decision, Tier
from surefoot.core.short_text import shortened
from surefoot.core.state import RunState
from surefoot.core.untrusted_text import exact, in_line

_TEXT_MAX = 600


def words_of(state: RunState, plan: Plan, changes: tuple[str, ...]) -> list[str]:
    """Say a plan in lines; `changes` says how it differs from the one in force."""
    revision = f"revision {state.revision + 1} of the plan" if state.revision else "the plan"
    lines = [f"Shall {revision} be carried out? Its steps, in this order as far as none needs another:"]
    for number, step in enumerate(plan.steps, start=1):
        decision = weigh_step(step, plan, state.policy, facts_before(step, "execute", None, state.rung))
        asks = _marks(step, decision)
        needs = f", after {', '.join(step.needs)}" if step.needs else ""
        title = _brief(step.title or step.why or "-")
        lines.append(f"{number}. {step.id} ({step.effect}{needs}){asks}: {title}")
        lines += [f"   {name + ':':<8} {in_line(text)}" for name, text in _details(state, plan, step)]
    lines.append(f"In the end: {in_line(_checks_said(plan.accept)) or 'no acceptance checks'}")
    lines += [f"Look: {text}" for text in uncovered_said(plan)]
    lines += [f"Changed: {in_line(line)}" for line in changes]
    if state.understanding is not None:
        lines += [f"Risk: {_brief(text)}" for text in state.understanding.risks]
        lines += [f"Not known: {_brief(text)}" for text in state.understanding.questions]
    return lines


def _marks(step: Step, decision: Decision) -> str:
    asks = " ASKS BEFORE IT" if decision.tier is Tier.CONFIRM else ""
    return f"{asks} NOT ASKED FOR" if step.is_added else asks


def _details(state: RunState, plan: Plan, step: Step) -> Iterator[tuple[str, str]]:
    body = step.body
    yield "does", f"{body.lead}{_brief(body.text)}"
    if step.title and step.why:
        yield "why", _brief(step.why)
    if step.risk:
        yield "risk", _brief(step.risk)
    yield "writes", ", ".join(plan.writes_of(step)) or "nothing"
    unproved = "only its agent's word: it ends unproved" if body.by_model else "its exit status"
    yield "checks", _checks_said(step.checks) or unproved
    if step.estimate_s is not None:
        yield "takes", f"about {step.estimate_s:g} s"
    if body.by_model:
        yield "costs", _price_said(state, body)


def _checks_said(checks: Iterable[Check]) -> str:
    return ", ".join(one.name if one.expect is Expect.PASS else f"{one.name} ({one.expect})" for one in checks)


def _price_said(state: RunState, body: Body) -> str:
    """Say what an agent's step may cost, and who asks for how much, as far as that is known."""
    limits = body.own_limits
    most = [f"${limits.cost_usd:g}"] if limits.cost_usd is not None else []
    most += [f"{limits.tokens} tokens"] if limits.tokens is not None else []
    most += [f"{limits.requests} requests"] if limits.requests is not None else []
    said = [f"at most {', '.join(most)}"] if most else ["no limit of its own"]
    models = state.routing.roles.get(body.played_by)
    for facts in models.chain[:1] if models is not None else ():
        price = facts.price
        if price is None:
            costs = "price unknown"
        elif not price.input_usd and not price.output_usd:
            costs = "free"
        else:
            costs = f"${price.input_usd:g} in and ${price.output_usd:g} out for a million tokens"
        said.append(f"{facts.name} ({costs})")
    return "; ".join(said)


def _brief(text: str) -> str:
    return shortened(exact(" ".join(text.split())), _TEXT_MAX)
