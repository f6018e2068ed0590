"""Stated confidence against what was found, over the runs of a home. Applies nothing."""

from __future__ import annotations

from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.queries import events
from surefoot.core.calibration import Calibration, Claimed, calibration_of, claims_of
from surefoot.errors import UsageError

MAX_ERROR = 0.05


def calibration(home: Home, *, max_error: float = MAX_ERROR, repository: Path | None = None) -> Calibration:
    """Compare what agents said to be sure of with what was found, in the journals of all runs or of one repository.

    Raises:
        UsageError: the rate is not between 0 and 1.
        JournalCorrupt: the journal of a run was altered.
    """
    if not 0 < max_error < 1:
        raise UsageError(f"{max_error:g} is no rate of errors; a number between 0 and 1 was expected, as 0.05 for 5 %")
    root, claims = None if repository is None else str(repository), list[Claimed]()
    for row in home.journal.runs():
        if root in (None, row.repository):
            claims += claims_of(home.state(row.run), (one.event for one in events(home, row.run)))
    return calibration_of(claims, max_error)
