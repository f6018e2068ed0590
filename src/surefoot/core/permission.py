"""The state of a permission: what an agent of others has asked for, and what became of it."""

from __future__ import annotations

from surefoot.core.agent_types import ToolCall
from surefoot.core.record import record


@record(frozen=False, kw_only=False)
class Permission:
    """One thing that an agent of others wants to do, and waits for our word about."""

    asked: ToolCall
    is_served: bool
    """Whether we carry it out in the lane; else the agent does it in its own process."""
    asked_seq: int = 0
    """The position of that in the journal."""
    question: str | None = None
    """The question by which a person was asked."""
    is_answered: bool = False
