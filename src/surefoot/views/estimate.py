"""The estimated time a run still takes.

From the plan's estimates, corrected by how long estimated steps really took, else from similar steps; else there is no
estimate.
"""

from __future__ import annotations

from collections.abc import Iterable

from surefoot.core.ids import StepId
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE, FINAL, StepState, StepStatus

_FEWEST = 2
"""So many steps have to be over before how long they took says something about others."""
_MINUTE, _HOUR = 60, 3600


def about_left_s(state: RunState, now: float, around_s: float) -> float | None:
    """Return about how many seconds are left; None: nobody can say.

    `around_s` is what the end takes beside the steps: a clean lane and the acceptance checks.
    """
    steps = [node for node in state.nodes.values() if node.members is None and not node.is_system_step]
    rates = _Rates(steps)
    left = 0.0
    for node in steps:
        if node.status in FINAL:
            continue
        expected = None if node.is_group else rates.of(node)
        if expected is None:
            return None
        is_at_work = node.status is StepStatus.RUNNING and node.started_at is not None
        left += max(0.0, expected - (now - (node.started_at or now))) if is_at_work else expected
    lanes = max(1, min(state.plan.limits.parallel, state.unfinished))
    return left / lanes + (around_s if state.plan.accept else 0.0)


class _Rates:
    """How long steps took so far."""

    def __init__(self, nodes: Iterable[StepState]) -> None:
        self._by_group: dict[StepId | None, tuple[int, float]] = {}
        estimated, real = 0.0, 0.0
        for node in nodes:
            if node.status not in DONE or node.started_at is None or node.ended_at is None:
                continue
            took = node.ended_at - node.started_at
            for group in {node.group, None}:
                count, seconds = self._by_group.get(group, (0, 0.0))
                self._by_group[group] = (count + 1, seconds + took)
            if node.spec.estimate_s:
                estimated, real = estimated + node.spec.estimate_s, real + took
        self._ratio = real / estimated if estimated else 1.0

    def of(self, node: StepState) -> float | None:
        """Return how long the step is expected to take."""
        if node.spec.estimate_s is not None:
            return node.spec.estimate_s * self._ratio
        for group in (node.group, None):
            count, seconds = self._by_group.get(group, (0, 0.0))
            if count >= _FEWEST:
                return seconds / count
        return None


def roughly(seconds: float) -> str:
    """Return a span of time as a guess is told."""
    if seconds < _MINUTE:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if seconds < _HOUR:
        return f"about {round(seconds / _MINUTE)} min"
    minutes = 10 * round(seconds / _MINUTE / 10)
    return f"about {minutes // 60} h {minutes % 60:02d} min"
