"""The fold of a session with an agent of others: its turns, what it asks for, what it was told. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from surefoot.core import events as ev
from surefoot.core.agent_types import Reached
from surefoot.core.attempt import Attempt
from surefoot.core.conversation import shown_of
from surefoot.core.events import Event
from surefoot.core.graph_state import withdraw_question
from surefoot.core.kernel.guards import active_of, need
from surefoot.core.messages import waiting_for
from surefoot.core.permission import Permission
from surefoot.core.session import Session
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState


def shown_of_permission(node: StepState, one: Permission) -> str:
    """Name what an approval rests on; for what reaches others, or cannot be told, also how often it was granted before.

    So such an approval holds for one time, in another attempt as long as nothing came of it: two commands of which an
    agent says the same may be different ones.
    """
    shown = shown_of(one.asked)
    times = node.granted.get(shown, 0)
    return f"{shown} once more, after {times}" if times else shown


def _session_opened(state: RunState, event: ev.SessionOpened) -> None:
    _, work = _at_work(state, event)
    assert work.session is not None
    work.session.name, work.session.can_load = event.session, event.can_load


def _session_reported(state: RunState, event: ev.SessionReported) -> None:
    _at_work(state, event)


def _at_work(state: RunState, event: ev.StepEvent) -> tuple[StepState, Attempt]:
    node, work = active_of(state, event)
    need(work.open == ev.BodyStarted.kind and node.spec.body.reaches_provider, event, "no agent is at work on the step")
    return node, work


def _in_session(state: RunState, event: ev.StepEvent, *, is_in_turn: bool) -> tuple[StepState, Attempt, Session]:
    node, work = _at_work(state, event)
    session = work.session
    fits = session is not None and not session.is_over and session.is_in_turn is is_in_turn
    need(fits, event, "the agent is at work" if not is_in_turn else "no turn of the agent is under way")
    assert session is not None
    return node, work, session


def _turn_ended(state: RunState, event: ev.SessionTurnEnded) -> None:
    node, work, session = _in_session(state, event, is_in_turn=True)
    need(event.turn == session.turns + 1, event, f"turn {session.turns + 1} is under way")
    session.turns, session.is_in_turn, session.is_cancelled = event.turn, False, False
    session.tree = event.tree
    for name in session.messages:
        state.messages[name].given[event.step] = event.turn
    session.messages = ()
    asked = [one for one in work.permissions if not one.is_answered]
    for one in asked:  # the agent no longer waits for them
        one.is_answered = True
    if asked:
        withdraw_question(state, node, "the agent has ended its turn")
        work.people.answer = None


def _session_prompted(state: RunState, event: ev.SessionPrompted) -> None:
    node, _, session = _in_session(state, event, is_in_turn=False)
    need(event.turn == session.turns + 1, event, f"turn {session.turns + 1} is next")
    waiting = {one.sent.message for one in waiting_for(state, node)}
    need(waiting.issuperset(event.messages), event, "it holds a message that is not for it, or that it had")
    session.messages, session.is_in_turn, session.is_over = event.messages, bool(event.messages), not event.messages


def _turn_cancelled(state: RunState, event: ev.SessionTurnCancelled) -> None:
    _, _, session = _in_session(state, event, is_in_turn=True)
    need(event.turn == session.turns + 1, event, f"turn {session.turns + 1} is under way")
    session.is_cancelled = True


def _permission_asked(state: RunState, event: ev.PermissionAsked) -> None:
    _, work = _at_work(state, event)
    need(work.permission(event.call.call) is None, event, f"{event.call.call} was asked for before")
    work.permissions.append(Permission(asked=event.call, is_served=event.is_served, asked_seq=state.seq + 1))
    if work.session is not None:
        work.session.tree = event.tree


def _permission_answered(state: RunState, event: ev.PermissionAnswered) -> None:
    node, work = _at_work(state, event)
    one = work.permission(event.call)
    need(one is not None and not one.is_answered, event, f"{event.call} waits for nothing")
    assert one is not None
    one.is_answered = True
    does = one.asked.does
    if event.is_allowed and (event.raised_by or does is None or does.unclear is not None):
        shown = shown_of(one.asked)
        node.granted[shown] = node.granted.get(shown, 0) + 1
    if event.is_allowed and event.raised_by:
        reached = Reached(
            call=event.call,
            attempt=event.attempt,
            command=one.asked.command,
            shown=shown_of(one.asked),
            rule=event.raised_by,
            key="",
        )
        node.reached = (*node.reached, reached)


PERMISSION_FOLDS: Mapping[type[Event], Callable[[RunState, Any], None]] = {
    ev.SessionOpened: _session_opened,
    ev.SessionReported: _session_reported,
    ev.SessionTurnEnded: _turn_ended,
    ev.SessionPrompted: _session_prompted,
    ev.SessionTurnCancelled: _turn_cancelled,
    ev.PermissionAsked: _permission_asked,
    ev.PermissionAnswered: _permission_answered,
}
"""What to do with each event of a session with an agent of others."""
