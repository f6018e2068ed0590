"""The fold from a run's state to `surefoot.cost/1`: what its models used, from several sides."""

from __future__ import annotations

from collections.abc import Callable

from surefoot.core.agent_types import ModelFacts, Spent, Usage
from surefoot.core.budget import spent_by
from surefoot.core.report import Json
from surefoot.core.state import RunState

SCHEMA = "surefoot.cost/1"
_SIDES: dict[str, Callable[[Spent], str]] = {
    "phase": lambda one: one.phase,
    "step": lambda one: one.step,
    "role": lambda one: one.role.value,
    "model": lambda one: one.model,
}


def spending_of(state: RunState) -> Json:
    """Return what was spent, on what, what is held back for requests under way, and what may be spent."""
    total, limits = spent_by(state), state.plan.limits
    held_usd = sum(usd for usd, _ in state.reserved.values())
    held_tokens = sum(tokens for _, tokens in state.reserved.values())
    models: dict[str, ModelFacts] = {}
    for role in state.routing.roles.values():
        stronger = () if role.stronger is None else (role.stronger,)
        models.update((facts.name, facts) for facts in (*role.chain, *stronger))
    return {
        "schema": SCHEMA,
        "run": state.created.run,
        "goal": state.plan.goal,
        "total": _usage(total),
        "bodies_usd": round(max(0.0, state.cost_usd - total.cost_usd), 6),
        "limits": {"cost_usd": limits.cost_usd, "tokens": limits.tokens, "requests": limits.requests},
        "reserved": {"cost_usd": round(held_usd, 6), "tokens": held_tokens, "requests": len(state.reserved)},
        "by": {side: _by(state, name_of) for side, name_of in _SIDES.items()},
        "prices": {name: _price(facts) for name, facts in models.items()},
    }


def _by(state: RunState, name_of: Callable[[Spent], str]) -> list[Json]:
    """Return what was spent from one side, in the order in which it began."""
    sums: dict[str, Usage] = {}
    for one in state.spent.values():
        sums[name_of(one)] = sums.get(name_of(one), Usage()).plus(one.usage)
    return [{"name": name, **_usage(usage)} for name, usage in sums.items()]


def _usage(usage: Usage) -> Json:
    return {
        "requests": usage.requests,
        "tokens": usage.tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cost_usd": round(usage.cost_usd, 6),
        "lost_usd": round(usage.lost_usd, 6),
    }


def _price(facts: ModelFacts) -> Json | None:
    """Return what a million tokens cost; None: nobody knows."""
    price = facts.price
    if price is None:
        return None
    return {"input_usd": price.input_usd, "output_usd": price.output_usd, "origin": price.origin}
