"""The enums of event fields: phases, outcomes, verdicts, endings, findings."""

from __future__ import annotations

from enum import StrEnum

from surefoot.core.ids import StepId
from surefoot.core.raw import Handle
from surefoot.core.record import record


class Phase(StrEnum):
    """Where a run stands on its way."""

    UNDERSTAND = "understand"
    PLAN = "plan"
    EXECUTE = "execute"
    VALIDATE = "validate"


class Outcome(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partially_completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """What a check answered."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class Applied(StrEnum):
    """What a probe answered."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    UNKNOWN = "unknown"


class ApproverWord(StrEnum):
    """What the caller's own code says to an action that needs approval."""

    PROCEED = "proceed"
    ASK = "ask"
    """A person is asked."""
    REFUSE = "refuse"


class Moment(StrEnum):
    """Whether a check is asked before the body, during it or after it."""

    BEFORE = "before"
    DURING = "during"
    """While an agent is at work, to tell the agent how its work stands; no verdict of the step rests on it."""
    AFTER = "after"


class Diagnosis(StrEnum):
    """Why an attempt failed; decides whether another can help."""

    TRANSIENT = "transient"
    STRUCTURAL = "structural"
    VERIFICATION = "verification"
    CRASH = "crash"
    INTERRUPTED = "interrupted"
    STALE = "stale"
    DENIED = "denied"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    TOOL_MISUSE = "tool_misuse"
    """Tools were used wrongly, again and again."""
    INFINITE_LOOP = "infinite_loop"
    """The same reply came three times, and no file was changed in between."""
    STALL = "stall"
    """Many turns, and no end."""
    CONTEXT_OVERFLOW = "context_overflow"
    """What has to be said does not fit into what the model takes."""
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    """The agent says that it cannot be done as it stands."""
    BUDGET = "budget"
    HALLUCINATION = "hallucination"
    """What an agent names or says is not so."""
    GOAL_DRIFT = "goal_drift"
    """What is done is not what was asked for."""
    SILENT_ERROR = "silent_error"
    """It looked right, and was found wrong later, or by another proof."""
    POLICY_VIOLATION = "policy_violation"


NOT_JUDGED = frozenset({Diagnosis.CRASH, Diagnosis.INTERRUPTED})
"""Failures that say nothing of what the attempt had made."""


class Absent(StrEnum):
    """What a tool call was about, and is not there."""

    NAMED = "named"
    """The file, folder or symbol that the call names does not exist."""
    SOUGHT = "sought"
    """Nothing fits what the call looks for."""


class Status(StrEnum):
    """How a body ended."""

    OK = "ok"
    EXIT = "exit"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    ERROR = "error"


class QuestionKind(StrEnum):
    """What a person is asked for."""

    CONFIRM = "confirm"
    ASK = "ask"
    IN_DOUBT = "in_doubt"


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@record
class Finding:
    """Something a person should know."""

    kind: Handle
    """A stable word for programs, such as `undeclared-writes`."""
    severity: Severity
    text: str
    step: StepId | None = None
    place: str | None = None
    """`FILE:LINE:COLUMN`, for findings about a plan file."""
    attempt: int | None = None
    """The attempt at the step in which a monitor saw it."""
    diagnosis: Diagnosis | None = None
    """The failure that it names."""
    evidence: tuple[int, ...] = ()
    """Where it shows: positions in the journal."""


@record
class Mutant:
    """A small change of what a step wrote."""

    path: str
    line: int
    """Where it begins, counted from 1 in the file that the step wrote."""
    before: str
    """The line, or the first of several, as the step wrote it."""
    after: str
    """What stood there instead; empty: nothing."""
    is_undone: bool = False
    """Whether lines of the step were put back as they were before it."""


@record
class Difference:
    """Where what two candidates do is shown to differ first."""

    candidate: int
    """The earlier one."""
    line: int
    """Counted from 1."""
    here: str
    """The line as the later one has it; empty: it has none."""
    there: str
    """The line as the earlier one has it."""


@record
class Ending:
    """How a body ended."""

    status: Status
    exit_code: int | None = None
    signal: int | None = None
    error_type: str | None = None
    """For Python bodies: the exception's name."""
    retryable: bool | None = None
    """For Python bodies: whether the exception says that trying again can help."""
    text: str = ""
    """The end of its output, or the exception."""
