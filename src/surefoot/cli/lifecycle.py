"""`land`, `rm`, `gc`."""

from __future__ import annotations

from dataclasses import asdict

from surefoot.api.home import Home
from surefoot.api.identity import refuse_steps
from surefoot.api.retention import collect_garbage, land_run, landed_files_of, missing_from, remove_run
from surefoot.cli.confirmation import agrees
from surefoot.cli.exits import ExitCode
from surefoot.cli.lookup import find_run
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.short_text import counted, listed
from surefoot.errors import SurefootError, UsageError
from surefoot.planfile.fields import seconds_in
from surefoot.views.lines import Line, size_said
from surefoot.views.report_sections import HASH

_LISTED_MAX = 10


def land(given: Given, screen: Screen) -> int:
    """Take a run's verified work over into the checkout; where something is missing from it, after a question."""
    with Home() as home:
        refuse_steps("land a run", home)
        run = find_run(home, given.run, given.repo)
        missing = missing_from(home.state(run))
        if missing and not given.yes:
            said = f"Run {run} is not complete: {missing}."
            if not screen.can_ask:
                screen.fail("needs-consent", f"{said} Nothing was landed. Use --yes to land the verified part.")
                return ExitCode.USAGE
            screen.show([Line(said, "warn", hang=2)])
            if not agrees("Land the verified part?", screen):
                screen.show([Line("Nothing was landed.")])
                return ExitCode.USAGE
        brought = landed_files_of(home, run)
        commit = land_run(home, run, squash=given.squash, runs_brought_hooks=given.run_hooks)
        where = home.created(run).repository
    if screen.is_json:
        document = {"run": run, "commit": commit, "repository": where, "missing": missing}
        screen.document({**document, "brought": asdict(brought), "hooks_ran": given.run_hooks or not brought.hooks})
    # Files of the branch that do something by themselves from here on.
    kinds = {"Hooks": brought.hooks, "CI files": brought.ci, "Files that steer git": brought.steering}
    told = [
        f"{kind} that the run brings or changes: {listed(paths, _LISTED_MAX)}" for kind, paths in kinds.items() if paths
    ]
    if brought.hooks and not given.run_hooks:
        told.append("So no git hook was run. Look at these files; --run-hooks lets hooks run.")
    if missing:
        told.append(f"Landed the verified part: {missing}.")
    screen.show(Line(text, "warn", hang=2) for text in told)
    screen.show([Line(f"Landed: {where} is at {commit[:HASH]} now.", "good", hang=2)])
    cleaning = f"surefoot rm {run} --branch   (the run is not needed any more)"
    screen.show([Line(f"Next: {cleaning}", "head", is_whole=True)])
    return 0


def remove(given: Given, screen: Screen) -> int:
    """Delete runs, as many as can be: what is refused is told in the end."""
    removed: list[dict[str, object]] = []
    refused: list[SurefootError] = []
    with Home() as home:
        for run in dict.fromkeys(find_run(home, name, given.repo) for name in given.runs):
            try:
                has_branch = remove_run(home, run, branch=given.branch)
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


def collect(given: Given, screen: Screen) -> int:
    """Delete what belongs to no run, and the lanes of runs that ended, where that is long enough ago."""
    age_s = seconds_in(given.older_than) if given.older_than else 0.0
    if age_s is None:
        raise UsageError(f"--older-than takes a duration such as 12h or 7d, not {given.older_than!r}; write one")
    with Home() as home:
        freed = collect_garbage(home, older_than_s=age_s, dry_run=given.dry_run)
    if screen.is_json:
        screen.document(asdict(freed))
    runs = f"{counted(len(freed.runs), 'ended run')} ({size_said(freed.size_bytes)})"
    what = "Would delete" if freed.dry_run else "Deleted"
    screen.show(
        [
            Line(f"{what} the lanes and environments of {runs}; `retry` makes them anew.", hang=2),
            *(Line(f"  {run}") for run in freed.runs if freed.dry_run),
            Line(f"{what} {counted(freed.deleted, 'thing')} that belonged to no run."),
        ]
    )
    return 0
