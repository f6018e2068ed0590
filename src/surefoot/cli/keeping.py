"""`land`, `rm`, `gc`: what becomes of a run's results and remains.

Owns what is said about it. Must never delete anything by itself: `surefoot.api.storing` does. Read that next.
"""

from __future__ import annotations

from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.storing import collect_garbage, land_run, remove_run
from surefoot.cli.lines import Line, counted
from surefoot.cli.lookup import find_run
from surefoot.cli.screen import Screen
from surefoot.cli.telling import HASH


def land(name: str | None, repo: Path | None, screen: Screen, *, squash: bool) -> int:
    """Take a run's verified work over into the checkout."""
    with Home() as home:
        run = find_run(home, name, repo)
        commit = land_run(home, run, squash=squash)
        where = home.created(run).repository
    if screen.is_json:
        screen.document({"run": run, "commit": commit, "repository": where})
    screen.show(
        [
            Line(f"Landed: {where} is at {commit[:HASH]} now.", "good", hang=2),
            Line(f"Next: surefoot rm {run} --branch   (the run is not needed any more)", "head", is_whole=True),
        ]
    )
    return 0


def remove(name: str, repo: Path | None, screen: Screen, *, branch: bool) -> int:
    """Delete a run."""
    with Home() as home:
        run = find_run(home, name, repo)
        has_branch = remove_run(home, run, branch=branch)
    if screen.is_json:
        screen.document({"run": run, "removed": True, "branch_deleted": not has_branch})
    kept = f"; its branch surefoot/{run} is kept" if has_branch else ""
    screen.show([Line(f"Run {run} is deleted{kept}.", hang=2)])
    return 0


def collect(screen: Screen) -> int:
    """Delete what belongs to no run."""
    with Home() as home:
        number = collect_garbage(home)
    if screen.is_json:
        screen.document({"deleted": number})
    screen.show([Line(f"Deleted {counted(number, 'thing')} that belonged to no run.")])
    return 0
