"""Every error Surefoot raises, as one tree.

Must never import anything of Surefoot. An expected outcome (a failed check, a denied approval, a cancelled run) is an
event, not one of these.

```
SurefootError
├ UsageError
│ ├ PlanInvalid
│ ├ ConfigInvalid
│ ├ RunNotFound
│ ├ RunExists
│ ├ RunHeld
│ ├ NotAwaitingAnswer
│ ├ NotApprover
│ └ StepMayNotAnswer
├ WorkspaceError
│ ├ GitUnavailable
│ ├ WorkspaceMissing
│ ├ DiskRefused
│ └ RestoreFailed
├ IllegalTransition
├ JournalError
│ ├ JournalConflict
│ ├ JournalCorrupt
│ ├ JournalTooNew
│ ├ JournalLocked
│ └ JournalGone
├ EffectError
└ EngineError
  └ ClaimLost
```
"""

from __future__ import annotations

import errno
from typing import ClassVar, Self

DISK_REFUSALS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
"""What a disk answers that is full, limited, mounted read-only or failing."""


class SurefootError(Exception):
    """Something Surefoot could not do, with a stable code and the facts as data.

    The message says what happened, to what, and what to do next. Instances survive pickling.
    """

    code: ClassVar[str] = "surefoot"

    def __init__(self, message: str, **facts: object) -> None:
        """Keep the message for people and the facts for programs."""
        super().__init__(message)
        self.message = message
        self.facts = facts

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with the facts, which `Exception` would leave out."""
        return _rebuild, (type(self), self.message, self.facts)


def _rebuild(kind: type[SurefootError], message: str, facts: dict[str, object]) -> SurefootError:
    return kind(message, **facts)


class UsageError(SurefootError):
    """The request cannot be carried out as it was made."""

    code = "usage"

    @classmethod
    def of(cls, *problems: str) -> Self:
        """Return the error that tells several problems, a line each; as facts they are one by one."""
        return cls("\n".join(problems), problems=problems)


class PlanInvalid(UsageError):
    """A plan that cannot run. `facts["problems"]` holds one line a problem, each with its place."""

    code = "plan-invalid"


class ConfigInvalid(UsageError):
    """A settings file that says what cannot be. `facts["problems"]` holds one line a problem, each with its place."""

    code = "config-invalid"


class RunNotFound(UsageError):
    """No run, or more than one, goes by that name."""

    code = "run-not-found"


class RunExists(UsageError):
    """The run id is already taken."""

    code = "run-exists"


class RunHeld(UsageError):
    """Another engine holds the run. `facts["holder"]` names it."""

    code = "run-held"


class NotAwaitingAnswer(UsageError):
    """The question is not open (any more), or the answer is not one it takes."""

    code = "not-awaiting-answer"


class NotApprover(UsageError):
    """The question takes somebody else: another role, another person, or somebody who is named in the settings."""

    code = "not-approver"


class StepMayNotAnswer(UsageError):
    """A step, or an agent in it, tried to answer, approve or steer; that is for people."""

    code = "step-may-not-answer"


class WorkspaceError(SurefootError):
    """The workspace could not be read, made or changed."""

    code = "workspace"


class GitUnavailable(WorkspaceError):
    """The git program is missing or too old."""

    code = "git-unavailable"


class WorkspaceMissing(WorkspaceError):
    """A part of the run's own workspace is gone."""

    code = "workspace-missing"


class DiskRefused(WorkspaceError):
    """The disk takes no more of a run's files: it is full, limited, mounted read-only or failing."""

    code = "disk-refused"


class RestoreFailed(WorkspaceError):
    """A lane could not be put back to its checkpoint."""

    code = "restore-failed"


class IllegalTransition(SurefootError):
    """An event that cannot happen in this state. The state is unchanged."""

    code = "illegal-transition"


class JournalError(SurefootError):
    """The journal could not be read or written."""

    code = "journal"


class JournalConflict(JournalError):
    """Events were appended meanwhile: the decision must be taken again."""

    code = "journal-conflict"


class JournalCorrupt(JournalError):
    """A row of the journal cannot be what was written."""

    code = "journal-corrupt"


class JournalTooNew(JournalError):
    """The journal was written by a newer Surefoot."""

    code = "journal-too-new"


class JournalLocked(JournalError):
    """Another program keeps the journal's database locked, or the disk takes no more."""

    code = "journal-locked"


class JournalGone(JournalError):
    """The journal's database was deleted, moved or replaced while it was in use."""

    code = "journal-gone"


class EffectError(SurefootError):
    """An effect could not be performed; `facts["retryable"]` says whether trying again can help.

    Bodies written in Python may raise it to say what kind of failure theirs was.
    """

    code = "effect"

    def __init__(self, message: str, *, retryable: bool = False, **facts: object) -> None:
        """Keep whether another attempt can help."""
        super().__init__(message, retryable=retryable, **facts)
        self.retryable = retryable

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as any Surefoot error; `retryable` is among the facts."""
        return _rebuild, (type(self), self.message, self.facts)


class EngineError(SurefootError):
    """The engine itself could not go on."""

    code = "engine"


class ClaimLost(EngineError):
    """Another engine has taken the run over; nothing this one says counts any more."""

    code = "claim-lost"


def is_of_the_disk(error: BaseException) -> bool:
    """Tell whether the disk refused: no step can do anything about that, and no line of ours is wrong."""
    return isinstance(error, OSError) and error.errno in DISK_REFUSALS


def why_unreadable(error: Exception) -> str:
    """Return why a file cannot be read, without its name, which the message around it has."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no text in UTF-8"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
