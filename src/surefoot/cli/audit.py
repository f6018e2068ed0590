"""`audit`: a run's journal compared with its hashes, evidence and commits; and its exported trail."""

from __future__ import annotations

from pathlib import Path

from surefoot.api.audit_export import export_trail, verify_trail
from surefoot.api.home import Home
from surefoot.api.queries import audit as audit_run
from surefoot.cli.exits import FOUND_NOTHING, FOUND_PROBLEMS
from surefoot.cli.lookup import find_run
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.short_text import counted
from surefoot.errors import UsageError
from surefoot.views.lines import Line, one_line

SCHEMA = "surefoot.audit/1"


def audit(given: Given, screen: Screen) -> int:
    """Tell what does not fit together in a run's journal and commits, or in a trail.

    Raises:
        UsageError: a trail is to be checked and a run is named, or written, too.
    """
    if given.verify is not None:
        if given.run is not None or given.export is not None:
            raise UsageError("--verify checks a file by itself; leave out the run and --export")
        return _verify(given.verify, screen)
    with Home() as home:
        run = find_run(home, given.run, given.repo)
        problems = audit_run(home, run)
        seq, digest = home.journal.head(run)
        if given.export is not None:
            export_trail(home, run, given.export)
    if screen.is_json:
        exported = None if given.export is None else str(given.export)
        found = {"run": run, "at_seq": seq, "hash": digest, "problems": problems, "exported": exported}
        screen.document({"schema": SCHEMA, **found})
    screen.show(Line(one_line(problem), "bad", hang=4) for problem in problems)
    if given.export is not None:
        screen.show([Line(f"The trail is in {given.export}; check it anywhere: surefoot audit --verify FILE", hang=2)])
    if problems:
        screen.show([Line(f"Run {run}: {counted(len(problems), 'problem')} found.", "bad")])
        return FOUND_PROBLEMS
    screen.show([Line(f"Run {run}: {counted(seq, 'event')}, evidence and commits agree.", "good")])
    return FOUND_NOTHING


def _verify(path: Path, screen: Screen) -> int:
    found = verify_trail(path)
    if screen.is_json:
        screen.document(
            {
                "schema": SCHEMA,
                "run": found.run,
                "at_seq": found.events,
                "hash": found.last_hash,
                "problems": list(found.problems),
                "compare": found.compare,
            }
        )
    screen.show(Line(one_line(problem), "bad", hang=4) for problem in found.problems)
    if found.problems:
        screen.show([Line(f"Trail of run {found.run}: {counted(len(found.problems), 'problem')} found.", "bad")])
        return FOUND_PROBLEMS
    screen.show([Line(f"Trail of run {found.run}: {counted(found.events, 'event')}, the chain holds.", "good")])
    screen.show([Line(f"That nothing was cut off and made anew, {found.compare}", "dim", hang=2)])
    return FOUND_NOTHING
