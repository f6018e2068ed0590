"""The contract of `checkpoint`: a lane is at the head of the run branch, as a point to come back to."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.approval import RESOURCE, Precondition
from surefoot.core.event import StepEvent
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import Step
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.policy_types import CommandFacts
from surefoot.core.raw import Digest, Handle
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class CheckpointRequested(StepEvent):
    """A lane is to be put to the head of the run branch, as a point to come back to."""

    is_decision: ClassVar[bool] = True
    lane: Handle


@record
class Checkpointed(StepEvent):
    """The lane is at a point it can be put back to."""

    version: ClassVar[int] = 5
    commit: Digest
    """The head of the run branch."""
    tree: Digest
    environment: Digest
    """Digest of what verdicts depend on beside the tree."""
    not_held: tuple[str, ...] = ()
    """What a restore cannot put back."""
    does: CommandFacts | None = None
    """What the commands of the step do, as far as their texts tell; since version 2."""
    preconditions: tuple[Precondition, ...] = ()
    """What the step rests on, for effects outside the workspace; since version 2."""
    raised_by: str = ""
    """The rule that recognised in its commands what reaches others, so that its effect counts as irreversible whatever
    is declared; empty: the declared effect counts. Since version 3."""
    probe: PlanCommand | None = None
    """What the step's probe runs or requests, with what its text tells; since version 4."""
    resources: tuple[Precondition, ...] = ()
    """Where an agent works inside the workspace: what `observe` of the resources that it uses said; since version 5."""

    @property
    def observed(self) -> tuple[Precondition, ...]:
        """How the resources stood that the step uses, whatever its effect."""
        return (*self.resources, *(one for one in self.preconditions if one.name.startswith(RESOURCE)))


@record
class BranchCommit:
    """A commit of the run branch, and what it means to a step that works on it."""

    commit: str
    step: StepId
    is_needed: bool
    """Whether the step that works on it needs that step, directly or through others."""


@record
class TakeCheckpoint(StepCommand):
    """Put the lane to the head and make sure of it. Answered by `Checkpointed` or `EffectFailed`."""

    commit: str
    scratch: tuple[str, ...]
    checkpoint: int = 0
    """Which checkpoint of the lane it is, counted from 1."""
    made: tuple[str, ...] = ()
    """Globs over what the body will make for later steps."""
    artifacts: tuple[BlobId, ...] = ()
    """What belongs into the lane beside the commit, as lists; a later one goes over an earlier one."""
    spec: Step | None = None
    """What will be done there, whose commands and preconditions are looked at."""
    branch: tuple[BranchCommit, ...] = ()

    @property
    def uncommitted(self) -> tuple[str, ...]:
        """Return globs over what the body may change freely beside what is committed."""
        return (*self.scratch, *self.made)


CHECKPOINT = Effect(
    name="checkpoint",
    label="checkpoint",
    requested=CheckpointRequested,
    command=TakeCheckpoint,
    results=(Checkpointed,),
    performer="surefoot.effects.checkpoint.perform:take_checkpoint",
    on_crash=OnCrash.RESTORE,
    is_ended_by_pause=True,
)
