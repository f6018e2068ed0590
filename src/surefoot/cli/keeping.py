"""`land`, `rm`, `gc`: what becomes of a run's results and remains.

Owns what is said about it. Must never delete anything by itself: `surefoot.api.storing` does. Read that next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.storing import collect_garbage, land_run, missing_from, remove_run
from surefoot.cli.consenting import agrees
from surefoot.cli.exits import ExitCode
from surefoot.cli.lines import Line, counted
from surefoot.cli.lookup import find_run
from surefoot.cli.screen import Screen
from surefoot.cli.telling import HASH
from surefoot.core.ids import RunId
from surefoot.errors import SurefootError


def land(name: str | None, repo: Path | None, screen: Screen, *, squash: bool, yes: bool) -> int:
    """Take a run's verified work over into the checkout; where something is missing from it, after a question."""
    with Home() as home:
        run = find_run(home, name, repo)
        missing = missing_from(home.state(run))
        if missing and not yes and not _lands_anyway(run, missing, screen):
            return ExitCode.USAGE
        commit = land_run(home, run, squash=squash)
        where = home.created(run).repository
    if screen.is_json:
        screen.document({"run": run, "commit": commit, "repository": where, "missing": missing})
    screen.show(
        [
            *([Line(f"Landed what there is: {missing}.", "warn", hang=2)] if missing else []),
            Line(f"Landed: {where} is at {commit[:HASH]} now.", "good", hang=2),
            Line(f"Next: surefoot rm {run} --branch   (the run is not needed any more)", "head", is_whole=True),
        ]
    )
    return 0


def _lands_anyway(run: RunId, missing: str, screen: Screen) -> bool:
    said = f"Run {run} is not complete: {missing}."
    if not screen.can_ask:
        screen.fail("needs-consent", f"{said} Nothing was landed. Say --yes to land what there is.")
        return False
    screen.show([Line(said, "warn", hang=2)])
    is_agreed = agrees("Land what there is?", screen)
    screen.show([] if is_agreed else [Line("Nothing was landed.")])
    return is_agreed


def remove(names: Sequence[str], repo: Path | None, screen: Screen, *, branch: bool) -> int:
    """Delete runs, as many as can be: what is refused is told in the end."""
    removed: list[dict[str, object]] = []
    refused: list[SurefootError] = []
    with Home() as home:
        for run in dict.fromkeys(find_run(home, name, repo) for name in names):
            try:
                has_branch = remove_run(home, run, branch=branch)
            except SurefootError as error:
                refused.append(error)
                continue
            removed.append({"run": run, "removed": True, "branch_deleted": not has_branch})
            kept = f"; its branch surefoot/{run} is kept" if has_branch else ""
            screen.show([Line(f"Run {run} is deleted{kept}.", hang=2)])
    for error in refused[1:]:
        screen.error(error.message)
    if refused:
        raise refused[0]
    if screen.is_json:
        screen.document(removed[0] if len(removed) == 1 else {"runs": removed})
    return 0


def collect(screen: Screen) -> int:
    """Delete what belongs to no run, and the lanes of ended runs."""
    with Home() as home:
        freed = collect_garbage(home)
    if screen.is_json:
        screen.document(asdict(freed))
    runs = f"{counted(len(freed.runs), 'ended run')} ({freed.size_bytes / 1e6:,.1f} MB)"
    screen.show(
        [
            Line(f"Deleted the lanes and environments of {runs}; `retry` would make them anew.", hang=2),
            Line(f"Deleted {counted(freed.deleted, 'thing')} that belonged to no run."),
        ]
    )
    return 0
