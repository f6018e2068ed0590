"""`status`, `ls`, `report`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from surefoot.api.home import Home
from surefoot.api.queries import RunSummary, runs
from surefoot.api.queries import report as read_report
from surefoot.cli.lookup import find_run, root_of
from surefoot.cli.report_page import head_lines, next_lines, report_lines, report_markdown, section_lines
from surefoot.cli.screen import Screen
from surefoot.core.ids import RunId
from surefoot.views.lines import EMPTY, Line, one_line, size_said
from surefoot.views.report_sections import Section, asking_rows, question_row, queue_rows, style_of

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import Report

RUNS_SCHEMA = "surefoot.runs/1"
_STATUS = (
    *("run", "goal", "state", "outcome", "reason", "phase", "selection", "counts", "queue", "questions", "asking"),
    "next",
)
"""The keys of a report that `status --json` has."""


def engine_of(home: Home, run: RunId) -> str | None:
    """Say which engine is at work on a run; None: none is."""
    holder = home.holder(run)
    return None if holder is None else f"pid {holder.pid} on {holder.host}"


def status(name: str | None, repo: Path | None, screen: Screen) -> int:
    """Show in short where a run stands."""
    with Home() as home:
        run = find_run(home, name, repo)
        report, engine = read_report(home, run), engine_of(home, run)
    if screen.is_json:
        screen.document({key: value for key, value in report.items() if key in _STATUS} | {"engine": engine})
    screen.show(status_lines(report, engine))
    return 0


def status_lines(report: Report, engine: str | None) -> Iterator[Line]:
    """Yield the short answer to where a run stands."""
    yield from head_lines(report, engine)
    if report["questions"]:
        yield EMPTY
        yield from section_lines(Section(title="Questions", rows=[question_row(one) for one in report["questions"]]))
        yield EMPTY
    waits = queue_rows(report)
    if waits:
        yield EMPTY
        yield from section_lines(Section(title="Merge queue", rows=waits))
        yield EMPTY
    rows = asking_rows(report, is_short=True)
    if rows:
        yield from section_lines(Section(title="Asking", rows=rows))
        yield EMPTY
    yield from next_lines(report, engine)


def list_runs(repo: Path | None, screen: Screen) -> int:
    """List all runs, or those of one repository."""
    root = None if repo is None else str(root_of(repo))
    with Home() as home:
        found = [summary for summary in runs(home) if root in (None, summary.repository)]
    if screen.is_json:
        screen.document({"schema": RUNS_SCHEMA, "runs": [asdict(summary) for summary in found]})
    screen.show(run_lines(found))
    return 0


def run_lines(found: Sequence[RunSummary]) -> Iterator[Line]:
    """Yield a line for each run."""
    if not found:
        yield Line("There is no run yet; `surefoot run PLAN` starts one.")
    words = [(one.outcome or one.state).replace("_", " ") for one in found]
    widest = max(map(len, words), default=0)
    for one, word in zip(found, words, strict=True):
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created_at))
        where = Path(one.repository).name if one.repository else "-"
        done = f"{one.verified}/{one.steps}"
        size = "-" if one.size_bytes is None else size_said(one.size_bytes)
        text = f"{one.run}  {word:<{widest}}  {done:>7}  {size:>9}  {when}  {where}  {one_line(one.goal)}"
        style = style_of(one.outcome or one.state)
        yield Line(text, style, hang=4, styled=len(one.run) + 2 + len(word) if style else None)


def report(name: str | None, repo: Path | None, screen: Screen, *, markdown: bool, is_long: bool) -> int:
    """Print the report of a run."""
    with Home() as home:
        run = find_run(home, name, repo)
        found, engine = read_report(home, run), engine_of(home, run)
    if screen.is_json:
        screen.document(found)
    elif markdown:
        screen.text(report_markdown(found))
    else:
        screen.show(report_lines(found, is_long=is_long, engine=engine))
    return 0
