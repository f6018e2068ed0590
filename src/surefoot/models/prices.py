"""Prices and context sizes of models: from settings, then from the installed list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from surefoot.core.agent_types import Price

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

_LIST_NAMES = {
    "bedrock": "aws",
    "google-cloud": "google",
    "openai-chat": "openai",
    "openai-responses": "openai",
    "xai": "x-ai",
}
"""Providers that the list knows by another name."""


def set_price(name: str, prices: Mapping[str, Price]) -> Price | None:
    """Return the price that settings give a model, or all models of its provider."""
    return prices.get(name) or prices.get(f"{name.partition(':')[0]}:*")


def listed_price(name: str, tokens: int) -> Price | None:
    """Return what a model costs by the list, for requests of up to so many tokens; None: it is not in it.

    Where the price of a model depends on the hour, it is that of now.
    """
    model = _listed_model(name)
    if model is None:
        return None
    prices = model.get_prices(datetime.now(tz=UTC))
    sent, written = _usd(prices, "input_mtok", tokens), _usd(prices, "output_mtok", tokens)
    if sent is None or written is None:
        return None
    return Price(
        input_usd=sent,
        output_usd=written,
        cache_read_usd=_usd(prices, "cache_read_mtok", tokens),
        cache_write_usd=_usd(prices, "cache_write_mtok", tokens),
        origin=f"genai-prices {_version()}",
    )


def listed_context(name: str) -> int | None:
    """Return how many tokens a model takes by the list; None: it does not say."""
    model = _listed_model(name)
    return None if model is None else model.context_window


def nearest_listed(name: str) -> str | None:
    """Return the name in the list that is nearly this one; None: none is."""
    from genai_prices.data_snapshot import get_snapshot

    provider, _, model = name.partition(":")
    listed = _LIST_NAMES.get(provider, provider)
    known = [each.id for found in get_snapshot().providers if found.id == listed for each in found.models]
    near = get_close_matches(model, known, 1, cutoff=0.8)
    return f"{provider}:{near[0]}" if near else None


def _listed_model(name: str) -> ModelInfo | None:
    from genai_prices.data_snapshot import get_snapshot

    provider, _, model = name.partition(":")
    try:
        return get_snapshot().find_provider_model(model, None, _LIST_NAMES.get(provider, provider), None)[1]
    except LookupError:
        return None


def _usd(prices: ModelPrice, kind: str, tokens: int) -> float | None:
    from genai_prices.types import TieredPrices

    price = getattr(prices, kind, None)
    if isinstance(price, TieredPrices):
        return float(max((tier.price for tier in price.tiers if tier.start < tokens), default=price.base))
    return None if price is None else float(price)


@cache
def _version() -> str:
    from importlib.metadata import version

    return version("genai-prices")
