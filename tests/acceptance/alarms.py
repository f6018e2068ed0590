"""Runs that ended well raise no alarm: looked for in the home of each test, unless the test means to raise one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from surefoot.api.home import Home, has_journal
from surefoot.core.event_words import Outcome, Severity
from surefoot.core.monitor_table import MONITORS
from surefoot.core.monitors import kind_of
from surefoot.errors import JournalCorrupt

KINDS = frozenset({*map(kind_of, MONITORS), "ungrounded-claim"})
"""The kinds of findings that are alarms: what monitors see, and claims that the journal contradicts."""


def alarms_in(home_folder: Path, meant: Collection[str] = ()) -> Iterator[str]:
    """Yield each alarm above a note in the runs of a home that were completed, but for the kinds that are meant."""
    if not has_journal(home_folder):
        return
    with Home(home_folder) as home:
        for row in home.journal.runs():
            try:
                state = home.state(row.run)
            except JournalCorrupt:  # its test has damaged it
                continue
            if state.outcome is not Outcome.COMPLETED:
                continue
            for one in state.reported:
                if one.kind in KINDS and one.kind not in meant and one.severity is not Severity.NOTE:
                    yield f"{row.run} {one.step}: {one.kind}: {one.text}"
