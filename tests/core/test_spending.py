"""What a run's models took is the same from every side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from surefoot.core import events as ev
from surefoot.core.agent_types import ModelFacts, ModelRouting, Price, Role, RoleModels, Spent, Usage
from surefoot.core.cost_report import spending_of
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.plan import Limits, Plan, RunBody, Step
from surefoot.core.state import RunState

SPENT = st.builds(
    Spent,
    phase=st.sampled_from(["plan", "execute"]),
    step=st.sampled_from([StepId("a"), StepId("(plan)")]),
    role=st.sampled_from(Role),
    model=st.sampled_from(["x:big", "x:small"]),
    usage=st.builds(Usage, requests=st.integers(1, 9), input_tokens=st.integers(0, 999)),
)


def state(*spent: Spent, limits: Limits | None = None) -> RunState:
    """Return a run whose models took this."""
    step = Step(id=StepId("a"), body=RunBody(command="a"))
    plan = Plan(goal="g", steps=(step,), limits=limits or Limits())
    made = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=plan))
    made.spent = {str(number): one for number, one in enumerate(spent)}
    made.cost_usd = sum(one.usage.cost_usd for one in spent)
    return made


@given(st.lists(SPENT))
def test_every_side_adds_up_to_the_whole(spent: list[Spent]) -> None:
    """No request is left out, and none counted twice."""
    found: Any = spending_of(state(*spent))
    whole = (found["total"]["requests"], found["total"]["tokens"])
    sums = {(sum(r["requests"] for r in rows), sum(r["tokens"] for r in rows)) for rows in found["by"].values()}
    assert sums == {whole}


def test_what_other_bodies_cost_is_told_apart() -> None:
    """They say so themselves; no request stands behind it."""
    made = state()
    made.cost_usd = 0.5
    found: Any = spending_of(made)
    assert (found["bodies_usd"], found["total"]["cost_usd"]) == (0.5, 0.0)


def test_what_requests_under_way_may_take_is_held_back() -> None:
    """Of all of them together."""
    made = state()
    made.reserved = {StepId("a"): (0.25, 100), StepId("b"): (0.5, 200)}
    assert spending_of(made)["reserved"] == {"cost_usd": 0.75, "tokens": 300, "requests": 2}


def test_an_unknown_price_is_none() -> None:
    """Free is another thing; a stronger model counts among those that play a role."""
    free = ModelFacts(name="x:free", price=Price(input_usd=0, output_usd=0, origin="local"))
    unknown = replace(free, name="x:odd", price=None)
    made = state()
    made.routing = ModelRouting(roles={"worker": RoleModels(chain=(free,), stronger=unknown)})
    free_price = {"input_usd": 0, "output_usd": 0, "origin": "local"}
    assert spending_of(made)["prices"] == {"x:free": free_price, "x:odd": None}
