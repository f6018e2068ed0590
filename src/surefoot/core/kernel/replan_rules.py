"""The rules of REPLAN: when the planner is asked whether the plan in force has to change, and what comes of it.

It is asked about steps that failed, once for each failure, and about what people say to the run. Steps at work go on
meanwhile. Nothing here changes the state.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core import events as ev
from surefoot.core.amendment_effects import AmendmentEffects, effects_of
from surefoot.core.amendments import Fate
from surefoot.core.event_words import Finding, Severity
from surefoot.core.kernel.guards import is_ready
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.kernel.replan_fold import doubts_to_ask_about, failures_to_ask_about
from surefoot.core.kernel.short_way import is_on_short_way
from surefoot.core.messages import has_planner
from surefoot.core.short_text import shortened
from surefoot.core.state import FINAL, PlanDoubt, RunState, StepState
from surefoot.core.system_steps import REPLANNING, system_step_of
from surefoot.core.tool_payload import ProposedAmendment
from surefoot.core.untrusted_text import fenced, in_line

_TEXT_MAX = 400
BY = "the planner"


def replan(state: RunState, now: float) -> list[Proposal]:
    """Return what brings the planner's next answer about; nothing where it is not asked."""
    if state.offered is not None:
        return [_proposed(state, state.offered, now)]
    if not has_planner(state) or state.amending is not None or is_on_short_way(state):
        return []
    node = state.nodes.get(REPLANNING)
    if node is not None and node.status not in FINAL:
        return [Proposal(ev.StepStarted(at=now, step=REPLANNING, attempt=node.failures + 1))] if is_ready(node) else []
    failed = failures_to_ask_about(state)
    is_told = any(REPLANNING in one.to and REPLANNING not in one.given for one in state.messages.values())
    doubts = [] if state.created.goal_options is not None else doubts_to_ask_about(state)
    if not failed and not doubts and not is_told:
        return []
    spec = system_step_of(REPLANNING, _about(state, failed, doubts))
    return [Proposal(ev.StepStarted(at=now, step=REPLANNING, attempt=1, spec=spec))]


def _about(state: RunState, failed: list[StepState], doubts: list[PlanDoubt]) -> str:
    """Say what the planner is asked about, and the plan as it stands."""
    lines = ["The plan in force, with how its steps stand:", *_plan_lines(state)]
    if failed:
        lines += ["", "These steps failed, and no further attempt is made. Find out why before you decide:"]
        for node in failed:
            lines.append(f"- {node.spec.id}:\n{fenced(shortened(node.reason or 'no reason is known', _TEXT_MAX))}")
    if doubts:
        lines += ["", "This was found once steps were verified; steps to come wait for your answer:"]
        lines += (f"- {one.wanted.step}: {in_line(shortened(one.wanted.why, _TEXT_MAX))}" for one in doubts)
    if not failed and not doubts:
        lines += ["", "A person has said something about the run; it stands below. Decide what it means for the plan."]
    return "\n".join(lines)


def _plan_lines(state: RunState) -> Iterator[str]:
    for node in state.steps():
        spec, writes = node.spec, ", ".join(state.plan.writes_of(node.spec)) or "nothing"
        needs = f", after {', '.join(spec.needs)}" if spec.needs else ""
        checks = ", ".join(check.name for check in spec.checks if not check.held_back) or "none"
        yield f"- {spec.id} [{node.status.value}] ({spec.effect}{needs}); writes {writes}; checks: {checks}"
        yield f"  {spec.body.lead}{in_line(shortened(spec.body.text, _TEXT_MAX))}"


def _proposed(state: RunState, offered: ProposedAmendment, now: float) -> Proposal:
    event = ev.AmendmentProposed(
        at=now,
        amendment=f"replan-{len(state.amendments) + 1}",
        operations=offered.operations,
        why=offered.why,
        by=BY,
        by_planner=True,
    )
    return Proposal(event)


def giving_up(offered: ProposedAmendment) -> Finding | None:
    """Return what is reported where no change of the plan reaches the goal, as the planner says."""
    if not offered.gives_up:
        return None
    return Finding(kind="planner-gives-up", severity=Severity.WARNING, text=f"The planner gives up: {offered.why}")


def words_of_amendment(state: RunState, offered: ProposedAmendment) -> tuple[AmendmentEffects, list[str]]:
    """Return what the planner's change would do, and say it in lines."""
    found = effects_of(state, offered.operations)
    lines = ["The planner wants the plan to change. Shall it?", f"Why: {in_line(offered.why)}"]
    changed = [one for one in found.changes if one.fate is not Fate.KEPT]
    lines += [f"{one.fate.value}: {one.step}{f' ({one.why})' if one.why else ''}" for one in changed]
    after = {step.id: step for step in found.plan.steps}
    for step in (after[one.step] for one in changed if one.step in after):
        if step not in state.plan.steps:
            lines.append(f"{step.id} does {step.body.lead}{in_line(shortened(step.body.text, _TEXT_MAX))}")
            lines.append(f"{step.id} is checked by {', '.join(check.name for check in step.checks) or 'nothing'}")
    lines += [f"It allows more, or proves less: {text}" for text in found.wideners]
    return found, lines
