"""The verdict from the end of a command, and the last lines it printed."""

from __future__ import annotations

from surefoot.core import failure_words
from surefoot.ports import CommandOutcome, Commands

NOT_EXECUTABLE = 126
NOT_FOUND = 127
SIGNALS = range(128 + 1, 128 + 64 + 1)
"""Exit statuses with which a shell says that a signal ended the program it waited for."""
LINES_MAX = 6
CHARACTERS_MAX = 600
NAMED_MAX = 10
"""So many files or places are named in a text; all of them stand in the evidence."""


def why_no_answer(outcome: CommandOutcome) -> str | None:
    """Say why the command's end answers nothing (not started, not found, signal, time-out), or None if it does."""
    if not outcome.started or outcome.timed_out or outcome.signal is not None or outcome.exit_code is None:
        return outcome.said
    if outcome.exit_code == NOT_EXECUTABLE:
        return f"{outcome.said}: the program cannot be executed"
    if outcome.exit_code == NOT_FOUND:
        return f"{outcome.said}: the program was not found"
    if outcome.exit_code in SIGNALS:
        return f"{outcome.said}: a program was ended by signal {outcome.exit_code - 128}"
    return None


def last_lines(outcome: CommandOutcome) -> str:
    """Return the last lines of the output that say anything; more of them than people are shown, for agents."""
    return failure_words.last_lines(outcome.tail, LINES_MAX)[-CHARACTERS_MAX:]


def whole_output(outcome: CommandOutcome, commands: Commands) -> str:
    """Return everything the command printed; what is no UTF-8 is replaced."""
    if outcome.evidence is None:
        return outcome.tail
    return commands.load(outcome.evidence).decode("utf-8", "replace")
