"""Exit codes, by the standing of a run and by error."""

from __future__ import annotations

import errno
from enum import IntEnum

from surefoot.errors import (
    DISK_REFUSALS,
    ClaimLost,
    JournalConflict,
    JournalCorrupt,
    JournalError,
    RestoreFailed,
    RunHeld,
    SurefootError,
    UsageError,
    WorkspaceError,
)


class ExitCode(IntEnum):
    """The exit codes of `docs/reference/command-line.md`. Only what is Surefoot's own fault is `INTERNAL`."""

    COMPLETED = 0
    INTERNAL = 1
    USAGE = 2
    PARTIAL = 3
    WAITING = 4
    FAILED = 5
    STOPPED = 6
    CANCELLED = 7
    HELD = 8


FOUND_NOTHING = 0
"""`check`, `doctor`, `audit`: all is well."""
FOUND_PROBLEMS = 1
"""`check`, `doctor`, `audit`: it is not."""

_BY_OUTCOME = {
    "completed": ExitCode.COMPLETED,
    "partially_completed": ExitCode.PARTIAL,
    "failed": ExitCode.FAILED,
    "cancelled": ExitCode.CANCELLED,
}


def code_of_run(state: str, outcome: str | None) -> ExitCode:
    """Return the exit code for where a run stands (`state` and `outcome` of its report) when its engine has let go."""
    if outcome is not None:
        return _BY_OUTCOME[outcome]
    return ExitCode.WAITING if state == "waiting" else ExitCode.STOPPED


_BY_ERROR: dict[type[BaseException], ExitCode] = {
    RunHeld: ExitCode.HELD,
    ClaimLost: ExitCode.HELD,
    UsageError: ExitCode.USAGE,
    WorkspaceError: ExitCode.USAGE,
    RestoreFailed: ExitCode.INTERNAL,
    JournalError: ExitCode.USAGE,
    JournalConflict: ExitCode.INTERNAL,
    JournalCorrupt: ExitCode.INTERNAL,
    SurefootError: ExitCode.INTERNAL,
}
"""The code of each class of errors holds for the classes below it, too."""
_OF_THE_MACHINE = DISK_REFUSALS | {errno.EACCES, errno.EPERM}
"""What the disk or its permissions refuse: the person can mend it, and no line of ours is wrong."""


def code_of_error(error: BaseException) -> ExitCode:
    """Return the exit code for a command that ended with an error."""
    if is_of_the_machine(error):
        return ExitCode.USAGE
    return next((_BY_ERROR[kind] for kind in type(error).__mro__ if kind in _BY_ERROR), ExitCode.INTERNAL)


def is_of_the_machine(error: BaseException) -> bool:
    """Tell whether the disk is full, or a file may not be read or written."""
    return isinstance(error, OSError) and error.errno in _OF_THE_MACHINE
