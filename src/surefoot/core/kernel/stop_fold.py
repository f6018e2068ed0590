"""The fold of plans that are stopped as wrong: how far the run is with that, and what settles it. Decides nothing."""

from __future__ import annotations

from surefoot.core import events as ev
from surefoot.core.amendment_state import AmendmentState, PlanStop, StopStage
from surefoot.core.event_words import Outcome, Phase
from surefoot.core.graph_state import recount, withdraw
from surefoot.core.kernel.guards import need
from surefoot.core.kernel.plan_adoption import forget_review
from surefoot.core.messages import can_plan_anew
from surefoot.core.people_words import note_reason
from surefoot.core.state import RunState
from surefoot.core.step_state import FINAL
from surefoot.core.system_steps import REPLANNING
from surefoot.core.tool_payload import PlanChange, ProposedAmendment

_ENDED = frozenset({Outcome.COMPLETED, Outcome.CANCELLED})


def plan_stopped(state: RunState, event: ev.PlanStopped) -> None:
    """Let nothing new start, and end what runs; a stop that is under way only has one more reason."""
    run = state.created.run
    hint = f"`surefoot amend {run} FILE` changes its plan, and it goes on"
    need(state.outcome not in _ENDED and state.undoing is None, event, f"nothing is under way in it; {hint}")
    need(event.step is None or state.stop_wanted is not None, event, "no agent has said so")
    if event.step is None:
        note_reason(state, event.by, event.why, "the plan, which they stopped as wrong")
    state.stop_wanted = None
    if state.stop is not None and state.stop.stage is not StopStage.RESTED:
        return
    _settle(state.stop, "it was stopped once more")
    state.stops.append(PlanStop(asked=event))
    _halt(state, event)


def _halt(state: RunState, event: ev.PlanStopped) -> None:
    state.pausing, state.interrupting = f"the plan was stopped by {event.by}: {event.why}", True


def wrong_plan_said(state: RunState, event: ev.ToolCallFinished) -> None:
    """Note that an agent at work says that the plan is wrong: each step can stop it once."""
    change = event.payload
    if not isinstance(change, PlanChange) or not change.is_wrong or state.phase is not Phase.EXECUTE:
        return
    if state.stop is None and all(one.asked.step != event.step for one in state.stops):
        state.stop_wanted = (event.step, change.text)


def stock_taken(state: RunState, event: ev.StockTaken) -> None:
    """Let the planner alone work; what it was asked before, and has not answered, is asked anew with the stock."""
    stop = state.stop
    need(stop is not None and stop.stage is StopStage.STOPPING, event, "the plan was not stopped")
    need(state.phase in (Phase.EXECUTE, Phase.VALIDATE) and not state.is_busy, event, "something is under way")
    assert stop is not None
    stop.stage, state.pausing, state.interrupting = StopStage.PLANNING, None, False
    state.offered = None
    asked = state.nodes.get(REPLANNING)
    if asked is not None and asked.status not in FINAL:
        if asked.work is not None:
            withdraw(state, asked, "the plan was stopped")
        state.waits.pop(REPLANNING, None)
        del state.nodes[REPLANNING]
    _return_to_execute(state)


def planner_answered(state: RunState, offered: ProposedAmendment) -> None:
    """Note what the planner says; where it changes nothing, a person decides who has stopped the plan."""
    state.offered = offered if offered.operations else None
    stop = state.stop
    if stop is None or stop.stage is not StopStage.PLANNING:
        return
    stop.said = offered.why
    if offered.operations:
        return
    if stop.asked.step is not None and not offered.gives_up:
        _settle(stop, "the planner leaves the plan as it is")
        return
    _rest(state, stop, "the planner gives up" if offered.gives_up else "the planner leaves the plan as it is")


def planner_failed(state: RunState, why: str) -> None:
    """Let a person decide what follows: the planner has made no plan that can take the place of the stopped one."""
    stop = state.stop
    if stop is not None and stop.stage is StopStage.PLANNING:
        stop.said = stop.said or why
        _rest(state, stop, "the planner has no other plan")


def leave_without_planner(state: RunState) -> None:
    """Let a person decide what follows, where there is no planner any more that could be asked."""
    stop = state.stop
    if stop is not None and not stop.is_asked and not can_plan_anew(state):
        planner_failed(state, "no planner is named for the run any more")


def _rest(state: RunState, stop: PlanStop, why: str) -> None:
    stop.stage = StopStage.RESTED
    state.pausing = f"the plan was stopped by {stop.asked.by}: {stop.asked.why}; {why}"


def stop_paused(state: RunState) -> None:
    """Leave it to a person what follows a stop, where the run has paused for nothing else and no planner is at it."""
    stop = state.stop
    if stop is not None and stop.stage is StopStage.STOPPING and state.limit is None:
        stop.stage = StopStage.RESTED


def stop_resumed(state: RunState, by: str) -> None:
    """Go on with the plan as it is, where a person has seen the stock; else take stock first."""
    stop = state.stop
    if stop is None:
        return
    if stop.stage is StopStage.RESTED:
        wanted = state.amending
        how = f"gone on with by {by}" if wanted is None else f"the plan was changed by {wanted.proposed.by}"
        _settle(stop, how)
    elif stop.stage is StopStage.STOPPING:
        _halt(state, stop.asked)


def settle_stop(state: RunState, how: str) -> None:
    """Close the stop: it came to something."""
    _settle(state.stop, how)


def settle_stop_by(state: RunState, wanted: AmendmentState) -> None:
    """Close the stop: another plan holds that was wanted after it."""
    stop, event = state.stop, wanted.proposed
    if stop is None or event.at < stop.asked.at:
        return
    if stop.stage is StopStage.STOPPING:
        state.pausing, state.interrupting = None, False
    _settle(stop, f"the plan was changed by {event.by}")


def _settle(stop: PlanStop | None, how: str) -> None:
    if stop is not None:
        stop.stage, stop.settled = StopStage.SETTLED, how


def go_back_to_execute(state: RunState, event: ev.PhaseEntered) -> None:
    """Go back to where the plan can change; what the acceptance checks said is known still."""
    need(state.phase is Phase.VALIDATE and bool(event.reason), event, f"the run is in phase {state.phase}")
    need(not state.is_busy, event, "something is under way")
    _return_to_execute(state)


def _return_to_execute(state: RunState) -> None:
    if state.phase is Phase.VALIDATE:
        forget_review(state)
    state.phase = Phase.EXECUTE
    recount(state)
