"""Where the run branch is, what waits to come onto it, and what became of it, as the journal tells."""

from __future__ import annotations

from surefoot.core.event_words import Outcome
from surefoot.core.events import LandingRequested
from surefoot.core.ids import StepId
from surefoot.core.record import record


@record(frozen=False, kw_only=False)
class LandingState:
    """The run's work in the user's checkout or folder."""

    asked: LandingRequested
    landed: str | None = None
    """The commit that the branch came to be at; None: it was under way last, so nobody knows."""


@record(kw_only=False)
class UndoState:
    """A run that is being taken back."""

    by: str
    leave: tuple[StepId, ...]
    """Steps whose effects stay as they are."""
    outcome: Outcome | None
    """What the run had come to; so it stands again where the undo stops half-way."""
    outcome_reason: str


@record(frozen=False, kw_only=False)
class BranchState:
    """Where the run branch is and where it was last asked to be."""

    head: str
    tree: str
    asked: str | None = None
    """Where the user's branch was last asked to go."""
    moved: str | None = None
    """Where it was last put."""
    is_open: bool = False
    refused: str | None = None
    """Why the user's branch is not there."""
    has_failed: bool = False
    """Whether that is because nothing could be written."""
    generation: int = 0
    """How often the branch went back."""
    kept: int = 0
    keep_next: bool = False
    """Whether the tip that is left behind has to be kept."""


@record(frozen=False)
class TrainState:
    """Results that are judged together, each on top of those before it."""

    number: int
    cars: tuple[StepId, ...]
    onto: str
    """The head of the run branch that the first of them goes onto."""
    onto_tree: str


@record
class RedTree:
    """The last tree of a train that was split: what its results share did not pass there."""

    tree: str
    environment: str
    question: str
    """Which of the checks that they share."""
    rest: tuple[StepId, ...]
    """The results that were split off: where the others are good, what is wrong is among these."""


@record(frozen=False)
class TrainHistory:
    """What became of a train."""

    cars: tuple[StepId, ...]
    verified: tuple[StepId, ...] = ()
    split: str = ""
    """Why fewer results were judged at a time; empty: they were judged together."""
    is_red: bool = False
    """Whether that was because the last tree did not pass."""
