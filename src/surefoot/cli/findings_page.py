"""`findings`: what was found in a run, the gravest first, and where in the journal it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from surefoot.api.home import Home
from surefoot.api.queries import events, report
from surefoot.cli.exits import FOUND_NOTHING, FOUND_PROBLEMS
from surefoot.cli.lookup import find_run
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.event_words import Severity
from surefoot.views.lines import Line, one_line
from surefoot.views.report_sections import style_of

if TYPE_CHECKING:
    from surefoot.core.report_shape import FindingShape

SCHEMA = "surefoot.findings/1"
_ORDER = tuple(one.value for one in reversed(Severity))


def findings(given: Given, screen: Screen) -> int:
    """Show the findings of a run; the exit status is 1 where one is more than a note."""
    with Home() as home:
        run = find_run(home, given.run, given.repo)
        found = sorted(report(home, run)["findings"], key=lambda one: _ORDER.index(one["severity"]))
        wanted = {place for one in found for place in one["evidence"]}
        kinds = {one.seq: one.event.kind for one in events(home, run) if one.seq in wanted} if wanted else {}
    if screen.is_json:
        screen.document({"schema": SCHEMA, "run": run, "findings": found})
    screen.show(_lines(found, kinds))
    return FOUND_PROBLEMS if any(one["severity"] != Severity.NOTE for one in found) else FOUND_NOTHING


def _lines(found: list[FindingShape], kinds: Mapping[int, str]) -> Iterator[Line]:
    if not found:
        yield Line("Nothing was found.", "good")
    for one in found:
        attempt = "" if one["attempt"] is None else f", attempt {one['attempt']}"
        where = f"{one['step']}{attempt}: " if one["step"] else ""
        named = f" ({one['diagnosis']})" if one["diagnosis"] else ""
        text = f"{one['severity']:<8} {one['kind']}{named}  {where}{one_line(one['text'])}"
        yield Line(text, style_of(one["severity"]), hang=9, styled=len(one["severity"]))
        if one["evidence"]:
            places = ", ".join(f"{place} {kinds.get(place, '')}".strip() for place in one["evidence"])
            yield Line(f"{'':<8} journal: {places}", "dim", hang=9)
