"""The text in which a model's plan is shown to the person who decides on it.

Prompt, inbox and API show this one text.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.agent_types import Price
from surefoot.core.check_kinds import Expect
from surefoot.core.kernel.plan_adoption import is_kept
from surefoot.core.plan import Body, Check, Plan, Step
from surefoot.core.policy import facts_before, weigh_step
from surefoot.core.policy_types import Tier
from surefoot.core.state import RunState
from surefoot.core.untrusted_text import exact, in_line

_TEXT_MAX = 600


def words_of(state: RunState, plan: Plan, changes: tuple[str, ...]) -> list[str]:
    """Say a plan in lines; `changes` says how it differs from the one in force."""
    revision = f"revision {state.revision + 1} of the plan" if state.revision else "the plan"
    lines = [f"Shall {revision} be carried out? Its steps, in this order as far as none needs another:"]
    for number, step in enumerate(plan.steps, start=1):
        done = state.nodes.get(step.id)
        standing = f" [{done.status}]" if done is not None and is_kept(done) else ""
        asks = " ASKS BEFORE IT" if _asks(state, plan, step) else ""
        needs = f", after {', '.join(step.needs)}" if step.needs else ""
        lines.append(
            f"{number}. {step.id}{standing} ({step.effect}{needs}){asks}: {_brief(step.title or step.why or '-')}"
        )
        lines += [f"   {name + ':':<8} {in_line(text)}" for name, text in _details(state, plan, step)]
    accept = ", ".join(_check_said(check) for check in plan.accept)
    lines.append(f"In the end: {in_line(accept) or 'no acceptance checks'}")
    lines += [f"Changed: {in_line(line)}" for line in changes]
    if state.understanding is not None:
        lines += [f"Risk: {_brief(text)}" for text in state.understanding.risks]
        lines += [f"Not known: {_brief(text)}" for text in state.understanding.questions]
    return lines


def _details(state: RunState, plan: Plan, step: Step) -> Iterator[tuple[str, str]]:
    body = step.body
    yield "does", f"{body.lead}{_brief(body.text)}"
    if step.title and step.why:
        yield "why", _brief(step.why)
    if step.risk:
        yield "risk", _brief(step.risk)
    yield "writes", ", ".join(plan.scope_write if step.writes is None else step.writes) or "nothing"
    unproved = "only its agent's word: it ends unproved" if body.by_model else "its exit status"
    yield "checks", ", ".join(_check_said(check) for check in step.checks) or unproved
    if step.estimate_s is not None:
        yield "takes", f"about {step.estimate_s:g} s"
    if body.by_model:
        yield "costs", _price_said(state, body)


def _check_said(check: Check) -> str:
    return check.name if check.expect is Expect.PASS else f"{check.name} ({check.expect})"


def _price_said(state: RunState, body: Body) -> str:
    """Say what an agent's step may cost, and who asks for how much, as far as that is known."""
    limits = body.own_limits
    most = [
        *([f"${limits.cost_usd:g}"] if limits.cost_usd is not None else []),
        *([f"{limits.tokens} tokens"] if limits.tokens is not None else []),
        *([f"{limits.requests} requests"] if limits.requests is not None else []),
    ]
    said = [f"at most {', '.join(most)}"] if most else ["no limit of its own"]
    models = state.routing.roles.get(body.played_by)
    for facts in models.chain[:1] if models is not None else ():
        price = facts.price
        costs = "price unknown" if price is None else _per_million(price)
        said.append(f"{facts.name} ({costs})")
    return "; ".join(said)


def _per_million(price: Price) -> str:
    if not price.input_usd and not price.output_usd:
        return "free"
    return f"${price.input_usd:g} in and ${price.output_usd:g} out for a million tokens"


def _brief(text: str) -> str:
    line = exact(" ".join(text.split()))
    return line if len(line) <= _TEXT_MAX else f"{line[: _TEXT_MAX - 1]}…"


def _asks(state: RunState, plan: Plan, step: Step) -> bool:
    facts = facts_before(step, "execute", None, state.rung)
    return weigh_step(step, plan, state.policy, facts).tier is Tier.CONFIRM
