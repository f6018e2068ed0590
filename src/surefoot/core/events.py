"""What happens in a run, as frozen, versioned records.

Owns every word the journal can hold. *Facts* say what happened and are never dropped; *decisions* say what shall happen
and are valid only at the position they were decided at. An event never refers to an object that is not plain data.
Must never import a library or read a clock: `at` (seconds since the epoch) comes in.

An event's `kind` is its class name in snake case. A change of an event's fields raises its `version`; readers of an
older version are kept in `surefoot.journal.codec`. Read `surefoot.core.state` next.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.plan import Plan
from surefoot.core.terms import Applied, Diagnosis, Ending, Finding, Moment, Outcome, Phase, QuestionKind, Verdict

ACCEPTANCE = StepId("(accept)")
"""Stands in for a step id where an event concerns the plan's acceptance checks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Anything that can stand in a journal."""

    version: ClassVar[int] = 1
    is_decision: ClassVar[bool] = False
    kind: ClassVar[str]

    at: float
    """When it happened, in seconds since the epoch."""

    def __init_subclass__(cls) -> None:
        """Derive the journal's word for the event from the class name."""
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent(Event):
    """An event that concerns one attempt at one step, or the acceptance checks."""

    step: StepId
    """The step, or `ACCEPTANCE`."""
    attempt: int
    """Numbered from 1; crashes and interruptions do not count up."""


# --- the run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCreated(Event):
    """A run came into being. Always the first event."""

    # The plan has gained fields with defaults: a plan of version 1 is read as it stands.
    version: ClassVar[int] = 2
    run: RunId
    """Its id."""
    plan: Plan
    """What shall be done."""
    plan_path: str | None = None
    """The plan file, as it was named."""
    plan_digest: str | None = None
    """Digest of the plan file's bytes, to tell later whether it has changed."""
    repository: str | None = None
    """The user's folder; None: a run without a workspace."""
    base: str | None = None
    """The commit the run starts from."""
    base_tree: str | None = None
    """The tree of that commit."""
    dirty: tuple[str, ...] = ()
    """Paths of the checkout that differ from HEAD."""
    include_dirty: bool = False
    """Whether those differences are part of the base."""
    findings: tuple[Finding, ...] = ()
    """What `check` says about the plan."""
    by: str = ""
    """Who started it."""
    estimates: Mapping[StepId, float] = field(default_factory=dict[StepId, float])
    """How long steps and members without an estimate took in earlier runs, in seconds; since version 2. Empty where one
    step runs at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStarted(Event):
    """An engine claimed the run. Whatever was under way when the one before ended is interrupted by this."""

    engine: str
    """Id of the engine."""
    token: int
    """The fencing token."""
    pid: int
    """Its operating-system id."""
    host: str
    """The machine's name."""
    rung: str
    """The sandbox rung in use."""
    release: str
    """Surefoot's version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStopped(Event):
    """The engine let go of the run in good order."""

    reason: str
    """`waiting`, `paused`, `ended` or `error`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsGiven(Event):
    """The person who started or resumed the run approved some questions beforehand."""

    by: str
    """Who."""
    yes: bool = False
    """Confirm-tier questions except irreversible ones."""
    allow: tuple[StepId, ...] = ()
    """Irreversible steps approved by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEntered(Event):
    """A gate was passed."""

    is_decision: ClassVar[bool] = True
    phase: Phase
    """The phase entered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequested(Event):
    """Nothing new shall start."""

    by: str
    """Who, or which limit."""
    interrupt: bool = False
    """Whether running read and reversible bodies are ended, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused(Event):
    """Nothing runs any more."""

    is_decision: ClassVar[bool] = True
    reason: str
    """Who or what asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed(Event):
    """Somebody wants the run to go on."""

    by: str
    """Who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested(Event):
    """Somebody wants the run to end here."""

    by: str
    """Who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(Event):
    """The run is over, unless it is retried or restored."""

    is_decision: ClassVar[bool] = True
    outcome: Outcome
    """How."""
    reason: str = ""
    """Why it is not `completed`, in a few words."""


