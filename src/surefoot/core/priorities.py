"""The rank of each step: the time from its start to the end of the plan along the longest chain of dependants.

Starting the highest rank first is list scheduling: a run takes less than twice the shortest possible time, however
wrong the estimates. Where one step runs at a time, no order saves time: there only the prerequisites on the critical
path have a rank, so that what most rests on is tried first, and everything else keeps the order of the plan. Ranks are
computed once, when the run is created or a planner's plan is adopted; members take theirs from their group.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from surefoot.core.graph import Graph, longest_path, sorted_by_needs
from surefoot.core.ids import StepId
from surefoot.core.plan import Plan, Step

UNKNOWN_S = 1.0
"""What every step is expected to take when nothing is known of any: the longest chain then is the one of most steps."""
NOISE_SHARE = 0.2
"""Measured times that differ by at most this share of the smaller one count as equal."""
NOISE_S = 0.5
"""Measured times that differ by at most so many seconds count as equal."""


def expected_times(steps: Sequence[Step], earlier: Mapping[StepId, float]) -> dict[StepId, float]:
    """Return how long each step should take, in seconds: by its estimate, else by `earlier` runs, else like others."""
    known: dict[StepId, float] = {}
    for step in steps:
        expected = earlier.get(step.id) if step.estimate_s is None else step.estimate_s
        if expected is not None and expected >= 0.0 and math.isfinite(expected):
            known[step.id] = expected
    other = median(known.values()) if known else UNKNOWN_S
    return {step.id: known.get(step.id, other) for step in steps}


def without_noise(measured: Mapping[StepId, float]) -> dict[StepId, float]:
    """Return measured times with those that differ by noise alone made equal, so that the plan's order decides.

    Sorted times are cut into stretches no wider than the noise around their smallest; each time becomes the median of
    its stretch.
    """
    stretches: list[list[StepId]] = []
    for name in sorted(measured, key=lambda name: measured[name]):
        least = measured[stretches[-1][0]] if stretches else 0.0
        if stretches and measured[name] <= least + max(NOISE_S, NOISE_SHARE * least):
            stretches[-1].append(name)
        else:
            stretches.append([name])
    even: dict[StepId, float] = {}
    for stretch in stretches:
        even |= dict.fromkeys(stretch, median([measured[name] for name in stretch]))
    return {name: even[name] for name in measured}


def median(values: Iterable[float]) -> float:
    """Return the median of some numbers."""
    # Not that of `statistics`, which takes longer to load than the journal of most runs to read.
    order = sorted(values)
    return (order[(len(order) - 1) // 2] + order[len(order) // 2]) / 2


def ranks_of(graph: Graph, expected: Mapping[StepId, float]) -> dict[StepId, float]:
    """Return for each step the longest time from its start to the end; a group counts as one of its members."""
    ranks: dict[StepId, float] = {}
    for name in reversed(graph.order):
        ranks[name] = expected[name] + max((ranks[dependant] for dependant in graph.dependants[name]), default=0.0)
    return ranks


def ranks_for(
    plan: Plan, graph: Graph, earlier: Mapping[StepId, float]
) -> tuple[dict[StepId, float], dict[StepId, float]]:
    """Return how long each step of a plan should take, and its rank; what has neither goes by the plan's order."""
    expected = expected_times(plan.steps, earlier)
    if plan.limits.parallel > 1:
        return expected, ranks_of(graph, expected)
    return {}, dict.fromkeys(_prerequisites(graph, longest_path(graph, expected)), UNKNOWN_S)


def _prerequisites(graph: Graph, path: Sequence[StepId]) -> set[StepId]:
    """Return the steps that the last one of a path rests on by way of the path, with all that these need."""
    found: set[StepId] = set()
    todo = list(path[-2:-1])
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += graph.needs[name]
    return found


def start_order(plan: Plan, graph: Graph, waits: Mapping[StepId, Sequence[StepId]]) -> list[StepId]:
    """Return the steps in the order in which they are taken up one at a time, when nothing fails.

    `waits` are those that each starts after though it needs none of them.
    """
    _, ranks = ranks_for(plan, graph, {})
    names = sorted(graph.needs, key=lambda name: -ranks.get(name, 0.0))
    return sorted_by_needs({name: {*graph.needs[name], *waits.get(name, ())} for name in names})
