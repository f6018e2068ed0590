"""The contract of `merge`: a result is brought onto the head of the run branch."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.ids import StepId
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class MergeRequested(StepEvent):
    """The run branch has moved since the checkpoint: the result is to be brought onto its head."""

    is_decision: ClassVar[bool] = True
    onto: Digest
    """The head of the run branch."""


@record
class Merged(StepEvent):
    """The result and the head of the run branch go together."""

    onto: Digest
    onto_tree: Digest
    tree: Digest
    changed: tuple[str, ...]
    """Paths at which it differs from that commit."""
    overlap: tuple[str, ...] = ()
    """Paths that were changed on both sides."""
    with_steps: tuple[StepId, ...] = ()
    """The steps that changed these on the run branch."""


@record
class MergeRefused(StepEvent):
    """The result was made on a base that is too old: it is made again on the head."""

    onto: Digest
    reason: str
    conflicts: tuple[str, ...] = ()
    """Paths that were changed on both sides in ways that exclude each other."""
    with_steps: tuple[StepId, ...] = ()


@record
class MergeResult(StepCommand):
    """Bring the result onto the head. Answered by `Merged` or `MergeRefused`."""

    base: str
    tree: str
    onto: str
    onto_tree: str | None = None
    """What the result goes onto in place of that commit's files: in a train those of the result before it."""
    reads: tuple[str, ...]
    is_apart: bool = False
    """Whether the head does not descend from the base."""


MERGE = Effect(
    name="merge",
    label="merging with the branch",
    requested=MergeRequested,
    command=MergeResult,
    results=(Merged, MergeRefused),
    performer="surefoot.effects.merge.perform:merge_result",
    on_crash=OnCrash.RESTORE,
)
