"""The record of giving up: which steps were given up, why, after which attempts and recoveries, and who is next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot.core.event_words import Diagnosis
from surefoot.core.graph_state import closing_of
from surefoot.core.ladder_table import Rung
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.ways_on import is_about_failure

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import EscalationShape, RecoveryShape

PERSON, REPORT = "person", "report"


def recoveries_of(node: StepState) -> list[RecoveryShape]:
    """Return the rungs that were climbed for a step, in order."""
    return [
        {
            "attempt": one.attempt,
            "diagnosis": one.diagnosis.value,
            "rung": one.rung.value,
            "ladder": [rung.value for rung in one.ladder],
            "rule": one.rule,
            "evidence": list(one.evidence),
            "told": list(one.told),
        }
        for one in node.recoveries
    ]


def escalations_of(state: RunState) -> list[EscalationShape]:
    """Return what was given up, in the order of the plan."""
    nodes = [*state.steps(), *state.system_steps()]
    return [_escalation(state, node, to) for node in nodes if (to := _given_to(state, node))]


def _given_to(state: RunState, node: StepState) -> str:
    """Return who has the next word about a step that was given up; empty: it was not."""
    if node.last_failure is None or node.members is not None:
        return ""
    if node.status is StepStatus.FAILED:
        return REPORT
    question = None if node.work is None or node.work.people.question is None else node.work.people.question
    asked = None if question is None else state.questions[question]
    return PERSON if asked is not None and asked.is_open and is_about_failure(asked.asked) else ""


def _escalation(state: RunState, node: StepState, to: str) -> EscalationShape:
    failure = node.last_failure
    assert failure is not None
    closed = closing_of(state, node)
    return {
        "escalated": True,
        "step": node.spec.id,
        "reason": _reason(node),
        "last_error": failure.reason,
        "attempts": node.attempt,
        "diagnosis": failure.diagnosis.value,
        "recoveries": recoveries_of(node),
        "to": to,
        "closed": None if closed is None else {"by": closed.by, "why": closed.why},
    }


def _reason(node: StepState) -> str:
    """Say why no other attempt is made."""
    failure, last = node.last_failure, node.climbed[-1] if node.climbed else None
    assert failure is not None
    if failure.diagnosis is Diagnosis.DENIED:
        return "a person refused it"
    if failure.diagnosis is Diagnosis.CRASH:
        return f"the engine ended {node.crashes} times in a row while it was at work"
    if failure.applied:
        return "its effect may have happened, so that it is not tried again"
    if last is None or last.rung is not Rung.ON_FAILURE:
        return "no ladder leads on" if last is None else f"the ladder of {last.diagnosis} leads to {last.rung}"
    if node.failures >= node.spec.retry.maximum_attempts:
        return f"all {node.spec.retry.maximum_attempts} attempts are used"
    return f"the ladder of {last.diagnosis} has no other rung that can help"
