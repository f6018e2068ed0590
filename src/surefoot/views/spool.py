"""The last line printed by the command at work in a lane, and what a model writes just now, from files beside a run.

The engine masked the files when it wrote them.
"""

from __future__ import annotations

import os
from pathlib import Path

from surefoot.core.ids import StepId, words_file
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.function_calls import is_record

_END = 4096
_BREAKS = regex(r"[\r\n]+")


@record(kw_only=False)
class Listener:
    """Hears the commands and the models of one run."""

    folder: Path
    """Where a run keeps what its commands print."""

    def words(self, step: StepId) -> str:
        """Return what a model writes just now for a step; empty where none does."""
        try:
            return (self.folder / words_file(step)).read_text("utf-8")
        except (OSError, ValueError):  # the reply has come, or is being written
            return ""

    def last_line(self, lane: str) -> str:
        """Return the last line that the command at work in a lane has printed; empty when there is none."""
        try:
            with os.scandir(self.folder) as found:
                ours = [entry for entry in found if entry.name.endswith(f"-{lane}.out")]
            newest = max(ours, key=lambda entry: entry.stat().st_mtime_ns, default=None)
            if newest is None:
                return ""
            with Path(newest.path).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _END))
                lines = _BREAKS.split(file.read(_END).decode("utf-8", "replace"))
        except OSError:  # the command has ended
            return ""
        return next((line for line in reversed(lines) if line.strip() and not is_record(line)), "")