# --- lanes and groups


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRequested(Event):
    """A lane is to be made usable."""

    is_decision: ClassVar[bool] = True
    lane: str
    """Its name: `1` for work, `clean` for acceptance."""
    commit: str
    """What it shall hold."""
    fresh: bool
    """Whether an existing one is thrown away first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneReady(Event):
    """A lane holds its commit and is prepared."""

    lane: str
    """Its name."""
    environment: str
    """Digest of what verdicts depend on beside the tree."""
    evidence: BlobId | None = None
    """What prepare printed."""
    duration_s: float = 0.0
    """How long it took."""
    kept: tuple[str, ...] = ()
    """What prepare made that git does not ignore; the run treats it as ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFailed(Event):
    """A lane could not be made usable."""

    lane: str
    """Its name."""
    diagnosis: Diagnosis
    """Whether trying again can help."""
    reason: str
    """What went wrong and what to do."""
    evidence: BlobId | None = None
    """What prepare printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionAsked(Event):
    """A group's needs are satisfied: its items are to be found."""

    is_decision: ClassVar[bool] = True
    group: StepId
    """The group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupExpanded(Event):
    """A group's items are known, for good."""

    group: StepId
    """The group."""
    items: tuple[str, ...]
    """One member each, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionFailed(Event):
    """A group's items could not be found."""

    group: StepId
    """The group."""
    reason: str
    """What went wrong."""


# --- services


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAsked(StepEvent):
    """A service is to be started in a lane, for a step or for the acceptance checks."""

    is_decision: ClassVar[bool] = True
    lane: str
    """The lane it will run in."""
    service: str
    """Its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReady(StepEvent):
    """A service runs and is ready to be used."""

    lane: str
    """The lane it runs in."""
    service: str
    """Its name."""
    port: int
    """The port that was chosen for it."""
    duration_s: float = 0.0
    """How long it took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFailed(StepEvent):
    """A service did not become ready. Nothing of it runs."""

    lane: str
    """The lane it was to run in."""
    service: str
    """Its name."""
    diagnosis: Diagnosis
    """Whether trying again can help."""
    reason: str
    """What went wrong, with the end of what it printed."""
    evidence: BlobId | None = None
    """What it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStopAsked(Event):
    """A service is to be stopped: an attempt that used it failed, or its lane is made anew."""

    is_decision: ClassVar[bool] = True
    lane: str
    """The lane it runs in."""
    service: str
    """Its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEnded(Event):
    """A service that was ready has ended, because it was stopped or by itself. Nothing of it runs."""

    lane: str
    """The lane it ran in."""
    service: str
    """Its name."""
    reason: str
    """How it ended, with the end of what it printed."""
    evidence: BlobId | None = None
    """What it printed."""


