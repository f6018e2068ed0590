"""Events of a run as a whole: its beginning and end, engines, phases, groups, branch, and what people do to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.agent_types import GoalOptions
from surefoot.core.event import Event
from surefoot.core.event_words import Finding, Outcome, Phase
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Plan
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.policy_types import Policy
from surefoot.core.raw import Digest, GivenName, Handle, Place
from surefoot.core.record import record


@record
class ForkedFrom:
    """The step of another run at which a run begins."""

    run: RunId
    step: StepId
    commit: Digest
    """The commit that the step left: the base."""
    done: tuple[StepId, ...] = ()
    """Steps of that run that are part of the base."""


@record
class RunCreated(Event):
    """A run came into being. Always the first event."""

    # The plan has gained fields with defaults: a plan of version 1 is read as it stands.
    version: ClassVar[int] = 9
    run: RunId
    plan: Plan
    plan_path: Place | None = None
    plan_digest: Digest | None = None
    """Digest of the plan file's bytes, to tell later whether it has changed."""
    repository: Place | None = None
    """The user's folder; None: a run without a workspace."""
    base: Digest | None = None
    base_tree: Digest | None = None
    base_ref: Place | None = None
    """The full name of the branch that was checked out; since version 3."""
    dirty: tuple[str, ...] = ()
    """Paths of the checkout that differ from HEAD."""
    include_dirty: bool = False
    """Whether those differences are part of the base."""
    findings: tuple[Finding, ...] = ()
    """What `check` says about the plan."""
    by: GivenName = ""
    estimates: Mapping[StepId, float] = field(default_factory=dict[StepId, float])
    """How long steps and members without an estimate took in earlier runs, in seconds; since version 2. Empty where one
    step runs at a time."""
    goal_options: GoalOptions | None = None
    """For a goal in words: what is wanted, so that the run begins by understanding it; since version 4."""
    waits: Mapping[StepId, tuple[StepId, ...]] = field(default_factory=dict[StepId, tuple[StepId, ...]])
    """For steps that read what another writes, or write what another reads: those that go first; since version 5. A
    group whose members go one after the other is among its own."""
    commands: tuple[PlanCommand, ...] = ()
    """What the plan runs around its steps, with what their texts tell; since version 6."""
    left_out: tuple[StepId, ...] = ()
    """Steps of the plan file that were not chosen, so that `plan` does not have them; since version 7."""
    in_scope: int | None = None
    """For a goal in words: how many files of the base its scope names; None: nobody limited the scope. Since version 8.
    """
    forked_from: ForkedFrom | None = None
    """The step of another run at which this one begins; since version 9."""


@record
class AbsenceNoted(Event):
    """No engine had worked on the run for long: what agents under way saw is compared with what is there."""

    away_s: float
    """Since the last event before, in seconds."""


@record
class EngineStarted(Event):
    """An engine claimed the run. Whatever was under way when the one before ended is interrupted by this."""

    version: ClassVar[int] = 3
    is_waited_for: ClassVar[bool] = True
    engine: Handle
    token: int
    pid: int
    host: Handle
    rung: Handle
    release: Handle
    as_root: bool = False
    """Whether it works as root, and so do its commands; since version 2."""
    boot: Handle = ""
    """Names the time since the machine was started; where it is another one than that of the engine before, the power
    may have failed. Empty: not known. Since version 3."""


@record
class EngineStopped(Event):
    """The engine let go of the run in good order."""

    reason: Handle
    """`waiting`, `paused`, `ended` or `error`."""


@record
class ApprovalsGiven(Event):
    """The person who started or resumed the run approved some questions beforehand."""

    by: GivenName
    yes: bool = False
    """Confirm-tier questions except irreversible ones."""
    allow: tuple[StepId, ...] = ()
    """Irreversible steps approved by name."""


@record
class ApproverConfigured(Event):
    """The program that works on the run has code of its own that says go or no-go; or has none any more."""

    approver: GivenName
    """The name under which it answers; empty: there is none."""
    by: GivenName
    """Who started or resumed the run with it."""


@record
class PolicyConfigured(Event):
    """The rules that hold from here on, beside those that ship and those of the plan."""

    policy: Policy
    """Those of the settings, as they were when an engine last began."""


@record
class PhaseEntered(Event):
    """A gate was passed; or, with a reason, the run goes back to make another plan."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    phase: Phase
    reason: str = ""
    """Why the run goes back; since version 2."""


@record
class PauseRequested(Event):
    """Nothing new shall start."""

    may_be_late: ClassVar[bool] = True
    by: GivenName
    interrupt: bool = False
    """Whether running read and reversible bodies are ended, too."""


@record
class RunPaused(Event):
    """Nothing runs any more."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    reason: str


@record
class RunResumed(Event):
    """Somebody wants the run to go on."""

    may_be_late: ClassVar[bool] = True
    by: GivenName


@record
class CancelRequested(Event):
    """Somebody wants the run to end here."""

    may_be_late: ClassVar[bool] = True
    by: GivenName


@record
class RunEnded(Event):
    """The run is over, unless it is retried or restored."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    outcome: Outcome
    reason: str = ""
    """Why it is not `completed`, in a few words."""


@record
class StepsInvalidated(Event):
    """Somebody wants steps to be tried again."""

    is_waited_for: ClassVar[bool] = True
    steps: tuple[StepId, ...]
    by: GivenName


@record
class RunRestored(Event):
    """Somebody took the branch back to an earlier step."""

    is_waited_for: ClassVar[bool] = True
    to: StepId | None
    """The step whose commit is the head again; None: the base."""
    commit: Digest
    pending: tuple[StepId, ...]
    by: GivenName
