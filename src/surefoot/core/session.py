"""The state of a session with an agent of others: its turns, and what a person had to say in them."""

from __future__ import annotations

from typing import Final

from surefoot.core.approval import Precondition
from surefoot.core.ids import BlobId
from surefoot.core.record import record

SESSION_LOST: Final = "SessionLost"
"""The error of a body whose session could not be loaded: the attempt begins anew, and does not count."""


@record
class SessionLeft:
    """A session whose program was ended, and with which the next attempt goes on if it begins where that one did."""

    name: str
    """The agent's name for it."""
    worker: str | None
    """The agent."""
    instruction: str
    """What it was told to do."""
    commit: str
    """The checkpoint of its attempt."""
    changes: BlobId | None
    """What had been changed in it, as a patch; None: nothing."""
    resources: tuple[Precondition, ...] = ()
    """How the resources stood that it used, when its attempt began."""


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
    name: str = ""
    """The agent's name for it; empty: it is not open yet."""
    can_load: bool = False
    """Whether the agent can go on with it after its program has ended."""
    tree: str | None = None
    """What the lane held when that was last journaled."""
