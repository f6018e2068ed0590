"""`surefoot health`: what stands still, waits too long or is about to reach a limit, over all runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from surefoot.api.health import Health, Trouble, health
from surefoot.api.home import Home
from surefoot.cli.exits import FOUND_NOTHING, FOUND_PROBLEMS
from surefoot.cli.lookup import root_of
from surefoot.cli.screen import Screen
from surefoot.views.lines import Line, Style, counted, duration, one_line, size_said

SCHEMA = "surefoot.health/1"
_STYLES: dict[Trouble, Style] = {Trouble.WAITING: "", Trouble.FAILED: "bad", Trouble.PARTIAL: "warn"}
_PRESSING = frozenset({Trouble.STOPPED, Trouble.QUIET, Trouble.OVERDUE})


def show_health(repo: Path | None, screen: Screen) -> int:
    """Look at all runs, or at those of one repository; the exit status is 1 where something stands still."""
    with Home() as home:
        found = health(home, None if repo is None else root_of(repo))
    if screen.is_json:
        screen.document({"schema": SCHEMA, **asdict(found)})
    screen.show(health_lines(found))
    return FOUND_PROBLEMS if any(one.trouble in _PRESSING for one in found.symptoms) else FOUND_NOTHING


def health_lines(found: Health) -> Iterator[Line]:
    """Yield what needs somebody, each with its command, then how much there is of everything."""
    if not found.symptoms:
        yield Line("Nothing needs you.", "good")
    for one in found.symptoms:
        since = "" if one.since_s is None else f", for {duration(one.since_s)}"
        text = f"{one.trouble:<8} {one.run}  {one_line(one.text)}{since}"
        yield Line(text, _STYLES.get(one.trouble, "warn"), hang=9, styled=len(one.trouble))
        yield Line(f"{'':<8} do: {one.next}", "head", is_whole=True)
    runs = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in sorted(found.runs.items()))
    yield Line(f"{counted(sum(found.runs.values()), 'run')}{f': {runs}' if runs else ''}", "dim", hang=2)
    sizes = f"journal {size_said(found.journal_bytes)}, folders of runs {size_said(found.lanes_bytes)}"
    yield Line(f"{sizes}, {size_said(found.free_bytes)} left on the disk", "dim", hang=2)
