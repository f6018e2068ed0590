"""Figures over the runs of a home: failures, recoveries, proofs and cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.queries import events, runs
from surefoot.core.record import record
from surefoot.core.run_stats import Figures, StepFigures, by_side, step_figures, together


@record
class Stats:
    """What became of the steps of all runs."""

    runs: Mapping[str, int]
    """How many runs ended how; of those that have not, how they stand."""
    total: Figures
    by: Mapping[str, Mapping[str, Figures]]
    """The same by `kind` of step, `model` and `repository`, each by name."""


def stats(home: Home, repository: Path | None = None) -> Stats:
    """Read the journals of all runs of a home, or of those of one repository.

    Raises:
        JournalCorrupt: the journal of a run was altered.
    """
    root = None if repository is None else str(repository)
    found = [one for one in runs(home) if root in (None, one.repository)]
    steps: list[StepFigures] = []
    for one in found:
        steps += step_figures(home.state(one.run), (recorded.event for recorded in events(home, one.run)))
    outcomes = Counter(one.outcome or one.state for one in found)
    return Stats(runs=dict(outcomes.most_common()), total=together(steps), by=by_side(steps))
