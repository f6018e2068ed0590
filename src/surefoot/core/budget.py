"""Model usage and its limits: prices, the worst case of a request, and the limit it would cross."""

from __future__ import annotations

import math
from collections.abc import Iterator

from surefoot.core.agent_types import ModelFacts, Role, Spent, Usage
from surefoot.core.bodies import AgentBody
from surefoot.core.conversation import Conversation
from surefoot.core.money import money
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import attempted_step, is_other_candidate

LEFT_SHARE = 0.5
"""From here on an agent is told to come to its end."""
NEAR_SHARE = 0.8
"""From this share of a limit on, the person is told."""
_MILLION = 1_000_000


@record
class Crossing:
    """A limit that a request would cross."""

    limit: str
    """`cost_usd`, `tokens` or `requests`."""
    text: str
    """What the limit is and what is used."""
    is_of_step: bool
    """Whether it is the step's own, and not that of the run."""
    may_pass: bool
    """Whether it would not be crossed if the requests under way took nothing."""


def cost_of(facts: ModelFacts, usage: Usage) -> float:
    """Return what a request cost, in US dollars; 0 where the price is unknown."""
    price = facts.price
    if price is None:
        return 0.0
    read_usd = price.input_usd if price.cache_read_usd is None else price.cache_read_usd
    write_usd = price.input_usd if price.cache_write_usd is None else price.cache_write_usd
    plain = max(0, usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens)
    parts = (
        plain * price.input_usd,
        usage.cache_read_tokens * read_usd,
        usage.cache_write_tokens * write_usd,
        usage.output_tokens * price.output_usd,
    )
    return sum(parts) / _MILLION


def worst_of(facts: ModelFacts, tokens_at_most: int) -> tuple[float, int]:
    """Return what a request with so long a brief can take at worst: US dollars and tokens."""
    price = facts.price
    tokens = tokens_at_most + facts.output_tokens_max
    if price is None:
        return 0.0, tokens
    sent_usd = max(price.input_usd, price.cache_write_usd or 0.0)
    return (tokens_at_most * sent_usd + facts.output_tokens_max * price.output_usd) / _MILLION, tokens


def spend(state: RunState, node: StepState, role: Role, model: str, usage: Usage) -> None:
    """Note what a request took; of a candidate that is made beside a step it counts for the step, too."""
    phase, step = state.phase.value, attempted_step(node.spec.id)
    key = f"{phase} {step} {role} {model}"
    before = state.spent.get(key)
    total = usage if before is None else before.usage.plus(usage)
    state.spent[key] = Spent(phase=phase, step=step, role=role, model=model, usage=total)
    state.cost_usd += usage.cost_usd
    node.usage = node.usage.plus(usage)
    if step != node.spec.id and step in state.nodes:
        state.nodes[step].usage = state.nodes[step].usage.plus(usage)


def spent_by(state: RunState) -> Usage:
    """Return what all models of the run took together."""
    total = Usage()
    for one in state.spent.values():
        total = total.plus(one.usage)
    return total


def used_of(state: RunState, node: StepState) -> Usage:
    """Return what counts against the limits of a step's own: all since it was begun, or taken up again.

    What candidates beside it took is in it, and for each of them it is what all of them took together.
    """
    step = state.nodes.get(attempted_step(node.spec.id), node)
    return step.usage.minus(step.usage_before)


def crossing_of(state: RunState, node: StepState, worst: tuple[float, int]) -> Crossing | None:
    """Return the limit that a request would cross, with all that is under way at its worst; None: it may be made."""
    limits, spent = state.plan.limits, spent_by(state)
    under_way = [held for name, held in state.reserved.items() if name != node.spec.id]
    held_usd, held_tokens = sum(usd for usd, _ in under_way), sum(tokens for _, tokens in under_way)
    own, used = node.spec.body.own_limits, used_of(state, node)
    beside = [held for name, held in state.reserved.items() if is_other_candidate(name, node.spec.id)]
    beside_usd, beside_tokens = sum(usd for usd, _ in beside), sum(tokens for _, tokens in beside)
    amounts = (
        ("cost_usd", False, limits.cost_usd, state.cost_usd, worst[0], held_usd),
        ("tokens", False, limits.tokens, spent.tokens, worst[1], held_tokens),
        ("requests", False, limits.requests, spent.requests, 1, len(under_way)),
        ("cost_usd", True, own.cost_usd, used.cost_usd, worst[0], beside_usd),
        ("tokens", True, own.tokens, used.tokens, worst[1], beside_tokens),
        ("requests", True, own.requests, used.requests, 1, len(beside)),
    )
    for name, is_of_step, limit, taken, more, held in amounts:
        if limit is not None and taken + held + more > limit:
            return _crossing(name, limit, taken, is_of_step=is_of_step, may_pass=held > 0 and taken + more <= limit)
    return None


