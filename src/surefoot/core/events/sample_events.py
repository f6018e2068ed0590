"""Events of samples: results that nobody was asked about, laid before a person afterwards, and what they found."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event, StepEvent
from surefoot.core.policy_types import Tier
from surefoot.core.raw import GivenName
from surefoot.core.record import record
from surefoot.core.sample_rates import SampleRates


@record
class SamplesConfigured(Event):
    """How often results that nobody was asked about are laid before a person, from here on."""

    rates: SampleRates
    """As the settings had it when an engine last began."""


@record
class SampleTaken(StepEvent):
    """A verified result that nobody was asked about is to be looked at by a person; nothing waits for that."""

    is_decision: ClassVar[bool] = True
    rate: float
    """The share of such results that is looked at."""
    tier: Tier
    """How much say a person had before its body began."""
    confidence: float | None
    """How sure whoever made it said to be, from 0 to 1; None: it was not said."""


@record
class SampleReviewed(StepEvent):
    """A person has looked at a verified result, and says whether it is right. Legal in runs that have ended."""

    is_waited_for: ClassVar[bool] = True
    ok: bool
    why: str
    """In their words; may be empty."""
    by: GivenName
    roles: tuple[GivenName, ...] = ()
    via: GivenName = ""
    """Where they said it."""
