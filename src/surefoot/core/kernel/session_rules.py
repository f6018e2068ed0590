"""What is said to an agent of others while it is at work: answers to its requests, and what people have to say."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.kernel.permission_rules import answer_permission
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.messages import waiting_for
from surefoot.core.prompts import said_by
from surefoot.core.session import Session
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState


def go_on_with_session(state: RunState, node: StepState, work: Attempt, now: float) -> Proposal | None:
    """Return what the agent is told next; None while it is at work, or waits for a person."""
    session = work.session
    if work.open != ev.BodyStarted.kind or session is None or session.is_over:
        return None
    if not session.is_in_turn:
        return _prompt(state, node, session, now)
    if not session.is_cancelled and _is_broken_off(state, node, session):
        event = ev.SessionTurnCancelled(**node.at(now), turn=session.turns + 1)
        return Proposal(event, do.CancelTurn(**node.in_lane, turn=event.turn))
    return answer_permission(state, node, work, now)


def _prompt(state: RunState, node: StepState, session: Session, now: float) -> Proposal:
    """Say what people have to say; where nobody has anything, that is the end."""
    waiting = waiting_for(state, node)
    names = tuple(one.sent.message for one in waiting)
    event = ev.SessionPrompted(**node.at(now), turn=session.turns + 1, messages=names)
    text = "\n\n".join(said_by(one.sent.by, one.sent.text) for one in waiting)
    return Proposal(event, do.PromptAgent(**node.in_lane, text=text))


def _is_broken_off(state: RunState, node: StepState, session: Session) -> bool:
    return any(one.sent.is_urgent and one.sent.message not in session.messages for one in waiting_for(state, node))
