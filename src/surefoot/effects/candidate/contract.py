"""The contract of `candidate`: the result of one of several attempts at a step is kept, and its lane put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.event_words import Difference
from surefoot.core.ids import BlobId
from surefoot.core.plan import Step
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class CandidateRequested(StepEvent):
    """The result, which has passed its checks, is to be kept as a candidate, and the lane put back."""

    is_decision: ClassVar[bool] = True
    candidate: int
    """Its number, counted from 1."""


@record
class CandidateKept(StepEvent):
    """The result is kept durably, and the lane is as it was before the attempt."""

    is_waited_for: ClassVar[bool] = True
    candidate: int
    lines: int
    """How many lines it adds and takes away."""
    patch: BlobId | None = None
    """What it changes; None: nothing, or more than is kept as a patch."""
    shown: Digest = ""
    """The digest of what `compare` printed; empty: it has shown nothing, or there is none."""
    output: BlobId | None = None
    """What `compare` printed on its standard output."""
    exit_code: int | None = None
    """How `compare` ended."""
    flaw: str = ""
    """Why what `compare` printed cannot be compared."""
    differences: tuple[Difference, ...] = ()
    """Where what it printed differs first from what it printed of earlier candidates."""
    took_s: float = 0.0
    """How long `compare` took, in seconds."""
    lane_changed: bool = False
    """Whether ignored files other than declared caches had changed, so that a fresh lane is needed."""

    @property
    def is_comparable(self) -> bool:
        """Tell whether `compare` has shown something."""
        return bool(self.shown)


@record
class KeepCandidate(StepCommand):
    """Compare the result of an attempt, keep it, and put its lane back. Answered by `CandidateKept`."""

    spec: Step
    candidate: int
    commit: str
    """The commit of the checkpoint."""
    base_tree: str
    tree: str
    checkpoint: int = 0
    """Which of the lane's checkpoints."""
    earlier: Mapping[int, BlobId] = field(default_factory=dict[int, BlobId])
    """What `compare` printed of the candidates before it, by their numbers."""


CANDIDATE = Effect(
    name="candidate",
    label="keeping a candidate",
    requested=CandidateRequested,
    command=KeepCandidate,
    results=(CandidateKept,),
    performer="surefoot.effects.candidate.perform:keep_candidate",
    on_crash=OnCrash.RESTORE,
    is_ended_by_pause=True,
)
