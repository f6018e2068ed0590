"""The records of a probe's answer: `ProbeReply`, and `CannotTell` for none."""

from __future__ import annotations

from surefoot.core.event_words import Applied
from surefoot.core.ids import BlobId
from surefoot.core.record import record


@record
class ProbeReply:
    """What the world said."""

    answer: Applied
    """In one word."""
    text: str = ""
    """Why, in a line or a few."""
    evidence: BlobId | None = None
    """What the answer rests on."""


class CannotTell(Exception):
    """The world could not be asked; the message says why."""
