"""Interrupts: what ends early what is under way for a step, or for the acceptance of the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import ACCEPTANCE
from surefoot.core.kernel.failure_rules import fails
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.effects import BY_REQUEST


def interrupt(node: StepState, now: float) -> Proposal:
    """End what is under way for a step."""
    return Proposal(ev.InterruptRequested(**node.at(now)), do.Interrupt(**node.in_lane))


def interrupts_of(nodes: Iterable[StepState], now: float) -> list[Proposal]:
    """End what is under way for these steps, but not an outside effect that has begun: that is waited for."""
    return [interrupt(node, now) for node in nodes if _is_interruptible(node)]


def _is_interruptible(node: StepState) -> bool:
    work = node.work
    if work is None or work.interrupt_requested or node.is_reaching_out:
        return False
    is_ended = work.open is not None and BY_REQUEST[work.open].is_ended_by_pause
    return is_ended or (work.conversation is not None and work.conversation.is_open)


def is_ended_at_once(state: RunState, node: StepState, move: Proposal) -> bool:
    """Tell whether the pause that a person insists on would end what the move begins, again and again."""
    effect = BY_REQUEST.get(move.event.kind)
    return state.interrupting and effect is not None and effect.is_ended_by_pause and not node.is_reaching_out


def endings_of(nodes: Sequence[StepState], now: float) -> list[Proposal]:
    """End the attempts of these steps: what is under way is interrupted, what is at rest fails and does not count."""
    at_rest = next((node for node in nodes if _is_at_rest(node)), None)
    if at_rest is not None:  # the others are looked at again afterwards: they may be in a train with it
        return [fails(at_rest, now, Diagnosis.INTERRUPTED, "interrupted", counted=False)]
    return interrupts_of(nodes, now)


def _is_at_rest(node: StepState) -> bool:
    work = node.work
    if work is None or work.is_busy or work.people.question is not None or node.is_reaching_out or node.is_in_doubt:
        return False
    # What was ended for a result that is judged leaves it where it is, to be asked again; any other attempt is over.
    return work.failure is None and (work.interrupted is None or work.is_parked)


def acceptance_interrupts(state: RunState, now: float, *, is_busy: bool) -> list[Proposal]:
    """End what is under way for the acceptance of the run, where something is."""
    if not is_busy or state.accept.interrupt_requested:
        return []
    event = ev.InterruptRequested(at=now, step=ACCEPTANCE, attempt=1)
    return [Proposal(event, do.Interrupt(step=ACCEPTANCE, attempt=1, lane=None))]
