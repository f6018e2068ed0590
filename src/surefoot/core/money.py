"""The formatting of amounts of money."""

from __future__ import annotations

import math

_LEAST_USD = 0.0001


def money(amount: float) -> str:
    """Return an amount of US dollars: cents, or two digits that say something where it is small."""
    if 0 < amount < _LEAST_USD:
        return f"under ${_LEAST_USD}"
    places = 2 if amount == 0 else max(2, 1 - math.floor(math.log10(amount)))
    return f"${amount:,.{places}f}"