def _crossing(name: str, limit: float, used: float, *, is_of_step: bool, may_pass: bool) -> Crossing:
    whose = "step" if is_of_step else "run"
    text = f"{said_of(name, used)} of the {said_of(name, limit)} that the {whose} may use are used"
    return Crossing(limit=name, text=text, is_of_step=is_of_step, may_pass=may_pass)


def exhausted(state: RunState) -> Crossing | None:
    """Return the limit in money, where all of it is spent, by models and by bodies; None: there is something left."""
    limit, spent = state.plan.limits.cost_usd, state.cost_usd
    if limit is None or not spent or spent < limit:
        return None
    return _crossing("cost_usd", limit, spent, is_of_step=False, may_pass=False)


def told_at(state: RunState, crossing: Crossing, why: str) -> str:
    """Say why the run pauses at a limit, and how it goes on."""
    return f"Limit: {crossing.text}, and {why}; {how_raised(state, crossing.limit)}"


def how_raised(state: RunState, limit: str) -> str:
    """Say how a run that pauses for a limit goes on with a higher one."""
    return f"`surefoot resume {state.created.run} --{limit.replace('_', '-')} AMOUNT` goes on with a higher one"


def said_of(limit: str, amount: float) -> str:
    """Say an amount with its unit."""
    return money(amount) if limit == "cost_usd" else f"{amount:,.0f} {limit}"


def share_of_requests(state: RunState, node: StepState) -> int | None:
    """Return how many requests the attempt may make, so that each attempt to come has as many; None: no such share.

    Candidates of the step that are under way beside it have the same share.
    """
    step = state.nodes.get(attempted_step(node.spec.id), node)
    limit, to_come = node.spec.body.own_limits.requests, step.spec.retry.maximum_attempts - step.failures - 1
    used = used_of(state, node).requests
    if limit is None or to_come <= 0 or used >= limit:
        return None  # where nothing is left, the limit itself ends the step
    names = [name for name in state.active if attempted_step(name) == step.spec.id]
    under_way = (one for name in names if (one := state.nodes[name].conversation) is not None)
    left = limit - used + sum(one.usage.requests for one in under_way)
    return max(1, math.ceil(left / (to_come + 1)))


def left_said(state: RunState, node: StepState, conversation: Conversation, end: str) -> str:
    """Say how many requests and tokens an agent has left; once half is used, that it has to end with the tool `end`."""
    own, run, spent = AgentBody.of(node.spec.body), state.plan.limits, spent_by(state)
    requests = [
        (own.turns_max, len(conversation.turns)),
        (share_of_requests(state, node), conversation.usage.requests),
        (own.limits.requests, used_of(state, node).requests),
        (run.requests, spent.requests),
    ]
    tokens = [(own.limits.tokens, used_of(state, node).tokens), (run.tokens, spent.tokens)]
    said: list[str] = []
    is_late = False
    for name, amounts in (("Requests", requests), ("Tokens", tokens)):
        pairs = [(max(0, limit - used), limit) for limit, used in amounts if limit is not None]
        if pairs:
            said.append(f"{name} left: {min(pairs)[0]:,}.")
        is_late = is_late or any(left <= (1 - LEFT_SHARE) * limit for left, limit in pairs)
    return " ".join([*said, f"Call `{end}` before nothing is left."] if is_late else said)


def limits_of(state: RunState) -> Iterator[tuple[str, float, float]]:
    """Yield the limits of the run that are set, each with its amount and with what is used of it."""
    limits, spent = state.plan.limits, spent_by(state)
    amounts = (
        ("cost_usd", limits.cost_usd, state.cost_usd),
        ("tokens", limits.tokens, spent.tokens),
        ("requests", limits.requests, spent.requests),
    )
    yield from ((name, limit, used) for name, limit, used in amounts if limit is not None)


def near_of(state: RunState) -> Iterator[tuple[str, str]]:
    """Yield the limits of the run of which most is used, each with what is to be said about it."""
    for name, limit, used in limits_of(state):
        if used >= NEAR_SHARE * limit:
            share = f"{NEAR_SHARE:.0%}"
            text = (
                f"More than {share} of the limit `{name}` ({said_of(name, limit)}) is used. At the limit the run "
                f"pauses; `surefoot resume --{name.replace('_', '-')} AMOUNT` goes on with a higher one."
            )
            yield name, text
