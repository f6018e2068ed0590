"""The state of a session with an agent of others: its turns, and what a person had to say in them."""

from __future__ import annotations

from surefoot.core.record import record


@record(frozen=False)
class Session:
    """What is known of the session of one attempt."""

    turns: int = 0
    """So many turns have ended."""
    messages: tuple[str, ...] = ()
    """The messages of people that the prompt under way holds."""
    is_in_turn: bool = True
    """Whether the agent is at work; else it waits for the next prompt."""
    is_cancelled: bool = False
    """Whether the turn under way was told to end."""
    is_over: bool = False
    """Whether nothing more is said to the agent."""
