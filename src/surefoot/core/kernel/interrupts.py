"""Interrupts: what ends early what is under way for a step, or for the acceptance of the run."""

from __future__ import annotations

from collections.abc import Iterable

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.events import ACCEPTANCE
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.state import RunState, StepState
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


def acceptance_interrupts(state: RunState, now: float, *, is_busy: bool) -> list[Proposal]:
    """End what is under way for the acceptance of the run, where something is."""
    if not is_busy or state.accept.interrupt_requested:
        return []
    event = ev.InterruptRequested(at=now, step=ACCEPTANCE, attempt=1)
    return [Proposal(event, do.Interrupt(step=ACCEPTANCE, attempt=1, lane=None))]
