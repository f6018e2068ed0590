"""`corrections`: what people said, refused, changed or found wrong, and the same as a data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from surefoot.api.correction_records import FORMAT, export_corrections, run_corrections
from surefoot.api.home import Home
from surefoot.cli.exits import FOUND_NOTHING
from surefoot.cli.lookup import find_run, root_of
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.corrections import Correction
from surefoot.core.short_text import counted, shortened
from surefoot.views.lines import Line, one_line

_SAID_MOST = 160


def show_corrections(given: Given, screen: Screen) -> int:
    """Show what people corrected in one run or in all, or write it into a file.

    Raises:
        UsageError: the file cannot be written.
    """
    with Home() as home:
        run = None if given.run is None else find_run(home, given.run, given.repo)
        root = None if run is not None or given.repo is None else root_of(given.repo)
        found = run_corrections(home, run, root)
        if given.export is not None:
            export_corrections(home, found, given.export)
    if screen.is_json:
        exported = None if given.export is None else str(given.export)
        rows = [asdict(one) for one in found]
        screen.document({"schema": FORMAT, "corrections": rows, "exported": exported})
    elif given.export is not None:
        screen.show([Line(f"Wrote {counted(len(found), 'correction')} into {given.export}.")])
    else:
        screen.page(_lines(found))
    return FOUND_NOTHING


def _lines(found: list[Correction]) -> Iterator[Line]:
    if not found:
        yield Line("Nobody has said anything about the work yet.")
    for one in found:
        about = f" step {one.step}" if one.step is not None else ""
        words = [one_line(text) for text in (one.said, one.reason, one.command or "") if text]
        said = shortened(": ".join(words), _SAID_MOST)
        yield Line(f"{one.run}{about}: {one.kind} by {one_line(one.by)}{f' ({said})' if said else ''}", hang=2)