# --- an attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(StepEvent):
    """An attempt begins."""

    is_decision: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointAsked(StepEvent):
    """A lane is to be put to the head of the run branch, as a point to come back to."""

    is_decision: ClassVar[bool] = True
    lane: str
    """The lane the attempt works in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpointed(StepEvent):
    """The lane is at a point it can be put back to."""

    commit: str
    """The head of the run branch."""
    tree: str
    """The tree of that commit."""
    environment: str
    """Digest of what verdicts depend on beside the tree."""
    not_held: tuple[str, ...] = ()
    """What a restore cannot put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointFailed(StepEvent):
    """The lane could not be put to a known point."""

    diagnosis: Diagnosis
    """Whether trying again can help."""
    reason: str
    """What went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEvent(StepEvent):
    """An event that concerns one question put to one result."""

    moment: Moment
    """Before the body or after it."""
    check: int
    """Position among the step's (or the acceptance) checks, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAsked(CheckEvent):
    """A check is to be asked."""

    is_decision: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswered(CheckEvent):
    """A check was asked."""

    verdict: Verdict
    """Its answer."""
    text: str = ""
    """Why, in a line or a few."""
    evidence: BlobId | None = None
    """What the verdict rests on."""
    results: BlobId | None = None
    """For tests: every id with its result."""
    flaky: tuple[str, ...] = ()
    """Tests left out because they had two answers for one tree."""
    tree: str = ""
    """The tree it was asked on."""
    environment: str = ""
    """The environment it was asked in."""
    duration_s: float = 0.0
    """How long it took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReused(CheckEvent):
    """The same question was passed before on the same tree in the same environment."""

    is_decision: ClassVar[bool] = True
    evidence: BlobId | None = None
    """What that verdict rests on."""
    results: BlobId | None = None
    """For tests: every id with its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked(StepEvent):
    """A person has to say something before the step goes on."""

    is_decision: ClassVar[bool] = True
    question: str
    """Its id: unique in the journal."""
    about: QuestionKind
    """What is asked for."""
    text: str
    """What the person is shown."""
    options: tuple[str, ...] = ()
    """The answers it takes; empty: any text."""
    default: str | None = None
    """What an empty answer means."""
    shown: str = ""
    """Digest of what was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered(Event):
    """A person answered."""

    question: str
    """Its id."""
    answer: str
    """What was said."""
    by: str
    """Who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRecorded(StepEvent):
    """A question was not asked because it was approved beforehand."""

    is_decision: ClassVar[bool] = True
    by: str
    """Who, and by which option."""
    shown: str
    """Digest of what would have been shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAsked(StepEvent):
    """The world is to be asked whether the effect is there."""

    is_decision: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAnswered(StepEvent):
    """The world was asked."""

    answer: Applied
    """What it said."""
    text: str = ""
    """Why."""
    evidence: BlobId | None = None
    """What the answer rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyStarted(StepEvent):
    """The body is to run."""

    is_decision: ClassVar[bool] = True
    key: str
    """The idempotency key, equal in all attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyFinished(StepEvent):
    """The body ended."""

    version: ClassVar[int] = 2

    ending: Ending
    """How."""
    evidence: BlobId | None = None
    """Its whole output."""
    duration_s: float = 0.0
    """How long it ran."""
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """What it put out for later steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptAsked(StepEvent):
    """What is under way for this step is to be ended."""

    is_decision: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted(StepEvent):
    """What was under way was ended before it said anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionAsked(StepEvent):
    """What the body wrote is to be found out."""

    is_decision: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesObserved(StepEvent):
    """What the body wrote is known, and what it may not keep was put back."""

    tree: str
    """The tree with what it keeps."""
    changed: tuple[str, ...]
    """Paths it keeps."""
    undeclared: tuple[str, ...] = ()
    """Paths put back: inside the scope, not among its `writes`."""
    outside: tuple[str, ...] = ()
    """Paths outside the scope: the attempt fails."""
    secrets: tuple[str, ...] = ()
    """Paths that hold the value of an `env_from` variable: the attempt fails."""
    lane_changed: bool = False
    """Whether ignored files other than declared caches changed, or something outside the lane may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeAsked(StepEvent):
    """The run branch has moved since the checkpoint: the result is to be brought onto its head."""

    is_decision: ClassVar[bool] = True
    onto: str
    """The head of the run branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(StepEvent):
    """The result and the head of the run branch go together."""

    onto: str
    """The commit it was merged with."""
    onto_tree: str
    """The tree of that commit."""
    tree: str
    """The tree with both."""
    changed: tuple[str, ...]
    """Paths at which it differs from that commit."""
    overlap: tuple[str, ...] = ()
    """Paths that were changed on both sides."""
    with_steps: tuple[StepId, ...] = ()
    """The steps that changed these on the run branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRefused(StepEvent):
    """The result was made on a base that is too old: it is made again on the head."""

    onto: str
    """The commit it was to be merged with."""
    reason: str
    """Why they do not go together."""
    conflicts: tuple[str, ...] = ()
    """Paths that were changed on both sides in ways that exclude each other."""
    with_steps: tuple[StepId, ...] = ()
    """The steps that changed these on the run branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceAsked(StepEvent):
    """The lane is to hold another tree, for a check to be asked there."""

    is_decision: ClassVar[bool] = True
    commit: str
    """The commit that is checked out there."""
    tree: str
    """What the files shall be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed(StepEvent):
    """The lane holds that tree."""

    tree: str
    """It."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectBroken(StepEvent):
    """What was under way in the workspace could not be done."""

    reason: str
    """What went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactsAsked(StepEvent):
    """What the body made for later steps is to be kept."""

    is_decision: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactsKept(StepEvent):
    """What the body made for later steps is kept, durably and outside the lane."""

    manifest: BlobId | None
    """The list of it, each file with its digest; None: there was nothing."""
    count: int
    """How many files, folders and symbolic links."""
    size_bytes: int
    """The length of all files together."""
    unmatched: tuple[str, ...] = ()
    """Globs that match nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitAsked(StepEvent):
    """The result is to be written as a commit."""

    is_decision: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitWritten(StepEvent):
    """The commit is durable; no ref points to it yet."""

    commit: str
    """Its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepVerified(StepEvent):
    """The step holds."""

    is_decision: ClassVar[bool] = True
    proof: str | None
    """`checks`, `exit-status-only`, `probe`, or None for a person's answer."""
    commit: str | None = None
    """The commit on the run branch, if it changed anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed(StepEvent):
    """This attempt did not lead to a verified step."""

    is_decision: ClassVar[bool] = True
    diagnosis: Diagnosis
    """The kind of failure."""
    reason: str
    """What happened."""
    is_counted: bool = True
    """False for crashes and interruptions."""
    applied: bool = False
    """Whether the effect is known to have been applied all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAsked(StepEvent):
    """The lane is to be put back to the checkpoint."""

    is_decision: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRestored(StepEvent):
    """The lane is back at the checkpoint."""

    lane_changed: bool = False
    """Whether ignored files other than declared caches had changed, so that a fresh lane is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled(StepEvent):
    """Another attempt follows."""

    is_decision: ClassVar[bool] = True
    due: float
    """Not before this time, in seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDue(StepEvent):
    """The wait is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed(StepEvent):
    """The step cannot be done; what depends on it is blocked."""

    is_decision: ClassVar[bool] = True
    reason: str
    """The last attempt's."""
    stop: bool = False
    """Whether nothing new starts after this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSkipped(StepEvent):
    """The step is not done, and what depends on it goes on all the same."""

    is_decision: ClassVar[bool] = True
    reason: str
    """`nothing_to_do`, or why it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack(StepEvent):
    """The step failed and took later work with it: the branch goes back."""

    is_decision: ClassVar[bool] = True
    reason: str
    """The last attempt's."""
    to: StepId
    """The step whose commit is the head again."""
    commit: str
    """That commit."""
    invalidated: tuple[StepId, ...]
    """Steps whose results are gone."""


