"""The fold of changes that agents propose at work: said, agreed to, settled by the planner. Decides nothing."""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.agent_changes import open_changes
from surefoot.core.amendment_effects import effects_of
from surefoot.core.amendment_state import AmendmentState
from surefoot.core.amendments import Fate
from surefoot.core.event_words import Phase
from surefoot.core.graph_state import leave_attempt
from surefoot.core.kernel.guards import need
from surefoot.core.kernel.short_way import is_on_short_way
from surefoot.core.state import RunState
from surefoot.core.system_steps import PLAN_HOLDS
from surefoot.core.tool_payload import PlanChange, ProposedAmendment

_PLANNER = "the planner"


def change_said(state: RunState, event: ev.ToolCallFinished) -> None:
    """Note what an agent at work wants changed, unless the same waits for an answer already."""
    change = event.payload
    if not isinstance(change, PlanChange) or not change.operations or not event.ok:
        return
    if state.phase is not Phase.EXECUTE or is_on_short_way(state):
        return
    waiting = [*(one.proposed.operations for one in open_changes(state)), *(one.operations for _, one in state.changes)]
    if change.operations not in waiting:
        state.changes = (*state.changes, (event.step, change))


def change_proposed(state: RunState, event: ev.AmendmentProposed) -> PlanChange:
    """Take what an agent has said off the list, and return it."""
    need(bool(state.changes) and state.changes[0][0] == event.step, event, "no agent has proposed it")
    (_, change), *rest = state.changes
    state.changes = tuple(rest)
    return change


def amendment_accepted(state: RunState, event: ev.AmendmentAccepted) -> None:
    """Let what an agent proposes be about to hold: what it changes and runs is left from here on."""
    wanted = state.amendments.get(event.amendment)
    need(wanted is not None and wanted.waits_for_consent, event, "nobody has to agree to it")
    assert wanted is not None
    _agree(state, wanted, event.by)
    forget_answer(state)


def _agree(state: RunState, wanted: AmendmentState, by: str) -> None:
    found = effects_of(state, wanted.proposed.operations)
    wanted.agreed_by, wanted.wideners = by, found.wideners
    wanted.touches = tuple(one.step for one in found.changes if one.fate is not Fate.KEPT)
    for one in found.changes:
        node = state.nodes.get(one.step)
        if one.fate in (Fate.RESTARTED, Fate.DROPPED) and node is not None:
            leave_attempt(state, node, "the plan is changed")


def forget_answer(state: RunState) -> None:
    """Let the next thing be asked about the plan: the answer was about a change that is settled now."""
    asked = state.nodes.get(PLAN_HOLDS)
    if asked is not None and asked.work is not None:
        asked.work.people.answer = asked.work.people.approved = None


def take_over_change(state: RunState, offered: ProposedAmendment) -> bool:
    """Settle the changes that the planner was asked about; tell whether it takes one over just as it was proposed."""
    asked = [one for one in open_changes(state) if one.is_with_planner]
    taken = next((one for one in asked if one.proposed.operations == offered.operations and state.stop is None), None)
    if taken is not None:
        _agree(state, taken, _PLANNER)
    lead = "it changes the plan otherwise" if offered.operations else "it leaves the plan as it is"
    for one in asked:
        if one is not taken:
            one.refused_by, one.refused = _PLANNER, f"{lead}: {offered.why}"
    return taken is not None
