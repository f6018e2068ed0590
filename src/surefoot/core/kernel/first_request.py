"""What an agent is to be shown before its first request, as far as the state tells: red checks, and how much room."""

from __future__ import annotations

from collections.abc import Iterable

from surefoot.core import commands as do
from surefoot.core.agent_types import Role
from surefoot.core.attempt import Attempt
from surefoot.core.bodies import AgentBody
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Verdict
from surefoot.core.kernel.model_fallback import tokens_max
from surefoot.core.model_chain import chain_of
from surefoot.core.plan import Check
from surefoot.core.prompt_prefix import asked
from surefoot.core.state import RunState, StepState
from surefoot.core.verdicts import CheckRecord

SHARE = 0.3
"""What it is shown may take this share of a brief."""
_CHECKS_MAX = 4


def told_red(state: RunState, node: StepState, work: Attempt) -> tuple[do.RedCheck, ...]:
    """Return the checks that the agent may know of and that are red: the step's own, else those of acceptance."""
    own = _red(zip(node.spec.checks, work.checks, strict=True), (Verdict.FAILED,))
    verdicts = (Verdict.FAILED, Verdict.INCONCLUSIVE)
    return own or _red(zip(state.plan.accept, state.accept.records, strict=False), verdicts)


def _red(pairs: Iterable[tuple[Check, CheckRecord]], verdicts: tuple[Verdict, ...]) -> tuple[do.RedCheck, ...]:
    found = [
        do.RedCheck(asks=asked(check), text=record.text, evidence=record.evidence)
        for check, record in pairs
        if record.before in verdicts and not check.held_back
    ]
    return tuple(found[:_CHECKS_MAX])


def room_for(state: RunState, node: StepState) -> int:
    """Return how many tokens may take what the agent is shown before its first request."""
    chain = chain_of(state, node)
    role: Role = AgentBody.of(node.spec.body).role
    return int(tokens_max(state, Conversation(role=role), chain[0]) * SHARE) if chain else 0
