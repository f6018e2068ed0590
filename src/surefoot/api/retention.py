"""What becomes of a run's results and files: land, remove, collect garbage."""

from __future__ import annotations

import math
import shutil
from contextlib import suppress
from pathlib import Path

from surefoot.api.engine_claim import claimed, clear, set_aside
from surefoot.api.home import Home
from surefoot.api.identity import current_user, refuse_steps
from surefoot.api.journal_append import say
from surefoot.api.lane_retention import free_lanes, runs_with_lanes
from surefoot.core import events as ev
from surefoot.core.event_words import Outcome, Verdict
from surefoot.core.ids import RunId
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.core.step_state import StepStatus
from surefoot.errors import RunHeld, UsageError
from surefoot.workspace import LandedFiles, RunWorkspace

_SPARED_S = 3600.0
"""A folder changed within this time may belong to a run that is just being created, and a blob stored within it to an
event that is not appended yet."""


def land_run(home: Home, run: RunId, *, squash: bool = False, runs_brought_hooks: bool = False) -> str:
    """Merge the run branch into the checked-out branch; return the commit. What is missing from it is not asked about.

    The lanes of a run that has ended are removed then.

    Your hooks run as in any merge; none does where the branch brings or changes hooks, unless `runs_brought_hooks`.

    Raises:
        UsageError: the run has nothing to land.
        WorkspaceError: uncommitted changes are in the way, or the merge has conflicts; nothing was changed.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("land a run", home)
    state, space = _opened(home, run)
    state = settle_landing(home, state, space)
    place = space.landing.place()
    if place is not None:
        state = say(home, run, lambda state: [_landing_of(home, state, *place)])
    assert state.branch is not None
    try:
        landed = space.landing.land(
            state.branch.head,
            squash=squash,
            message=f"{state.plan.goal.strip().splitlines()[0]}\n\nSurefoot-Run: {run}",
            is_from_dirty=state.created.include_dirty,
            runs_brought_hooks=runs_brought_hooks,
        )
    finally:
        settle_landing(home, home.state(run), space)
    free_lanes(home, run, math.inf)
    return landed


def _landing_of(home: Home, state: RunState, ref: str | None, before: str) -> ev.LandingRequested:
    assert state.branch is not None
    at, by = home.clock.now(), current_user()
    return ev.LandingRequested(at=at, ref=ref, before=before, commit=state.branch.head, by=by)


def settle_landing(home: Home, state: RunState, space: RunWorkspace) -> RunState:
    """Write down what came of a landing that was under way, whether it has just ended or was killed."""
    if not state.landings or state.landings[-1].landed is not None:
        return state
    asked = state.landings[-1].asked
    commit = space.landing.find(asked.ref, asked.before, asked.commit) or asked.before
    return say(home, state.created.run, lambda _: [ev.RunLanded(at=home.clock.now(), commit=commit)])


def landed_files_of(home: Home, run: RunId) -> LandedFiles:
    """Return what the run branch brings or changes that does something by itself once it is landed.

    Raises:
        UsageError: the run has nothing to land.
    """
    state, space = _opened(home, run)
    assert state.branch is not None
    return space.landing.acting_files(state.branch.head)


def _opened(home: Home, run: RunId) -> tuple[RunState, RunWorkspace]:
    """Return a run that has something to land, and its workspace."""
    state = home.state(run)
    if state.branch is None or state.created.repository is None or state.branch.head == state.created.base:
        raise UsageError(f"run {run!r} has no commits to land", run=run)
    return state, RunWorkspace.open(home.run_folder(run), Path(state.created.repository), run)


def missing_from(state: RunState) -> str:
    """Return in words what a run lacks of what it was for; empty: it is completed."""
    if state.outcome is Outcome.COMPLETED:
        return ""
    steps = list(state.steps())
    undone = sum(node.status is not StepStatus.VERIFIED and node.reason != "nothing_to_do" for node in steps)
    asked = zip(state.plan.accept, state.accept.records, strict=True)
    red = [check.name for check, record in asked if record.after in {Verdict.FAILED, Verdict.INCONCLUSIVE}]
    parts = [] if state.outcome is not None else ["the run has not ended"]
    if undone:
        parts.append(f"{undone} of {len(steps)} steps {'is' if undone == 1 else 'are'} missing")
    if red:
        parts.append(f"acceptance failed: {', '.join(red)}")
    return "; ".join(parts) or f"the run ended as {state.outcome}".replace("_", " ")


def remove_run(home: Home, run: RunId, *, branch: bool = False) -> bool:
    """Delete a run: its folder, its refs, its journal; with `branch` also its branch, and work nothing else holds.

    Returns:
        Whether its branch is still there.

    Raises:
        RunHeld: an engine is at work on it.
        UsageError: nothing but the run holds what it verified, and `branch` was not asked for; nothing is deleted.
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("delete a run", home)
    folder = home.run_folder(run)
    with set_aside(home, run, "cancel"):
        created = home.created(run)
        has_branch = False
        source = None if created.repository is None else Path(created.repository)
        if source is not None and (folder / "workspace.json").exists() and source.exists():
            space = RunWorkspace.open(folder, source, run)
            tip = None if branch else home.state(run).branch
            if tip is not None and tip.head != space.base and not space.is_held_elsewhere(tip.head):
                raise UsageError(
                    f"run {run!r} has verified work that nothing else holds (commit {tip.head[:12]}); "
                    f"`surefoot land {run}` takes it over, `surefoot rm {run} --branch` deletes it, too",
                    run=run,
                )
            space.remove(delete_branch=branch)
            has_branch = space.kind == "git" and space.branch_state() is not None
        clear(folder)
        home.journal.delete_run(run)
        shutil.rmtree(folder, ignore_errors=True)  # with the lock, once nobody can go on with the run
    return has_branch


