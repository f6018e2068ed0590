"""Events of one attempt at one step, in the order of its life."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.agent_types import Lesson
from surefoot.core.event import StepEvent
from surefoot.core.event_words import Diagnosis
from surefoot.core.ids import StepId
from surefoot.core.ladder_table import Rung
from surefoot.core.plan import Step
from surefoot.core.raw import Digest, GivenName, Handle, ToolName
from surefoot.core.record import record


@record
class StepStarted(StepEvent):
    """An attempt begins."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    spec: Step | None = None
    """What a system step is, when it begins for the first time; steps of the plan are known by the plan."""


@record
class InterruptRequested(StepEvent):
    """What is under way for this step is to be ended."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    is_stall: bool = False
    """Whether it gives no sign, so that the attempt fails for it; since version 2."""


@record
class QuietNoticed(StepEvent):
    """What is under way for a step has given no sign for a while: no output, no word, no end."""

    may_be_late: ClassVar[bool] = True
    effect: Handle
    """Its name in the table of effects."""
    subject: Handle = ""
    """The tool call."""
    quiet_s: float
    """For how long, in seconds."""


@record
class StepVerified(StepEvent):
    """The step holds."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    proof: Handle | None
    """`checks`, `exit-status-only`, `probe`, or None for a person's answer."""
    commit: Digest | None = None
    """The commit on the run branch, if it changed anything."""


@record
class CandidateChosen(StepEvent):
    """The result of one of several attempts is to be the result of the step."""

    is_decision: ClassVar[bool] = True
    candidate: int
    """Its number, counted from 1."""
    agreed: bool
    """Whether all candidates agree."""
    why: str
    by: GivenName = ""
    """The person who chose it; empty: that it is the one follows from the plan."""


@record
class CandidatesDropped(StepEvent):
    """The results of the attempts made so far do not count: the step is attempted anew."""

    is_decision: ClassVar[bool] = True
    reason: str


@record
class AttemptFailed(StepEvent):
    """This attempt did not lead to a verified step."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    diagnosis: Diagnosis
    reason: str
    is_counted: bool = True
    """False for crashes and interruptions."""
    applied: bool = False
    lesson: Lesson | None = None
    """What the next attempt of an agent is told of this one; since version 2."""


@record
class RecoveryChosen(StepEvent):
    """A rung of the ladder for a failure is climbed: what follows a failed attempt, or a result found wrong later."""

    is_decision: ClassVar[bool] = True
    diagnosis: Diagnosis
    """The failure."""
    rung: Rung
    ladder: tuple[Rung, ...]
    """The ladder of that failure, as it was in force."""
    rule: Handle
    """Where the ladder comes from: `built-in` or `settings`."""
    evidence: tuple[int, ...] = ()
    """Where the failure shows: positions in the journal."""
    told: tuple[str, ...] = ()
    """The facts that the next attempt is told because of the rung."""
    tools: tuple[ToolName, ...] = ()
    """The tools whose exact schema the next attempt is shown."""


@record
class StepFailed(StepEvent):
    """The step cannot be done; what depends on it is blocked."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    reason: str
    stop: bool = False


@record
class StepSkipped(StepEvent):
    """The step is not done, and what depends on it goes on all the same."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    reason: str
    """`nothing_to_do`, or why it failed."""


@record
class RolledBack(StepEvent):
    """The step failed and took later work with it: the branch goes back."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    reason: str
    to: StepId
    """The step whose commit is the head again."""
    commit: Digest
    invalidated: tuple[StepId, ...]
