"""What an agent is to be shown before its first request, as far as the state tells: red checks, and how much room."""

from __future__ import annotations

from collections.abc import Iterable

from surefoot.core.agent_types import FirstLook, RedCheck, Role
from surefoot.core.attempt import Attempt
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Verdict
from surefoot.core.kernel.model_fallback import tokens_max
from surefoot.core.ladder_table import Rung
from surefoot.core.model_chain import chain_of
from surefoot.core.plan import Check
from surefoot.core.prompt_prefix import asked
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.verdicts import CheckRecord

SHARE = 0.3
"""What it is shown may take this share of a brief."""
SHARE_IF_SHORT = 0.05
"""The same where an earlier attempt grew too long."""
_CHECKS_MAX = 4


def first_look(state: RunState, node: StepState, work: Attempt, role: Role, room: int) -> FirstLook | None:
    """Return what the agent is to be shown in so many tokens; None where there is no lane to look at."""
    if work.checkpoint is None or state.branch is None:
        return None
    is_reader = role is Role.REVIEWER
    return FirstLook(
        role=role,
        commit=work.checkpoint.commit,
        base=state.created.base or work.checkpoint.commit,
        writes=() if is_reader else state.plan.writes_of(node.spec),
        about="" if is_reader else f"{state.plan.goal}\n{node.spec.body.text}",
        red=() if is_reader else _told_red(state, node, work),
        room=room,
    )


def _told_red(state: RunState, node: StepState, work: Attempt) -> tuple[RedCheck, ...]:
    """Return the checks that the agent may know of and that are red: the step's own, else those of acceptance."""
    own = _red(zip(node.spec.checks, work.checks, strict=True), (Verdict.FAILED,))
    verdicts = (Verdict.FAILED, Verdict.INCONCLUSIVE)
    return own or _red(zip(state.plan.accept, state.accept.records, strict=False), verdicts)


def _red(pairs: Iterable[tuple[Check, CheckRecord]], verdicts: tuple[Verdict, ...]) -> tuple[RedCheck, ...]:
    found = [
        RedCheck(asks=asked(check), text=record.text, evidence=record.evidence)
        for check, record in pairs
        if record.before in verdicts and not check.held_back
    ]
    return tuple(found[:_CHECKS_MAX])


def room_for(state: RunState, node: StepState, role: Role) -> int:
    """Return how many tokens may take what the agent is shown before its first request."""
    chain = chain_of(state, node)
    share = SHARE_IF_SHORT if Rung.COMPRESS in node.helped_by else SHARE
    return int(tokens_max(state, Conversation(role=role), chain[0]) * share) if chain else 0
