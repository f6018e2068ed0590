"""What is known of verified results that a person is to look at afterwards, or has looked at."""

from __future__ import annotations

from surefoot.core.events import SampleReviewed, SampleTaken
from surefoot.core.ids import StepId
from surefoot.core.record import record


@record
class Sample:
    """A verified result of a step."""

    item: str
    """Its name, unique in the run: `s1`, `s2`, …"""
    step: StepId
    attempt: int
    made_at: int
    """Position in the journal at which the result was first verified: another one means another result."""
    taken: SampleTaken | None = None
    """None: nobody was to look at it, and somebody did."""
    reviewed: SampleReviewed | None = None
