"""The fold of dead letters that are taken up again or closed. Decides nothing."""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.graph_state import closing_of
from surefoot.core.kernel.guards import need, node_of
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE, StepStatus

_STUCK = frozenset({StepStatus.FAILED, StepStatus.BLOCKED, StepStatus.WAITING})


def dead_letter_taken_up(state: RunState, event: ev.DeadLetterTakenUp) -> None:
    """Let the limits of the step's own count from here on; what the run may use is not changed."""
    node = node_of(state, event, event.step)
    need(node.status not in DONE, event, f"step {event.step!r} is {node.status}")
    node.usage_before = node.usage
    state.closed_letters.pop(event.step, None)


def dead_letter_closed(state: RunState, event: ev.DeadLetterClosed) -> None:
    """Note that somebody leaves a step or the run as it is."""
    if event.step is None:
        need(state.outcome is None, event, "the run has ended")
    else:
        node = node_of(state, event, event.step)
        need(node.status in _STUCK and node.attempt == event.attempt, event, f"step {event.step!r} is {node.status}")
        need(closing_of(state, node) is None, event, f"step {event.step!r} was closed before")
    state.closed_letters[event.step or ""] = event