@record
class Freed:
    """What `collect_garbage` did."""

    deleted: int
    """So many things that belonged to no run are gone: left-over folders and unreferenced blobs."""
    runs: tuple[RunId, ...]
    """Of these ended runs the lanes and their environments are gone; `retry` makes them anew."""
    size_bytes: int
    """What those lanes took on disk."""
    dry_run: bool = False
    """Whether all this was only looked for, and nothing deleted."""


def collect_garbage(home: Home, *, older_than_s: float = 0.0, dry_run: bool = False) -> Freed:
    """Delete what belongs to no run, and the lanes of runs that have ended, where that is so long ago.

    What `show`, `report`, `land`, `restore` and `retry` need of an ended run is kept, and so is every branch. With
    `dry_run` nothing is deleted.

    Raises:
        StepMayNotAnswer: this program was started by a step.
    """
    refuse_steps("delete what belongs to no run", home)
    until = home.clock.now() - older_than_s
    since = min(until, home.clock.now() - _SPARED_S)
    known = {row.run for row in home.journal.runs()}
    folders = home.folder / "runs"
    found = list(folders.iterdir()) if folders.is_dir() else []
    left = [path for path in found if path.is_dir() and path.name not in known and path.stat().st_mtime < since]
    removed = sum(_is_removed(home, path, dry_run=dry_run) for path in left)
    unmentioned = home.journal.gc(since, dry_run=dry_run)
    freed = {run: free_lanes(home, run, until, dry_run=dry_run) for run in runs_with_lanes(home, math.inf)}
    return Freed(
        deleted=removed + len(unmentioned),
        runs=tuple(run for run, size in freed.items() if size),
        size_bytes=sum(freed.values()),
        dry_run=dry_run,
    )


def _is_removed(home: Home, path: Path, *, dry_run: bool) -> bool:
    """Remove a folder that belongs to no run; return False where a run is just being created in it."""
    run = RunId(path.name)
    if dry_run:
        return not home.is_held(run)
    with suppress(RunHeld), claimed(home, run, is_new=True):
        if home.journal.head(run)[0] == 0:
            RunWorkspace.remove_unfinished(path)
            shutil.rmtree(path, ignore_errors=True)
            return True
    return False
