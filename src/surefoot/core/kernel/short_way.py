"""The short way of a goal in words: one file in scope and a red acceptance check need neither scout nor planner.

The runtime makes the plan itself: one step of an agent, with the goal as its instruction. Where the step fails, the run
goes the whole way, and the scout is told what came of it. Nothing here changes the state but `leave_short_way`.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.agent_types import Note
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Phase, Verdict
from surefoot.core.graph_state import recount
from surefoot.core.ids import StepId
from surefoot.core.kernel.guards import need
from surefoot.core.plan import AgentBody, Check, Plan, RetryPolicy, Step
from surefoot.core.short_text import shortened
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.system_steps import UNDERSTANDING
from surefoot.core.verdicts import CheckRecord

SHORT_WAY = StepId("short-way")
BY = "the short way: one file in scope and a red acceptance check"
_ATTEMPTS, _TITLE_MAX, _REASON_MAX = 2, 60, 800


def short_plan(state: RunState) -> Plan | None:
    """Return the plan that the runtime makes itself, once acceptance was asked; None where it takes models to make one.

    The step is optional: where it fails, the run does not count as undone for that.
    """
    options = state.created.goal_options
    is_early = state.phase is Phase.UNDERSTAND and state.revision == 0 and UNDERSTANDING not in state.nodes
    if options is None or options.plan_only or not is_early or state.created.in_scope != 1:
        return None
    pairs = list(zip(state.plan.accept, state.accept.records, strict=True))
    is_red = any(record.before is Verdict.FAILED and not check.held_back for check, record in pairs)
    if not is_red or any(record.before in (None, Verdict.INCONCLUSIVE) for _, record in pairs):
        return None
    goal = state.plan.goal
    step = Step(
        id=SHORT_WAY,
        title=shortened(goal.partition("\n")[0], _TITLE_MAX),
        body=AgentBody(instructions=goal),
        writes=state.plan.scope_write,
        checks=tuple(_asked_of_step(check, record) for check, record in pairs),
        retry=RetryPolicy(maximum_attempts=_ATTEMPTS, initial_interval_s=0.0, retry_unknown=True),
        optional=True,
    )
    return replace(state.plan, steps=(step,))


def _asked_of_step(check: Check, record: CheckRecord) -> Check:
    """Return an acceptance check as one of the step: what is red has to turn green, what is green has to stay so."""
    return replace(check, expect=Expect.FAIL_TO_PASS if record.before is Verdict.FAILED else Expect.PASS_TO_PASS)


def is_on_short_way(state: RunState) -> bool:
    """Tell whether the plan that holds is the one that the runtime has made."""
    return state.returns == 0 and SHORT_WAY in state.nodes


def failed_short_way(state: RunState) -> StepState | None:
    """Return the step of the short way, where it has failed and the run has not gone back for that."""
    node = state.nodes.get(SHORT_WAY)
    return node if node is not None and is_on_short_way(state) and node.status is StepStatus.FAILED else None


def leave_short_way(state: RunState, event: ev.PhaseEntered) -> None:
    """Go back to UNDERSTAND; the step stays as it ended, and whoever comes next is told of it."""
    node = failed_short_way(state)
    need(node is not None and bool(event.reason), event, "the short way has not failed")
    need(not state.active and not state.is_busy, event, "steps are under way")
    assert node is not None
    state.phase, state.returns = Phase.UNDERSTAND, state.returns + 1
    state.adopted = replace(state.plan, steps=())
    said = "; ".join(f"attempt {one.attempt} tried: {one.tried}; it was told: {one.said}" for one in node.lessons)
    if said:
        text = f"Carrying the goal out in one step has failed. {said}"
        state.notes = (*state.notes, Note(text=shortened(text, _REASON_MAX), by=SHORT_WAY))
    recount(state)
