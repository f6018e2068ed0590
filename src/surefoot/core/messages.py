"""What people say to agents: for which steps a message is, and which wait for the next request of an agent.

A message is put into one request of a conversation. It counts as given once that request has its reply, so that a lost
request holds it again, and a request that has a reply holds it for good.
"""

from __future__ import annotations

from surefoot.core.agent_types import Role
from surefoot.core.attempt import Running
from surefoot.core.event_words import Outcome, Phase
from surefoot.core.events import MessageSent
from surefoot.core.ids import StepId, nearest_said
from surefoot.core.state import MessageState, RunState
from surefoot.core.step_state import FINAL, StepState
from surefoot.core.system_steps import PLAN_HOLDS, REPLANNING

MESSAGE_MAX = 4_000
"""So many characters a message may have: no brief shortens it, and it stands in all that follow."""


def has_conversation(node: StepState) -> bool:
    """Tell whether an agent at the step can be told something: its conversation or session is under way."""
    work = node.work
    if work is None or type(work.stage) is not Running:
        return False
    return work.conversation is not None or (work.session is not None and not work.session.is_over)


def has_planner(state: RunState) -> bool:
    """Tell whether a planner can change the plan while its steps are carried out."""
    return state.phase is Phase.EXECUTE and can_plan_anew(state)


def can_plan_anew(state: RunState) -> bool:
    """Tell whether the run has a plan, and a planner that can change it."""
    is_made = state.revision > 0 if state.created.goal_options is not None else state.routing.with_planner
    return is_made and Role.PLANNER.value in state.routing.roles


REPLANS_MAX = 6
"""So often the planner is asked about failures in a run, and no more."""


def may_replan(state: RunState) -> bool:
    """Tell whether the planner can be asked about a failed step."""
    return has_planner(state) and state.replans < REPLANS_MAX


def recipients(state: RunState, to: StepId | None) -> list[StepId]:
    """Return the steps that a message is for: the one it names; or the planner, and those whose agents talk now."""
    if to is not None:
        return [to]
    talking = [name for name in state.active if has_conversation(state.nodes[name]) and name != REPLANNING]
    if has_planner(state):
        return [*talking, REPLANNING]
    return talking if talking or has_reader(state) else [PLAN_HOLDS]


def has_reader(state: RunState) -> bool:
    """Tell whether an agent of the run will read a message to all of it."""
    is_made_later = state.created.goal_options is not None and state.phase in (Phase.UNDERSTAND, Phase.PLAN)
    return is_made_later or has_planner(state) or any(map(_may_converse, state.nodes.values()))


def word_to_decide_on(state: RunState) -> MessageSent | None:
    """Return what was said to a run that no agent of it reads, until a person says what it means for the plan."""
    found = (one.sent for one in state.messages.values() if PLAN_HOLDS in one.to and PLAN_HOLDS not in one.given)
    return next(found, None)


def give_open_messages(state: RunState, step: StepId) -> None:
    """Let the agent that begins to talk have the messages to the run that no agent was given or can be given."""
    for message in state.messages.values():
        if _is_open(state, message):
            message.to = [step]


def _is_open(state: RunState, message: MessageState) -> bool:
    is_taken = message.given or any(has_conversation(state.nodes[one]) for one in message.to if one in state.nodes)
    return message.sent.to is None and not is_taken


def waiting_for(state: RunState, node: StepState) -> tuple[MessageState, ...]:
    """Return the messages that the next request of the step's agent has to hold, in the order they came."""
    step = node.spec.id
    return tuple(one for one in state.messages.values() if one.waits_for(step))


def waiting_for_brief(state: RunState, node: StepState) -> tuple[MessageState, ...]:
    """Return the messages that the brief of an agent of others has to hold, who is told all at its beginning."""
    step = node.spec.id
    is_for = (one for one in state.messages.values() if one.is_for(step) or _is_open(state, one))
    return tuple(one for one in is_for if step not in one.given)


def carried_by(state: RunState, node: StepState) -> frozenset[str]:
    """Return the messages that the agent at work on the step has, or will have, from a request of its own."""
    conversation = node.conversation
    own = (name for turn in (conversation.turns if conversation else ()) for name in turn.messages)
    return frozenset((*own, *(one.sent.message for one in waiting_for_brief(state, node))))


def breaks_off(state: RunState, node: StepState) -> bool:
    """Tell whether a person wants the turn under way broken off, so that their message is read at once."""
    conversation = node.conversation
    if not state.messages or conversation is None or not conversation.is_begun or not has_conversation(node):
        return False
    asked = conversation.asked
    if asked is not None and asked.is_summary:  # the next request holds it anyway
        return False
    carried = () if asked is None else asked.messages
    return any(one.sent.is_urgent and one.sent.message not in carried for one in waiting_for(state, node))


def flaw_of_message(state: RunState, to: StepId | None) -> str:
    """Say why a message cannot be sent to a step, or to the run, and what to do instead; empty where it can."""
    run = state.created.run
    if state.outcome is not None:
        is_done = state.outcome is Outcome.COMPLETED
        hint = "begin another run for what is left to say" if is_done else f"`surefoot retry {run}` tries again"
        return f"it has ended ({state.outcome.value}), so no agent will read a message; {hint}"
    if to is None:
        can_read = has_reader(state) or state.phase is Phase.EXECUTE
        return "" if can_read else "no agent is at work in it, and none of its steps to come is an agent's"
    node = state.nodes.get(to)
    if node is None:
        return f"there is no step {to!r}; `surefoot show {run}` lists them{nearest_said(to, state.nodes)}"
    if not node.spec.body.by_model:
        return f"step {to!r} is no agent's, so nobody there reads a message"
    if node.is_group:
        return f"step {to!r} is a group; name one of its members: `surefoot show {run}` lists them"
    if node.status in FINAL:
        return f"step {to!r} has ended ({node.status.value}); `surefoot retry {run} {to}` tries a failed one again"
    return ""


def _may_converse(node: StepState) -> bool:
    return node.spec.body.by_model and node.members is None and node.status not in FINAL
