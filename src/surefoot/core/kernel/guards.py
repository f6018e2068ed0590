"""The guards of the fold: what makes an event illegal, with the message.

They change nothing, except that `answered` notes that an effect is no longer under way.
"""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.events import Event
from surefoot.core.ids import StepId
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.errors import IllegalTransition


def illegal(event: Event, why: str) -> IllegalTransition:
    """Return the error for an event that cannot happen now."""
    return IllegalTransition(f"event {event.kind!r} cannot happen now: {why}", event=event.kind, why=why)


def need(condition: object, event: Event, why: str) -> None:
    """Refuse the event unless the condition holds.

    Raises:
        IllegalTransition: it does not.
    """
    if not condition:
        raise illegal(event, why)


def node_of(state: RunState, event: Event, name: StepId) -> StepState:
    """Return the node of that name, or refuse the event."""
    node = state.nodes.get(name)
    if node is None:
        raise illegal(event, f"there is no step {name!r}")
    return node


def is_ready(node: StepState) -> bool:
    """Tell whether a node may start."""
    return node.status is StepStatus.PENDING and node.missing == 0 and node.due is None


def work_of(node: StepState) -> Attempt:
    """Return what is known of an active step's attempt."""
    assert node.work is not None
    return node.work


def active_of(state: RunState, event: ev.StepEvent) -> tuple[StepState, Attempt]:
    """Return an active step the event is about, or refuse the event."""
    node = node_of(state, event, event.step)
    if node.work is None:
        raise illegal(event, f"step {event.step!r} is {node.status}")
    if node.attempt != event.attempt:
        raise illegal(event, f"step {event.step!r} is at attempt {node.attempt}")
    return node, node.work


def begin(state: RunState, event: ev.StepEvent) -> tuple[StepState, Attempt]:
    """Check that a decision which issues a command may be taken, and note that the command is under way."""
    node, work = active_of(state, event)
    if work.open is not None:
        raise illegal(event, f"{work.open} is under way for step {event.step!r}")
    need(state.outcome is None, event, "the run has ended")
    return node, work


def answered(state: RunState, event: ev.StepEvent, asked: type[Event]) -> tuple[StepState, Attempt]:
    """Check that a fact answers what is under way, and note that it has."""
    node, work = active_of(state, event)
    if work.open != asked.kind:
        raise illegal(event, f"{asked.kind} is not under way for step {event.step!r}")
    work.close()
    return node, work
