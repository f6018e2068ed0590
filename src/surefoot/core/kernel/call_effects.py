"""The effect class and the idempotency key of an agent's command that is about to begin.

Both are journaled with the beginning of the call; from there on the state has them.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core.agent_types import ToolCall
from surefoot.core.conversation import shown_of
from surefoot.core.ids import idempotency_key
from surefoot.core.plan import digest_of
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState


def rule_for_call(state: RunState, node: StepState, call: ToolCall) -> str:
    """Name the rule by which an agent's command counts as irreversible; empty: it stays inside the lane."""
    from surefoot.core.policy import raising_rule

    # The checks of a step have a network of their own; the command has only that of the step.
    return raising_rule(replace(node.spec, checks=()), call.does, state.rung)


def approval_of_call(node: StepState, call: ToolCall, raised_by: str) -> str:
    """Name what an approval of a call rests on: of one that reaches others also the files it would run among."""
    work = node.work
    if not raised_by or work is None or work.conversation is None or work.checkpoint is None:
        return shown_of(call)
    return f"{shown_of(call)} on {work.conversation.tree or work.checkpoint.tree}"


def is_repeated_call(node: StepState, call: ToolCall) -> bool:
    """Tell whether the same command of an agent at the step has reached others before, or may have."""
    return any(one.shown == shown_of(call) and one.applied is not False for one in node.reached)


def key_for_call(state: RunState, node: StepState, call: ToolCall) -> str:
    """Return the idempotency key of an agent's command: another attempt that runs it has the same.

    It names the command and not the call's number, which is another one in each attempt. Once the command is known to
    have been applied, running it again in the same attempt is meant as another effect, with another key.
    """
    conversation = node.conversation
    earlier = node.reached[0 if conversation is None else conversation.reached_before :]
    times = sum(one.shown == shown_of(call) and one.applied is True for one in earlier)
    name = digest_of(shown_of(call))[:12]
    return idempotency_key(state.created.run, node.spec.id, f"{name}.{times + 1}" if times else name)
