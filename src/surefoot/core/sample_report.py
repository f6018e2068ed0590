"""The samples of a run as the report has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot.core.kernel.sample_rules import is_standing
from surefoot.core.sample_state import Sample
from surefoot.core.state import RunState

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import SampleShape


def samples_in_report(state: RunState) -> list[SampleShape]:
    """Return each result that a person is to look at, or has looked at, in order."""
    return [_sample(state, one) for one in state.samples.values()]


def _sample(state: RunState, one: Sample) -> SampleShape:
    taken, found = one.taken, one.reviewed
    return {
        "item": f"{state.created.run}.{one.item}",
        "step": one.step,
        "attempt": one.attempt,
        "taken_at": None if taken is None else taken.at,
        "rate": None if taken is None else taken.rate,
        "tier": None if taken is None else taken.tier.value,
        "confidence": None if taken is None else taken.confidence,
        "standing": is_standing(state, one),
        "review": None
        if found is None
        else {"ok": found.ok, "why": found.why, "by": found.by, "via": found.via, "at": found.at},
    }
