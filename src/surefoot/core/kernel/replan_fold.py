"""The fold of REPLAN: what the planner was asked about, and what it wants. Decides nothing."""

from __future__ import annotations

from surefoot.core.plan import OnFailure
from surefoot.core.state import RunState, StepState, StepStatus
from surefoot.core.system_steps import REPLANNING

REPLANS_MAX = 6
"""So often the planner is asked about failures in a run, and no more."""


def failures_to_ask_about(state: RunState) -> list[StepState]:
    """Return the failed steps that the planner has not been asked about since they failed."""
    if state.replans >= REPLANS_MAX:
        return []
    return [node for node in state.steps() if _is_open_failure(state, node)]


def _is_open_failure(state: RunState, node: StepState) -> bool:
    is_final = node.status is StepStatus.FAILED and node.spec.on_failure in (OnFailure.BLOCK, OnFailure.ASK)
    return is_final and not node.spec.optional and state.asked_about.get(node.spec.id) != node.ended_at


def replanning_started(state: RunState) -> None:
    """Note about which failures the planner is asked."""
    failed = failures_to_ask_about(state)
    state.replans += bool(failed)
    for node in failed:
        assert node.ended_at is not None
        state.asked_about[node.spec.id] = node.ended_at


def replanning_failed(state: RunState) -> None:
    """Let the run go on with the plan in force: the planner has no answer, and is not asked the same once more."""
    for message in state.messages.values():
        if REPLANNING not in message.given:
            message.to = [step for step in message.to if step != REPLANNING]
