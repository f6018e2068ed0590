"""How often what no person saw is laid before one afterwards: rates by tier, and the choice of what is looked at.

The choice follows from the names of run, step and attempt alone: whoever looks again finds the same.
"""

from __future__ import annotations

from hashlib import sha256

from surefoot.core.ids import RunId, StepId
from surefoot.core.policy_types import Tier
from surefoot.core.record import record

_WHOLE = 2**64


@record
class SampleRates:
    """Which share of the verified steps that nobody was asked about is laid before a person, by tier."""

    auto: float = 0.0
    log: float = 0.02

    def of(self, tier: Tier | None) -> float:
        """Return the rate of a tier, from 0 to 1."""
        return {Tier.AUTO: self.auto, Tier.LOG: self.log}.get(tier, 0.0) if tier is not None else 0.0


NO_SAMPLES = SampleRates(auto=0.0, log=0.0)
"""Of a run whose journal says nothing about samples."""


def is_sampled(run: RunId, step: StepId, attempt: int, rate: float) -> bool:
    """Tell whether an attempt is among those that are looked at, at that rate."""
    if rate <= 0:
        return False
    digest = sha256(f"{run}\n{step}\n{attempt}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") < rate * _WHOLE
