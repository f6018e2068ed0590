"""How long the lanes of runs are kept, and how much disk the folder of a run takes.

Lanes go with the end of a run that is completed, and when a run that has ended is landed. Those of other runs that have
ended stay for a day, for somebody to look at. Whoever goes on with a run makes lanes anew, so that none is ever missed.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from surefoot.api.engine_claim import claimed
from surefoot.api.home import Home
from surefoot.core.event_words import Outcome
from surefoot.core.ids import RunId
from surefoot.core.state import RunState
from surefoot.errors import RunHeld, SurefootError
from surefoot.workspace import RunWorkspace, size_of

KEPT_S = 86400.0
"""The lanes of a run that has ended without being completed are kept for so many seconds."""
_WITHIN_S = 0.2
"""Files that are not deleted after so many seconds are left to a program that a run does not wait for."""


def let_go(home: Home, space: RunWorkspace, state: RunState) -> None:
    """Do what is due when an engine lets go of a run whose claim is held: remove lanes nobody needs, note the size.

    The lanes of other runs that ended long enough ago go as well.
    """
    if state.outcome is Outcome.COMPLETED:
        space.free_lanes(_WITHIN_S)
        shutil.rmtree(home.run_folder(state.created.run) / "notes", ignore_errors=True)
    _note_size(home, state.created.run)
    with suppress(SurefootError, OSError):  # that is no business of this run
        for run in runs_with_lanes(home, home.clock.now() - KEPT_S):
            free_lanes(home, run, home.clock.now() - KEPT_S)


def runs_with_lanes(home: Home, until: float) -> list[RunId]:
    """Return the runs whose lanes were last added to before that time, ended or not; no journal is read for that."""
    found: set[RunId] = set()
    for run in (home.folder / "runs").glob("*"):
        for folder in (run / "lanes", run / "removed"):
            with suppress(OSError):
                if folder.stat().st_mtime <= until and any(folder.iterdir()):
                    found.add(RunId(run.name))
    return sorted(found)


def free_lanes(home: Home, run: RunId, until: float, *, dry_run: bool = False) -> int:
    """Remove the lanes of a run that has ended, to which nothing happened since that time, and that no engine holds.

    Returns how many bytes they took, or would free with `dry_run`, which removes nothing.
    """
    if home.journal.head(run)[0] == 0:
        return 0
    folder, state = home.run_folder(run), home.state(run)
    source = state.created.repository
    if state.outcome is None or state.at > until or source is None or not Path(source).is_dir():
        return 0
    with suppress(RunHeld), claimed(home, run):
        space = RunWorkspace.open(folder, Path(source), run)
        freed = space.size_of_lanes()
        if not dry_run:
            space.free_lanes()
            shutil.rmtree(folder / "notes", ignore_errors=True)
            _note_size(home, run)
        return freed
    return 0


def _note_size(home: Home, run: RunId) -> None:
    """Note how many bytes the folder of a run takes; to count them takes too long for a list of all runs."""
    with suppress(OSError):
        home.size_file(run).write_text(f"{size_of(home.run_folder(run))}\n", "ascii")
