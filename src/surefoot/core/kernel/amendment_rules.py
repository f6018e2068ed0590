"""The rules of amendments: what is to change and runs is broken off first, then the amended plan holds."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.amendment_effects import changes_by
from surefoot.core.amendments import Fate, StepChange, amended
from surefoot.core.event_words import Phase
from surefoot.core.events import ACCEPTANCE
from surefoot.core.file_order import waits_of
from surefoot.core.graph import build_graph
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.state import RunState, StepState
from surefoot.effects import BY_REQUEST

_LEAVING = frozenset({Fate.RESTARTED, Fate.DROPPED})


def amend(state: RunState, now: float) -> list[Proposal]:
    """Return what brings the next amendment about; nothing where there is none, or where it waits for what runs."""
    wanted = state.amending
    if wanted is None or state.phase not in (Phase.EXECUTE, Phase.VALIDATE):
        return []
    plan, problems = amended(state.plan, wanted.proposed.operations)
    changes = () if problems else changes_by(state, plan)
    refused = [f"step {one.step!r}: {one.why}" for one in changes if one.fate is Fate.REFUSED]
    if problems or refused:
        why = "; ".join((*problems, *refused))
        return [Proposal(ev.AmendmentRefused(at=now, amendment=wanted.proposed.amendment, why=why))]
    leaving = [one for one in changes if one.fate in _LEAVING and one.step in state.active]
    if leaving or state.accept.open:
        return _break_off(state, leaving, now)
    graph, _ = build_graph(plan.steps)
    assert graph is not None
    event = ev.PlanAmended(
        at=now,
        amendment=wanted.proposed.amendment,
        revision=state.revision + 1,
        changes=tuple(one for one in changes if one.fate is not Fate.KEPT),
        waits=waits_of(plan, graph) if state.has_workspace else {},
    )
    return [Proposal(event)]


def _break_off(state: RunState, leaving: list[StepChange], now: float) -> list[Proposal]:
    """End the bodies of steps that the amendment changes; what may not be ended is waited for."""
    moves: list[Proposal] = []
    if state.accept.open and not state.accept.interrupt_requested:
        event = ev.InterruptRequested(at=now, step=ACCEPTANCE, attempt=1)
        moves.append(Proposal(event, do.Interrupt(step=ACCEPTANCE, attempt=1, lane=None)))
    for one in leaving:
        node = state.nodes[one.step]
        work = node.work
        assert work is not None
        is_ended = work.open is not None and BY_REQUEST[work.open].is_ended_by_pause
        is_interruptible = is_ended or (work.conversation is not None and work.conversation.is_open)
        if is_interruptible and not work.interrupt_requested and not node.is_reaching_out:
            moves.append(Proposal(ev.InterruptRequested(**node.at(now)), do.Interrupt(**node.in_lane)))
    return moves


def is_touched(state: RunState, node: StepState) -> bool:
    """Tell whether a step does not start, because an amendment that changes it is about to hold."""
    wanted = state.amending
    return wanted is not None and (node.spec.id in wanted.touches or node.group in wanted.touches)
