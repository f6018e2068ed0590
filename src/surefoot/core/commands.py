"""What the kernel wants done, as frozen records; each names the event that will answer it.

Owns the vocabulary between kernel and workers. A command is dispatched only after the commit that holds the decision
which issued it. Must never carry anything that is not in the journal. Read `surefoot.core.kernel` next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import Check, Plan, Service, Step
from surefoot.core.record import record
from surefoot.core.rules import Overdue
from surefoot.core.talking import ModelFacts, Part, Role, ToolCall
from surefoot.core.terms import Moment


@record
class OpenLane:
    """Make a lane hold a commit and be prepared. Answered by `LaneReady` or `LaneFailed`."""

    lane: str
    commit: str
    fresh: bool


@record
class ExpandGroup:
    """Find a group's items at a commit. Answered by `GroupExpanded` or `ExpansionFailed`."""

    group: Step
    commit: str | None
    lane: str | None
    artifacts: tuple[BlobId, ...] = ()
    """What belongs into the lane beside the commit."""
    lack: str | None = None
    """Why a placeholder stands for nothing, so that there are no items to find."""


@record
class StepCommand:
    """A command for one attempt at one step."""

    step: StepId
    attempt: int
    lane: str | None


@record
class StartService(StepCommand):
    """Start a service and wait until it is ready. Answered by `ServiceReady` or `ServiceFailed`."""

    service: Service
    up: tuple[str, ...]
    """Those that run in the lane already; it is told their ports."""


@record
class StopService:
    """Stop a service. Answered by `ServiceEnded`."""

    lane: str
    service: str


@record
class BranchCommit:
    """A commit of the run branch, and what it means to a step that works on it."""

    commit: str
    step: StepId
    """The step that it is the result of."""
    is_needed: bool
    """Whether the step that works on it needs that step, directly or through others."""


@record
class TakeCheckpoint(StepCommand):
    """Put the lane to the head and make sure of it. Answered by `Checkpointed` or `CheckpointFailed`."""

    commit: str
    scratch: tuple[str, ...]
    made: tuple[str, ...] = ()
    """Globs over what the body will make for later steps."""
    artifacts: tuple[BlobId, ...] = ()
    """What belongs into the lane beside the commit, as lists; a later one goes over an earlier one."""
    spec: Step | None = None
    """What will be done there, whose commands and ground are looked at."""
    branch: tuple[BranchCommit, ...] = ()
    """The results of steps that have a commit."""

    @property
    def uncommitted(self) -> tuple[str, ...]:
        """Return globs over what the body may change freely beside what is committed."""
        return (*self.scratch, *self.made)


@record
class AskCheck(StepCommand):
    """Ask one check. Answered by `CheckAnswered`."""

    moment: Moment
    index: int
    check: Check
    spec: Step | None
    tree: str
    environment: str
    changed: tuple[str, ...] = ()
    before: BlobId | None = None
    earlier: BlobId | None = None
    services: tuple[str, ...] = ()


@record
class AskProbe(StepCommand):
    """Ask the world. Answered by `ProbeAnswered`."""

    spec: Step
    patient: bool
    """Whether an effect may be on its way, so that *not applied* is believed only after the probe's time."""
    commit: str | None = None
    """The commit that the attempt began with; None: there is no workspace."""


@record
class RunStep(StepCommand):
    """Run the body. Answered by `BodyFinished`."""

    spec: Step
    key: str
    services: tuple[str, ...] = ()
    outputs: Mapping[StepId, Mapping[str, str]] = field(default_factory=dict[StepId, Mapping[str, str]])
    """What earlier steps put out, for a body that is a function."""
    rests_on: str | None = None
    """For effects outside: the commit whose files an approval was given for, as far as the commands name them."""


@record
class Inspect(StepCommand):
    """Find out what the body wrote. Answered by `ChangesObserved`."""

    spec: Step
    tree: str
    commit: str
    scope: tuple[str, ...]
    writes: tuple[str, ...]
    counts_lines: bool = False
    """Whether a rule asks how many lines were changed."""
    by_hand: bool = False
    """Whether a person has worked in the lane."""


