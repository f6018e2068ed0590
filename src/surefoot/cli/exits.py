"""What the exit code says.

Owns the one table from where a run stands, or from what went wrong, to a number. Must never print. Read
`surefoot.cli.frame` next.
"""

from __future__ import annotations

from enum import IntEnum

from surefoot.errors import RunHeld, UsageError


class ExitCode(IntEnum):
    """The exit codes of FORMATS."""

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


def code_of_error(error: BaseException) -> ExitCode:
    """Return the exit code for a command that ended with an error."""
    if isinstance(error, RunHeld):
        return ExitCode.HELD
    return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.INTERNAL
