"""Where a run stands, kept with the last events of an engine's life, so that lists of runs fold no journal."""

from __future__ import annotations

from surefoot.core.report import standing_of
from surefoot.core.state import RunState
from surefoot.ports.storage import Standing


def standing_at(state: RunState) -> Standing:
    """Return where a run stands, for the position of its state."""
    steps = list(state.steps())
    return Standing(
        seq=state.seq,
        state=standing_of(state),
        outcome=None if state.outcome is None else state.outcome.value,
        goal=state.plan.goal.strip().splitlines()[0],
        verified=sum(node.status == "verified" for node in steps),
        steps=len(steps),
        questions=len(state.open_questions),
    )
