"""The fold of REPLAN: what the planner was asked about, and what it wants. Decides nothing."""

from __future__ import annotations

from surefoot.core.agent_changes import changes_for_planner
from surefoot.core.amendment_state import PlanDoubt
from surefoot.core.amendments import AmendmentOrigin
from surefoot.core.attempt import Attempt
from surefoot.core.kernel.agent_change_fold import take_over_change
from surefoot.core.kernel.plan_watch_fold import PROPOSAL, open_doubts
from surefoot.core.kernel.stop_fold import planner_answered, planner_failed
from surefoot.core.messages import REPLANS_MAX
from surefoot.core.plan import Check, OnFailure
from surefoot.core.state import RunState
from surefoot.core.step_state import FINAL, StepState, StepStatus
from surefoot.core.stock import red_checks
from surefoot.core.system_steps import REPLANNING
from surefoot.core.tool_payload import ProposedAmendment
from surefoot.core.verdicts import CheckRecord
from surefoot.core.ways_on import WANTS_PLAN


def failures_to_ask_about(state: RunState) -> list[StepState]:
    """Return the failed steps that the planner has not been asked about since they failed."""
    if state.replans >= REPLANS_MAX:
        return []
    return [node for node in state.steps() if _is_open_failure(state, node)]


def _is_open_failure(state: RunState, node: StepState) -> bool:
    is_final = node.status is StepStatus.FAILED and not {OnFailure.BLOCK, OnFailure.ASK}.isdisjoint(node.spec.ways_on)
    return is_final and not node.spec.optional and state.asked_about.get(node.spec.id) != node.ended_at


def doubts_to_ask_about(state: RunState) -> list[PlanDoubt]:
    """Return the doubts whether the plan holds that the planner has not been asked about."""
    return [one for one in open_doubts(state) if not one.planner_asked] if state.replans < REPLANS_MAX else []


def red_acceptance(state: RunState) -> list[tuple[Check, CheckRecord]]:
    """Return the red acceptance checks about whose tree the planner has not been asked."""
    is_known = state.branch is not None and state.branch.tree not in state.red_trees
    return red_checks(state) if is_known else []


def is_with_planner(state: RunState) -> bool:
    """Tell whether the planner is asked about a doubt or a proposal, so that no person is for now."""
    node = state.nodes.get(REPLANNING)
    is_wanted = bool(doubts_to_ask_about(state)) or bool(changes_for_planner(state))
    return is_wanted or (node is not None and node.status not in FINAL)


def replanning_started(state: RunState) -> None:
    """Note about what the planner is asked."""
    doubts, failed, red = doubts_to_ask_about(state), failures_to_ask_about(state), red_acceptance(state)
    changes = changes_for_planner(state)
    is_agents = bool(changes) or any(one.wanted.rule == PROPOSAL for one in doubts)
    state.replan_origin = AmendmentOrigin.AGENT if is_agents else AmendmentOrigin.PLANNER
    if state.stop is not None:
        state.stop.is_asked = True
        is_agents = state.stop.asked.step is not None
        state.replan_origin = AmendmentOrigin.AGENT if is_agents else AmendmentOrigin.PLANNER
        state.replans += is_agents
    elif failed:
        state.replan_origin = AmendmentOrigin.RECOVERY
    for doubt in doubts:
        doubt.planner_asked = True
    for change in changes:
        change.is_with_planner = True
    state.replans += bool(failed or red or doubts or changes)
    if red and state.branch is not None:
        state.red_trees[state.branch.tree] = None
    for node in failed:
        assert node.ended_at is not None
        state.asked_about[node.spec.id] = node.ended_at


def left_to_planner(state: RunState, node: StepState, answer: str | None) -> None:
    """Note that a person has decided about a failed step, unless they want another plan: the planner is not asked."""
    if answer is not None and answer not in WANTS_PLAN:
        state.asked_about[node.spec.id] = state.at


def keep_offered(state: RunState, work: Attempt) -> None:
    """Keep what the planner has come to, where it is the planner's attempt that has ended."""
    ended = None if work.conversation is None else work.conversation.ended
    found = None if ended is None else ended.payload
    if isinstance(found, ProposedAmendment) and not take_over_change(state, found):
        planner_answered(state, found)


def replanning_ended(state: RunState) -> None:
    """Close the doubts that the planner was asked about: it has left the plan, or wants another one."""
    is_kept = state.offered is None and state.amending is None
    for doubt in open_doubts(state):
        if doubt.planner_asked:
            doubt.settled = "the planner leaves the plan as it is" if is_kept else "the plan changes"


def replanning_failed(state: RunState, why: str) -> None:
    """Let the run go on with the plan in force: the planner has no answer, and is not asked the same once more."""
    planner_failed(state, why)
    for doubt in open_doubts(state):
        if doubt.planner_asked and not doubt.wanted.affects:
            doubt.settled = "the planner has no answer, and no step waits for one"
    for message in state.messages.values():
        if REPLANNING not in message.given:
            message.to = [step for step in message.to if step != REPLANNING]