# --- the branch


@dataclass(frozen=True, slots=True, kw_only=True)
class RefsAsked(Event):
    """The run branch is to follow the journal."""

    is_decision: ClassVar[bool] = True
    commit: str
    """Where it shall be."""
    old: str | None
    """Where the journal last put it."""
    kept: int | None = None
    """Number under which the old tip is kept, when the branch goes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefsMoved(Event):
    """The branch follows the journal, as far as it may."""

    commit: str
    """Where it was put."""
    refused: str | None = None
    """Why the branch itself was left alone; the commits are kept all the same."""
    has_failed: bool = False
    """Whether nothing could be written, for the reason in `refused`; it is tried again with the next step or engine."""


# --- a person reaches in


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsReset(Event):
    """Somebody wants steps to be tried again."""

    steps: tuple[StepId, ...]
    """Which."""
    by: str
    """Who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRestored(Event):
    """Somebody took the branch back to an earlier step."""

    to: StepId | None
    """The step whose commit is the head again; None: the base."""
    commit: str
    """That commit."""
    pending: tuple[StepId, ...]
    """Steps to be done again."""
    by: str
    """Who."""


EVENTS: tuple[type[Event], ...] = tuple(
    kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, Event) and kind not in (Event, StepEvent, CheckEvent)
)
"""Every event there is, in the order above."""

BY_KIND: dict[str, type[Event]] = {kind.kind: kind for kind in EVENTS}
"""The event classes by the journal's word."""
