"""The shape of `surefoot.cost/1`."""

from __future__ import annotations

from typing import TypedDict, cast

from surefoot.api.home import Home
from surefoot.api.queries import spending
from surefoot.core.ids import RunId


class UsageShape(TypedDict):
    """What requests took."""

    requests: int
    tokens: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float
    lost_usd: float


class NamedShape(UsageShape):
    """What requests of one phase, step, role or model took."""

    name: str


class AmountsShape(TypedDict):
    """What may be used, or is held back."""

    cost_usd: float | None
    tokens: int | None
    requests: int | None


class PriceShape(TypedDict):
    """What a million tokens cost."""

    input_usd: float
    output_usd: float
    origin: str


class CostShape(TypedDict):
    """All of it."""

    run: str
    goal: str
    total: UsageShape
    bodies_usd: float
    limits: AmountsShape
    reserved: AmountsShape
    by: dict[str, list[NamedShape]]
    prices: dict[str, PriceShape | None]


def cost_of(home: Home, run: RunId) -> CostShape:
    """Return what a run's models took, on what, and how far that is from its limits."""
    return cast("CostShape", spending(home, run))
