"""What becomes of a run's results and remains: land, remove, collect garbage.

Owns the deletion of runs. Must never touch the user's checkout except in `land_run`, which is the user's own act. Read
`surefoot.workspace` next.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.people import is_held
from surefoot.core.ids import RunId
from surefoot.errors import RunHeld, UsageError
from surefoot.workspace import RunWorkspace

_SPARED_S = 3600.0
"""A folder changed within this time may belong to a run that is just being created."""


def land_run(home: Home, run: RunId, *, squash: bool = False) -> str:
    """Merge the run branch into the checked-out branch, if the checkout is clean; return the commit.

    Raises:
        UsageError: the run has nothing to land.
        WorkspaceError: the checkout is not clean, or the merge has conflicts; nothing was changed.
    """
    state = home.state(run)
    if state.branch is None or state.created.repository is None or state.branch.head == state.created.base:
        raise UsageError(f"run {run!r} has no commits to land", run=run)
    message = f"{state.plan.goal.strip().splitlines()[0]}\n\nSurefoot-Run: {run}"
    source = Path(state.created.repository)
    space = RunWorkspace.open(home.run_folder(run), source, run)
    return space.land(state.branch.head, squash=squash, message=message)


def remove_run(home: Home, run: RunId, *, branch: bool = False) -> None:
    """Delete a run: its folder, its refs (the branch only if asked to), its journal.

    Raises:
        RunHeld: an engine is at work on it.
    """
    if is_held(home, run):
        raise RunHeld(f"run {run!r} is being worked on; `surefoot cancel {run}` first", run=run)
    folder = home.run_folder(run)
    created = home.created(run)
    if created.repository is not None and (folder / "workspace.json").exists() and Path(created.repository).exists():
        RunWorkspace.open(folder, Path(created.repository), run).remove(delete_branch=branch)
    shutil.rmtree(folder, ignore_errors=True)
    home.journal.delete_run(run)


def collect_garbage(home: Home) -> int:
    """Delete what belongs to no run: left-over folders and unreferenced blobs; return how many things were deleted."""
    since = time.time() - _SPARED_S
    known = {row.run for row in home.journal.runs()}
    folders = home.folder / "runs"
    found = list(folders.iterdir()) if folders.is_dir() else []
    left = [path for path in found if path.name not in known and path.stat().st_mtime < since]
    for path in left:
        RunWorkspace.remove_unfinished(path)
        shutil.rmtree(path, ignore_errors=True)
    return len(left) + len(home.journal.gc())
