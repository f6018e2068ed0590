"""What happens in one attempt at one step, from its start to its end.

They stand in the order of an attempt's life. Must never hold what concerns the run as a whole. Read
`surefoot.core.kernel.attempts` next: what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.approval import Ground, Package
from surefoot.core.events.shape import CheckEvent, Event, StepEvent
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.record import record
from surefoot.core.rules import CommandFacts, Demand, Overdue, Tier
from surefoot.core.talking import Lesson
from surefoot.core.terms import Applied, Diagnosis, Ending, QuestionKind, Verdict


@record
class StepStarted(StepEvent):
    """An attempt begins."""

    is_decision: ClassVar[bool] = True


@record
class CheckpointAsked(StepEvent):
    """A lane is to be put to the head of the run branch, as a point to come back to."""

    is_decision: ClassVar[bool] = True
    lane: str
    """The lane the attempt works in."""


@record
class Checkpointed(StepEvent):
    """The lane is at a point it can be put back to."""

    version: ClassVar[int] = 4
    commit: str
    """The head of the run branch."""
    tree: str
    """The tree of that commit."""
    environment: str
    """Digest of what verdicts depend on beside the tree."""
    not_held: tuple[str, ...] = ()
    """What a restore cannot put back."""
    does: CommandFacts | None = None
    """What the commands of the step do, as far as their texts tell; since version 2."""
    ground: tuple[Ground, ...] = ()
    """What the step rests on, for effects outside the workspace; since version 2."""
    raised_by: str = ""
    """The rule that recognised in its commands what reaches others, so that its effect counts as irreversible whatever
    is declared; empty: the declared effect counts. Since version 3."""
    probe: PlanCommand | None = None
    """What the step's probe runs or requests, with what its text tells; since version 4."""


@record
class CheckpointFailed(StepEvent):
    """The lane could not be put to a known point."""

    diagnosis: Diagnosis
    """Whether trying again can help."""
    reason: str
    """What went wrong."""


@record
class CheckAsked(CheckEvent):
    """A check is to be asked."""

    is_decision: ClassVar[bool] = True


@record
class CheckAnswered(CheckEvent):
    """A check was asked."""

    version: ClassVar[int] = 2
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
    red_before: tuple[str, ...] = ()
    """Tests that failed before the first change and still fail, so that they do not count."""
    turned_green: int = 0
    """How many tests failed before and pass now."""
    tree: str = ""
    """The tree it was asked on."""
    environment: str = ""
    """The environment it was asked in."""
    duration_s: float = 0.0
    """How long it took."""
    changed_files: tuple[str, ...] = ()
    """Files that decide what it says, such as its script, and that steps of the run have changed; since version 2."""


@record
class VerdictReused(CheckEvent):
    """The same question was passed before on the same tree in the same environment."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    evidence: BlobId | None = None
    """What that verdict rests on."""
    results: BlobId | None = None
    """For tests: every id with its result."""
    changed_files: tuple[str, ...] = ()
    """As in that verdict; since version 2."""


@record
class QuestionAsked(StepEvent):
    """A person has to say something before the step goes on."""

    version: ClassVar[int] = 3
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
    package: Package | None = None
    """What the text was made of, for questions about an effect or a result; since version 2."""
    demand: Demand = Demand()
    """Whose answer it takes, and until when; since version 2."""
    like: str = ""
    """Names all questions of this kind; since version 2."""
    call: str = ""
    """The tool call it is about; since version 3."""


@record
class QuestionAnswered(Event):
    """A person answered."""

    version: ClassVar[int] = 2
    question: str
    """Its id."""
    answer: str
    """What was said: `yes`, `no`, `take_over`, or what the question takes."""
    by: str
    """Who."""
    roles: tuple[str, ...] = ()
    """The roles they have; since version 2."""
    via: str = ""
    """Where they said it; since version 2."""
    reason: str = ""
    """Why, in their words; since version 2."""
    edit: str | None = None
    """The command they want run instead; since version 2."""
    diff: BlobId | None = None
    """The changes they want kept instead, as a patch; since version 2."""
    like: str = ""
    """The kind of questions that is approved with this one, for this run; since version 2."""


@record
class DeadlineSet(StepEvent):
    """A clock runs for a question."""

    is_decision: ClassVar[bool] = True
    question: str
    """Its id."""
    due: float
    """When it expires, in seconds since the epoch."""


@record
class QuestionExpired(StepEvent):
    """Nobody answered in time: neither consent nor denial."""

    question: str
    """Its id."""
    overdue: Overdue
    """What follows from it."""


@record
class EditAsked(StepEvent):
    """The result is to be made what a person's patch says."""

    is_decision: ClassVar[bool] = True
    diff: BlobId
    """The patch."""


@record
class EditApplied(StepEvent):
    """The lane holds what the patch says; what that changes is looked at next."""


@record
class ApprovalRecorded(StepEvent):
    """A question was not asked because it was approved beforehand."""

    is_decision: ClassVar[bool] = True
    by: str
    """Who, and by which option."""
    shown: str
    """Digest of what would have been shown."""


@record
class ProbeAsked(StepEvent):
    """The world is to be asked whether the effect is there."""

    is_decision: ClassVar[bool] = True


