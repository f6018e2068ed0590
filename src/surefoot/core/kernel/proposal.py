"""The record that `decide` returns: a decision and its command."""

from __future__ import annotations

from surefoot.core.commands import Command
from surefoot.core.events import Event
from surefoot.core.record import record


@record(kw_only=False)
class Proposal:
    """A decision to be journaled, and the command to dispatch once it is."""

    event: Event
    command: Command | None = None


HOLD = "hold"
"""What a rule answers when the step has to wait for something that is under way or for a person."""

RuleResult = Proposal | str | None
"""A rule's answer: a proposal, `HOLD`, or None when the rule has nothing to say and the next one is asked."""
