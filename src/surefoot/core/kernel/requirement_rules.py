"""The rules for requirements that no step of a plan covers: told when a plan is made, accepted and amended."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from surefoot.core import events as ev
from surefoot.core.event_words import Finding
from surefoot.core.kernel.failure_rules import fails
from surefoot.core.kernel.monitor_rules import WEIGHTS
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.monitor_table import MONITORS, Say
from surefoot.core.monitors import kind_of
from surefoot.core.plan import Plan
from surefoot.core.requirements import uncovered
from surefoot.core.short_text import shortened
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.untrusted_text import in_line

_NAME = "uncovered_requirements"
_NAMED_MAX = 12
_TEXT_MAX = 200


def uncovered_said(plan: Plan) -> list[str]:
    """Say of each requirement that no step covers that it is so."""
    return [
        f"no step covers requirement {number}: {shortened(in_line(text), _TEXT_MAX)}"
        for number, text in islice(uncovered(plan), _NAMED_MAX)
    ]


def watch_requirements(state: RunState, plan: Plan, now: float, place: int) -> list[Proposal]:
    """Report the requirements that a plan which holds from here on does not cover, each once in a run.

    `place` is the position in the journal of what brought the plan about.
    """
    return [Proposal(ev.FindingReported(at=now, finding=one)) for one in _new(state, plan, (place,))]


def judge_made_plan(state: RunState, node: StepState, plan: Plan, now: float) -> Proposal | None:
    """Report what a planner's plan does not cover; where the settings say so, have it plan anew."""
    made = None if node.work is None else node.work.conversation
    places = () if made is None else tuple(turn.at_seq for turn in made.turns[-1:])
    for finding in _new(state, plan, places):
        own = replace(finding, step=node.spec.id, attempt=node.attempt)
        return Proposal(ev.FindingReported(at=now, finding=own))
    said = uncovered_said(plan)
    if said and state.watches.of(_NAME).say is Say.FAIL:
        return fails(node, now, MONITORS[_NAME].failure, "; ".join(said))
    return None


def _new(state: RunState, plan: Plan, places: tuple[int, ...]) -> list[Finding]:
    """Return what has not been reported yet; nothing where the monitor is off."""
    say, kind = state.watches.of(_NAME).say, kind_of(_NAME)
    if say is Say.OFF or not plan.requirements:
        return []
    told = {one.text for one in state.reported if one.kind == kind}
    return [
        Finding(kind=kind, severity=WEIGHTS[say], text=text, diagnosis=MONITORS[_NAME].failure, evidence=places)
        for text in uncovered_said(plan)
        if text not in told
    ]
