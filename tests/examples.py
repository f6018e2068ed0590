"""How many examples a property is tried with: all of them by `make test-all`, two of five by `make test`."""

from __future__ import annotations

from hypothesis import settings

ALL = 100
"""The examples of a property that names no number, in `make test-all`."""
QUICK = 40
"""The same in `make test`."""


def examples(count: int) -> int:
    """Return how many of `count` examples the profile that is in force tries."""
    return max(8, count * settings.default.max_examples // ALL)
