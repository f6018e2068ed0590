"""What an agent is told of the changes that it has proposed: who agreed, or why not."""

from __future__ import annotations

from surefoot.core.amendment_state import AmendmentState
from surefoot.core.short_text import shortened
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.untrusted_text import in_line

_TEXT_MAX = 400


def answers_told(state: RunState, node: StepState) -> str:
    """Return what became of the changes that the agent of a step has proposed; empty: nothing yet."""
    own = [one for one in state.amendments.values() if one.proposed.asks and one.proposed.step == node.spec.id]
    lines = [
        f"- {in_line(shortened(one.proposed.why, _TEXT_MAX))}: {_came_to(one)}"
        for one in own
        if not one.waits_for_consent
    ]
    return "\n".join(["What became of the changes of the plan that you proposed:", *lines]) if lines else ""


def _came_to(wanted: AmendmentState) -> str:
    if wanted.refused is None:
        return f"{in_line(wanted.agreed_by or '')} agreed; go on with your step"
    by = f"refused by {in_line(wanted.refused_by)}" if wanted.refused_by else "it cannot hold"
    return f"{by}: {in_line(shortened(wanted.refused, _TEXT_MAX))}; go on with your step"
