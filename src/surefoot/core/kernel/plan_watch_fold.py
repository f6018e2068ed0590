"""The fold of doubts about the plan: which are open, which steps wait for them, and what settles them.

Decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from surefoot.core import events as ev
from surefoot.core.agent_changes import open_changes
from surefoot.core.amendment_state import PlanDoubt
from surefoot.core.event_words import Finding, QuestionKind, Severity
from surefoot.core.graph_state import leave_queue, make_ready, reset, withdraw
from surefoot.core.ids import StepId
from surefoot.core.kernel.guards import need, node_of
from surefoot.core.messages import word_to_decide_on
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE, FINAL, StepState, StepStatus
from surefoot.core.system_steps import PLAN_HOLDS

GO_ON = "go_on"
STOP = "stop"
PROPOSAL = "proposal"
"""The rule that finds what an agent says about the steps to come."""
_NAMED_MAX = 6
_WAITS = frozenset({StepStatus.RUNNING, StepStatus.WAITING})


def has_not_begun(node: StepState) -> bool:
    """Tell whether the step, or the group, can still be kept from starting."""
    if node.is_system_step or node.members is not None:
        return False
    if node.status is StepStatus.PENDING:
        return True
    work = node.work
    return node.status in _WAITS and work is not None and not work.has_begun and work.people.taken_by is None


def first_open(state: RunState) -> ev.ReplanWanted | None:
    """Return the doubt that a person has to decide on next."""
    return next((one.wanted for one in open_doubts(state)), None)


def open_doubts(state: RunState) -> list[PlanDoubt]:
    """Return the doubts for which steps wait."""
    return [one for one in state.plan_doubts if one.settled is None]


def is_kept_by_replan(state: RunState, node: StepState) -> bool:
    """Tell whether the step does not start, because a person decides first whether the plan for it holds."""
    return any(node.spec.id in one.wanted.affects or node.group in one.wanted.affects for one in open_doubts(state))


def replan_wanted(state: RunState, event: ev.ReplanWanted) -> None:
    """Note a doubt; where it asks, what it concerns does not start any more."""
    node = node_of(state, event, event.step)
    need(node.status in DONE and node.attempt == event.attempt, event, f"step {event.step!r} is not verified")
    _report(state, event)
    if not event.asks:
        return
    is_shown_other = not open_doubts(state) and _asks_about_word(state)
    state.plan_doubts.append(PlanDoubt(wanted=event))
    for name in event.affects:
        affected = state.nodes.get(name)
        if affected is None or not has_not_begun(affected):
            continue
        leave_queue(state, name)
        if affected.work is not None:
            withdraw(state, affected, "the plan for it is looked at first")
            make_ready(state, affected)
    if is_shown_other:  # an answer to what is shown would settle what was not
        _ask_anew(state, state.nodes[PLAN_HOLDS], "a step has made the plan doubtful")
    ask_again(state)


def _asks_about_word(state: RunState) -> bool:
    """Tell whether a person is asked just now what was said to the run means for the plan."""
    node = state.nodes.get(PLAN_HOLDS)
    name = None if node is None or node.work is None else node.work.people.question
    return name is not None and state.questions[name].asked.about is QuestionKind.ASK


def _report(state: RunState, event: ev.ReplanWanted) -> None:
    concerned = f" (this concerns {listed(event.affects, _NAMED_MAX)})" if event.affects else ""
    severity = Severity.WARNING if event.asks else Severity.NOTE
    finding = Finding(kind=f"replan-{event.rule}", severity=severity, text=f"{event.why}{concerned}", step=event.step)
    if finding not in state.reported:
        state.reported = (*state.reported, finding)


def settle_asked(state: RunState, asked: StepState, how: str) -> None:
    """Close the doubt that a person has decided on; the next one is asked about in the same way."""
    word = word_to_decide_on(state)
    if open_doubts(state):
        open_doubts(state)[0].settled = how
    elif word is not None:
        state.messages[word.message].given[PLAN_HOLDS] = asked.attempt
    is_more = bool(open_doubts(state)) or word_to_decide_on(state) is not None or bool(open_changes(state))
    if how == GO_ON and is_more:
        _ask_anew(state, asked, "")


def settle_words(state: RunState) -> None:
    """Close what was said to the run and read by no agent: a person has changed the plan."""
    for message in state.messages.values():
        if PLAN_HOLDS in message.to:
            message.given.setdefault(PLAN_HOLDS, 0)


def ask_again(state: RunState) -> None:
    """Let a person be asked about what came up, where they were asked before about something else."""
    asked = state.nodes.get(PLAN_HOLDS)
    if asked is not None and asked.status is StepStatus.VERIFIED:
        _ask_anew(state, asked, "")


def settle_all(state: RunState, how: str) -> None:
    """Close all doubts: another plan holds."""
    for one in open_doubts(state):
        one.settled = how


def settle_by_change(state: RunState, changed: Collection[StepId], how: str) -> None:
    """Close the doubts at or about steps that change; what is left of them is asked anew."""
    for one in open_doubts(state):
        concerned = {one.wanted.step, *one.wanted.affects}
        groups = {state.nodes[name].group for name in concerned if name in state.nodes}
        if not (concerned | groups).isdisjoint(changed):
            one.settled = how
    node = state.nodes.get(PLAN_HOLDS)
    if node is not None:
        _ask_anew(state, node, how)


def _ask_anew(state: RunState, node: StepState, why: str) -> None:
    if node.work is not None:
        withdraw(state, node, why)
    state.unfinished += node.status in FINAL
    reset(node)
