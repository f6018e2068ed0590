"""`surefoot health`: what stands still, waits too long or is about to reach a limit, over all runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict

from surefoot.api.health import DEAD, Health, Trouble, dead_notices, health
from surefoot.api.home import Home
from surefoot.api.notifier import send_again, tell_of
from surefoot.cli.exits import FOUND_NOTHING, FOUND_PROBLEMS
from surefoot.cli.lookup import root_of
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.short_text import counted
from surefoot.errors import UsageError
from surefoot.settings import load_settings, user_file
from surefoot.views.lines import Line, Style, duration, one_line, size_said

SCHEMA = "surefoot.health/1"
_STYLES: dict[Trouble, Style] = {Trouble.WAITING: "", Trouble.FAILED: "bad", Trouble.PARTIAL: "warn"}


def show_health(given: Given, screen: Screen) -> int:
    """Look at all runs, or at those of one repository; the exit status is 1 where something stands still.

    Raises:
        UsageError: it is to be told, and no settings say where.
    """
    with Home() as home:
        found = health(home, None if given.repo is None else root_of(given.repo))
        if given.notifies:
            targets = load_settings(None).targets
            if not targets:
                raise UsageError(f"no settings say where notices go; add [[notify]] to {user_file()}")
            for run in dict.fromkeys(one.run for one in found.symptoms if one.trouble is Trouble.UNSENT):
                asyncio.run(send_again(home, run, targets))
            for failed in tell_of(home, targets, dead_notices(home, found)):
                screen.note([Line(f"a notice was not sent: {failed}", "warn", hang=2)])
    if screen.is_json:
        screen.document({"schema": SCHEMA, **asdict(found)})
    screen.show(health_lines(found))
    return FOUND_PROBLEMS if any(one.trouble in DEAD for one in found.symptoms) else FOUND_NOTHING


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
