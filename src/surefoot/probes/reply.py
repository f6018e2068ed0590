"""What a probe says, as a record, and what is raised where it cannot say anything.

Owns `ProbeReply` and `CannotTell`. Must never do anything. Read `surefoot.probes.probe_table` next.
"""

from __future__ import annotations

from dataclasses import dataclass

from surefoot.core.ids import BlobId
from surefoot.core.terms import Applied


@dataclass(frozen=True, slots=True, kw_only=True)
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
