"""The models that play a role at a step, in the order in which they are asked."""

from __future__ import annotations

from surefoot.core.agent_types import ModelFacts
from surefoot.core.ladder_table import Rung
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState


def chain_of(state: RunState, node: StepState) -> tuple[ModelFacts, ...]:
    """Return the models to ask, in order."""
    models = state.routing.roles.get(node.spec.body.played_by)
    if models is None:
        return ()
    # Independent attempts begin with different models, where there are several.
    first = max(0, node.candidate_number - 1) % max(1, len(models.chain))
    chain = (*models.chain[first:], *models.chain[:first])
    if models.stronger is not None and _asks_stronger_now(state, node):
        return (models.stronger, *chain)
    return chain


def _asks_stronger_now(state: RunState, node: StepState) -> bool:
    """Tell whether the stronger model comes first: its rung led here, or this follows a person's word at the end."""
    if node.recovery is not None:
        return node.recovery.rung is Rung.STRONGER
    return node.failures > 0 and asks_stronger(state, node, node.failures + 1)


def asks_stronger(state: RunState, node: StepState, attempt: int) -> bool:
    """Tell whether an attempt that follows a failed one is the last, for which a stronger model is set."""
    models = state.routing.roles.get(node.spec.body.played_by)
    return models is not None and models.stronger is not None and attempt >= node.spec.retry.maximum_attempts


def has_native_tools(state: RunState, node: StepState) -> bool:
    """Tell whether the model that is asked next takes tools as such; else its replies are held to a schema."""
    chain = chain_of(state, node)
    conversation = node.conversation
    position = 0 if conversation is None else conversation.position
    return not chain or chain[min(position, len(chain) - 1)].native_tools
