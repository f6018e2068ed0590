"""The rules of REPLAN: when the planner is asked whether the plan in force has to change, and what comes of it.

It is asked about steps that failed, once for each failure, and about what people say to the run. Steps at work go on
meanwhile. Nothing here changes the state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.agent_changes import changes_for_planner
from surefoot.core.amendment_effects import AmendmentEffects, effects_of
from surefoot.core.amendments import lost_checks
from surefoot.core.event_words import Finding, Severity
from surefoot.core.kernel.amendment_words import lines_of_amendment
from surefoot.core.kernel.guards import is_ready
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.kernel.replan_brief import instructions_of
from surefoot.core.kernel.replan_fold import doubts_to_ask_about, failures_to_ask_about, red_acceptance
from surefoot.core.kernel.short_way import is_on_short_way
from surefoot.core.messages import has_planner
from surefoot.core.plan import Check, Step
from surefoot.core.state import RunState
from surefoot.core.step_state import FINAL
from surefoot.core.system_steps import REPLANNING, system_step_of
from surefoot.core.tool_payload import ProposedAmendment
from surefoot.core.untrusted_text import in_line

BY = "the planner"


def replan(state: RunState, now: float) -> list[Proposal]:
    """Return what brings the planner's next answer about; nothing where it is not asked."""
    if state.offered is not None:
        return [_proposed(state, state.offered, now)]
    node = state.nodes.get(REPLANNING)
    if node is not None and node.status not in FINAL:
        return [Proposal(ev.StepStarted(at=now, step=REPLANNING, attempt=node.failures + 1))] if is_ready(node) else []
    if not has_planner(state) or state.amending is not None or is_on_short_way(state):
        return []
    if not _is_wanted(state):
        return []
    spec = system_step_of(REPLANNING, instructions_of(state))
    return [Proposal(ev.StepStarted(at=now, step=REPLANNING, attempt=1, spec=spec))]


def _is_wanted(state: RunState) -> bool:
    """Tell whether there is something that the planner has not been asked about."""
    is_told = any(REPLANNING in one.to and REPLANNING not in one.given for one in state.messages.values())
    is_stopped = state.stop is not None and not state.stop.is_asked
    found = (failures_to_ask_about(state), doubts_to_ask_about(state), red_acceptance(state))
    return is_told or is_stopped or any(found) or bool(changes_for_planner(state))


def _proposed(state: RunState, offered: ProposedAmendment, now: float) -> Proposal:
    event = ev.AmendmentProposed(
        at=now,
        amendment=f"replan-{len(state.amendments) + 1}",
        operations=offered.operations,
        why=offered.why,
        by=BY,
        by_planner=True,
        origin=state.replan_origin,
    )
    return Proposal(event)


def giving_up(offered: ProposedAmendment) -> Finding | None:
    """Return what is reported where no change of the plan reaches the goal, as the planner says."""
    if not offered.gives_up:
        return None
    return Finding(kind="planner-gives-up", severity=Severity.WARNING, text=f"The planner gives up: {offered.why}")


def _lost(state: RunState, found: AmendmentEffects) -> Iterator[tuple[Step, Check]]:
    """Yield the checks of dropped steps that no other step asks; those of edited steps are named anyway."""
    kept = {step.id for step in found.plan.steps}
    yield from (pair for pair in lost_checks(state.plan, found.plan) if pair[0].id not in kept)


def words_of_amendment(state: RunState, offered: ProposedAmendment) -> tuple[AmendmentEffects, list[str]]:
    """Return what the planner's change would do, and say it in lines."""
    found = effects_of(state, offered.operations)
    lost = tuple(f"check {check.name!r} of step {step.id!r} is dropped" for step, check in _lost(state, found))
    found = replace(found, wideners=(*found.wideners, *lost))
    lines = ["The planner wants the plan to change. Shall it?", f"Why: {in_line(offered.why)}"]
    return found, [*lines, *lines_of_amendment(state, offered.operations, found)]
