"""Figures over runs as bars, for the terminal and for pictures."""

from __future__ import annotations

from collections.abc import Mapping

from surefoot.core.record import record
from surefoot.core.run_stats import Figures


@record
class Bar:
    """One bar."""

    name: str
    share: float
    """Of the longest it could be."""
    said: str


def bars_of(found: Figures) -> dict[str, list[Bar]]:
    """Return the bars below their titles; those of one title are to one scale."""
    return {
        "Failures by name": _counts(found.failures),
        "What helped after a failure": [
            Bar(name=move, share=helped / tried, said=f"{helped} of {tried}")
            for move, (helped, tried) in found.recoveries.items()
        ],
        "Proofs of verified steps": _counts(found.proofs),
    }


def _counts(counts: Mapping[str, int]) -> list[Bar]:
    whole = sum(counts.values()) or 1
    return [Bar(name=name, share=count / whole, said=str(count)) for name, count in counts.items()]