@record
class ProbeAnswered(StepEvent):
    """The world was asked."""

    answer: Applied
    """What it said."""
    text: str = ""
    """Why."""
    evidence: BlobId | None = None
    """What the answer rests on."""


@record
class BodyStarted(StepEvent):
    """The body is to run."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    key: str
    """The idempotency key, equal in all attempts."""
    tier: Tier | None = None
    """How much say a person had; a question, or an approval, before this says who had it. Since version 2."""
    rule: str = ""
    """The rule that decided. Since version 2."""


@record
class BodyFinished(StepEvent):
    """The body ended."""

    version: ClassVar[int] = 3

    ending: Ending
    """How."""
    evidence: BlobId | None = None
    """Its whole output."""
    duration_s: float = 0.0
    """How long it ran."""
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """What it put out for later steps."""
    remarks: tuple[str, ...] = ()
    """Deprecations and warnings it printed, each once; since version 3."""


@record
class InterruptAsked(StepEvent):
    """What is under way for this step is to be ended."""

    is_decision: ClassVar[bool] = True


@record
class Interrupted(StepEvent):
    """What was under way was ended before it said anything."""


@record
class InspectionAsked(StepEvent):
    """What the body wrote is to be found out."""

    is_decision: ClassVar[bool] = True


@record
class ChangesObserved(StepEvent):
    """What the body wrote is known, and what it may not keep was put back."""

    version: ClassVar[int] = 4
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
    lines: int | None = None
    """Lines added and taken away, where a rule asks for it; since version 2."""
    digest: str = ""
    """Names the changes themselves, whatever they were made to; since version 2."""
    keys: tuple[str, ...] = ()
    """Paths it keeps in which something has the form of a key; since version 2."""
    left: tuple[str, ...] = ()
    """Paths it made where git ignores them and that it declares nowhere, a folder as one; since version 3."""
    check_files: tuple[str, ...] = ()
    """Paths it keeps, or that git ignores, which decide what checks of the plan say; since version 4."""
    spoiled: tuple[str, ...] = ()
    """The first files that it changed of what `prepare` had made, and that it declares nowhere; since version 4."""
    run_outside: tuple[str, ...] = ()
    """Paths it keeps or made that a check, a probe or `observe` runs outside the sandbox; since version 4."""


@record
class MergeAsked(StepEvent):
    """The run branch has moved since the checkpoint: the result is to be brought onto its head."""

    is_decision: ClassVar[bool] = True
    onto: str
    """The head of the run branch."""


@record
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


@record
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


@record
class PlaceAsked(StepEvent):
    """The lane is to hold another tree, for a check to be asked there."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    commit: str
    """The commit that is checked out there."""
    tree: str
    """What the files shall be."""
    prepare: bool = False
    """Whether the lane is prepared anew, because the body changed what `prepare` had made; since version 2."""


@record
class Placed(StepEvent):
    """The lane holds that tree."""

    tree: str
    """It."""


@record
class EffectBroken(StepEvent):
    """What was under way in the workspace could not be done."""

    reason: str
    """What went wrong."""


@record
class ArtifactsAsked(StepEvent):
    """What the body made for later steps is to be kept."""

    is_decision: ClassVar[bool] = True


@record
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


@record
class CommitAsked(StepEvent):
    """The result is to be written as a commit."""

    is_decision: ClassVar[bool] = True


@record
class CommitWritten(StepEvent):
    """The commit is durable; no ref points to it yet."""

    commit: str
    """Its id."""


@record
class StepVerified(StepEvent):
    """The step holds."""

    is_decision: ClassVar[bool] = True
    proof: str | None
    """`checks`, `exit-status-only`, `probe`, or None for a person's answer."""
    commit: str | None = None
    """The commit on the run branch, if it changed anything."""


@record
class AttemptFailed(StepEvent):
    """This attempt did not lead to a verified step."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    diagnosis: Diagnosis
    """The kind of failure."""
    reason: str
    """What happened."""
    is_counted: bool = True
    """False for crashes and interruptions."""
    applied: bool = False
    """Whether the effect is known to have been applied all the same."""
    lesson: Lesson | None = None
    """What the next attempt of an agent is told of this one; since version 2."""


@record
class RestoreAsked(StepEvent):
    """The lane is to be put back to the checkpoint."""

    is_decision: ClassVar[bool] = True


@record
class LaneRestored(StepEvent):
    """The lane is back at the checkpoint."""

    lane_changed: bool = False
    """Whether ignored files other than declared caches had changed, so that a fresh lane is needed."""


@record
class RetryScheduled(StepEvent):
    """Another attempt follows."""

    is_decision: ClassVar[bool] = True
    due: float
    """Not before this time, in seconds since the epoch."""


@record
class RetryDue(StepEvent):
    """The wait is over."""


@record
class StepFailed(StepEvent):
    """The step cannot be done; what depends on it is blocked."""

    is_decision: ClassVar[bool] = True
    reason: str
    """The last attempt's."""
    stop: bool = False
    """Whether nothing new starts after this."""


@record
class StepSkipped(StepEvent):
    """The step is not done, and what depends on it goes on all the same."""

    is_decision: ClassVar[bool] = True
    reason: str
    """`nothing_to_do`, or why it failed."""


@record
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