@record
class ApplyEdit(StepCommand):
    """Make the lane hold what a person's patch says. Answered by `EditApplied` or `EffectBroken`."""

    commit: str
    scratch: tuple[str, ...]
    diff: BlobId


@record
class MergeResult(StepCommand):
    """Bring the result onto the head. Answered by `Merged` or `MergeRefused`."""

    base: str
    tree: str
    onto: str
    reads: tuple[str, ...]


@record
class PlaceTree(StepCommand):
    """Make the lane hold a tree, with a commit checked out. Answered by `Placed`."""

    commit: str
    tree: str
    scratch: tuple[str, ...]
    prepare: bool = False
    """Whether the body changed what `prepare` had made, so that it is made anew."""


@record
class KeepArtifacts(StepCommand):
    """Keep what the body made for later steps. Answered by `ArtifactsKept`."""

    artifacts: tuple[str, ...]
    timeout_s: float = 1800.0
    """The time-out of the step; reading what it made may take as long."""


@record
class WriteCommit(StepCommand):
    """Write the result as a durable commit. Answered by `CommitWritten`."""

    spec: Step
    parent: str
    tree: str


@record
class RestoreLane(StepCommand):
    """Put the lane back to the checkpoint. Answered by `LaneRestored`."""

    commit: str
    scratch: tuple[str, ...]
    made: tuple[str, ...] = ()
    """Globs over what the body made for later steps, which goes, too."""


@record
class WaitUntil(StepCommand):
    """Wait. Answered by `RetryDue`."""

    due: float


@record
class WatchDeadline(StepCommand):
    """Wait for an answer until a time. Answered by `QuestionExpired`."""

    question: str
    due: float
    overdue: Overdue


@record
class Interrupt(StepCommand):
    """End what is under way for the step. Answered by `Interrupted`, or by what was under way if that was faster."""


@record
class MoveRefs:
    """Let the branch follow the journal. Answered by `RefsMoved`."""

    commit: str
    old: str | None
    kept: int | None


@record
class OpenTalk(StepCommand):
    """Find out what an agent's talk begins with. Answered by `TalkOpened`."""

    spec: Step


@record
class AskModel(StepCommand):
    """Ask a model once. Answered by `TurnAnswered` or `TurnFailed`."""

    turn: int
    role: Role
    facts: ModelFacts
    parts: tuple[Part, ...]
    """The brief: what the model is told, in order."""
    must_hold: tuple[str, ...] = ()
    """For summaries: what must not be lost; put behind a reply that does not hold it."""
    is_summary: bool = False


@record
class WaitForTurn(StepCommand):
    """Wait until the next request may be made. Answered by `TurnDue`."""

    due: float


@record
class UseTool(StepCommand):
    """Carry out a tool call. Answered by `CallFinished`."""

    call: ToolCall
    role: Role
    spec: Step
    writes: tuple[str, ...]
    """Globs over files the agent may change."""
    seen: Mapping[str, str]
    """Files whose content the model has seen, with its digest."""
    references: Mapping[str, BlobId] = field(default_factory=dict[str, BlobId])
    """What `recall` may bring back, by the names it goes by."""
    hidden: tuple[BlobId, ...] = ()
    """Evidence of checks that are held back, which nothing may bring back."""
    plan: Plan | None = None
    """For scouts and planners: the plan so far."""
    kept: tuple[StepId, ...] = ()
    """For planners: steps that another plan has to keep."""
    plan_text: BlobId | None = None
    """For planners: the plan in force, as a plan file, where a model made it."""
    key: str = ""
    """For commands that reach others: the idempotency key."""


Command = (
    OpenLane
    | ExpandGroup
    | StartService
    | StopService
    | TakeCheckpoint
    | AskCheck
    | AskProbe
    | RunStep
    | Inspect
    | ApplyEdit
    | MergeResult
    | PlaceTree
    | KeepArtifacts
    | WriteCommit
    | RestoreLane
    | WaitUntil
    | WatchDeadline
    | Interrupt
    | MoveRefs
    | OpenTalk
    | AskModel
    | WaitForTurn
    | UseTool
)
