"""The rules of plans that turn out wrong: stopped ones, and those that leave the acceptance red.

Once nothing is under way the planner is asked, with the stock in its brief; where there is none, the run pauses, or
ends as it stands. Nothing here changes the state.
"""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.amendment_state import StopStage
from surefoot.core.event_words import Phase
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.kernel.replan_fold import red_acceptance
from surefoot.core.kernel.short_way import is_on_short_way
from surefoot.core.messages import REPLANS_MAX, can_plan_anew
from surefoot.core.short_text import listed, shortened
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE, StepStatus

_REASON_MAX, _NAMED_MAX = 400, 6


def said_by_agent(state: RunState, now: float) -> list[Proposal]:
    """Stop the plan where an agent at work says that it is wrong."""
    if state.stop_wanted is None or state.outcome is not None or state.cancelling is not None:
        return []
    step, why = state.stop_wanted
    return [Proposal(ev.PlanStopped(at=now, why=why, by=f"the agent of step {step}", step=step))]


def is_planning_anew(state: RunState) -> bool:
    """Tell whether the planner alone is at work, because the plan was stopped."""
    return state.stop is not None and state.stop.stage is StopStage.PLANNING


def take_stock(state: RunState, now: float) -> list[Proposal]:
    """Take stock once nothing is under way, where a planner is there that can make another plan of it."""
    stop = state.stop
    if stop is None or stop.stage is not StopStage.STOPPING or state.limit is not None:
        return []
    is_bounded = stop.asked.step is None or state.replans < REPLANS_MAX
    if not is_bounded or state.phase not in (Phase.EXECUTE, Phase.VALIDATE) or not _has_planner(state):
        return []
    done = sum(node.status in DONE for node in state.steps())
    return [Proposal(ev.StockTaken(at=now, done=done, commit=None if state.branch is None else state.branch.head))]


def _has_planner(state: RunState) -> bool:
    return can_plan_anew(state) and not is_on_short_way(state)


def back_for_red(state: RunState, now: float) -> list[Proposal]:
    """Let the planner look at what was verified and still leaves the acceptance red: once for each tree."""
    red = red_acceptance(state)
    if not red or not _has_planner(state) or state.replans >= REPLANS_MAX or not _is_all_done(state):
        return []
    names = listed((repr(check.name) for check, _ in red), _NAMED_MAX)
    reason = f"all steps are verified, and the acceptance is red: {names}"
    return [Proposal(ev.PhaseEntered(at=now, phase=Phase.EXECUTE, reason=shortened(reason, _REASON_MAX)))]


def _is_all_done(state: RunState) -> bool:
    others = (node for node in state.steps() if node.status not in DONE)
    return all(node.spec.optional or node.status is StepStatus.SKIPPED for node in others)
