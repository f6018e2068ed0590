"""The rules of amendments: what is to change and runs is broken off first, then the amended plan holds."""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.agent_changes import objections_to
from surefoot.core.amendment_effects import AmendmentEffects, effects_of
from surefoot.core.amendment_state import AmendmentState
from surefoot.core.amendments import Fate
from surefoot.core.event_words import Phase
from surefoot.core.file_order import waits_of
from surefoot.core.graph import build_graph
from surefoot.core.kernel.interrupts import acceptance_interrupts, endings_of
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.kernel.requirement_rules import watch_requirements
from surefoot.core.kernel.take_back_fold import steps_in_the_way
from surefoot.core.state import RunState

_LEAVING = frozenset({Fate.RESTARTED, Fate.DROPPED})


def amend(state: RunState, now: float) -> list[Proposal]:
    """Return what brings the next amendment about; nothing where there is none, or where it waits for what runs."""
    wanted = state.amending
    if wanted is None or state.phase not in (Phase.EXECUTE, Phase.VALIDATE):
        return []
    found = effects_of(state, wanted.proposed.operations, revert=wanted.proposed.revert)
    why = "; ".join(objections_to(state, wanted, found)) or _unforeseen(wanted, found)
    if why:
        return [Proposal(ev.AmendmentRefused(at=now, amendment=wanted.proposed.amendment, why=why))]
    leaving = [one.step for one in found.changes if one.fate in _LEAVING and one.step in state.active]
    if leaving or state.accept.open or (found.taken is not None and steps_in_the_way(state, found.taken)):
        # What may not be ended is waited for.
        ending = endings_of([state.nodes[name] for name in leaving], now)
        return acceptance_interrupts(state, now, is_busy=state.accept.open) + ending
    graph, _ = build_graph(found.plan.steps)
    assert graph is not None
    event = ev.PlanAmended(
        at=now,
        amendment=wanted.proposed.amendment,
        revision=state.revision + 1,
        changes=tuple(one for one in found.changes if one.fate is not Fate.KEPT),
        waits=waits_of(found.plan, graph) if state.has_workspace else {},
        taken=found.taken,
    )
    return [Proposal(event), *watch_requirements(state, found.plan, now, wanted.proposed_seq)]


def _unforeseen(wanted: AmendmentState, found: AmendmentEffects) -> str:
    """Say what the amendment would allow that nobody agreed to, as the plan has changed since; empty: nothing."""
    more = [text for text in found.wideners if text not in wanted.wideners]
    if not more:
        return ""
    return (
        f"the plan has changed since it was proposed, so that now {'; '.join(more)}; propose it again if that is meant"
    )
