"""`show --graph`: the steps of a run as boxes and arrows, with where each stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from surefoot.api.home import Home
from surefoot.api.queries import report as read_report
from surefoot.cli.drawings import drawings
from surefoot.cli.graph_boxes import PLAIN
from surefoot.cli.optional_file import refuse_two_drawings
from surefoot.cli.options import Given
from surefoot.cli.overview import engine_of
from surefoot.cli.report_page import section_lines
from surefoot.cli.screen import Screen
from surefoot.cli.sequence import graph_lines
from surefoot.core.ids import RunId
from surefoot.views.graph.picture import Picture
from surefoot.views.graph.run_picture import picture_of_run
from surefoot.views.lines import EMPTY, Line, one_line
from surefoot.views.report_sections import Section, queue_rows, standing

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import Report

SCHEMA = "surefoot.graph/1"
_MARKS = {
    "verified": "✓",
    "unproved": "✓",
    "running": "▶",
    "waiting": "?",
    "failed": "✗",
    "in_doubt": "?",
    "skipped": "-",
    "blocked": "-",
    "cancelled": "-",
}
_LEGEND = "✓ done  ▶ under way  ? asks somebody  ✗ failed  - left out"


def show_graph(home: Home, run: RunId, given: Given, screen: Screen) -> None:
    """Draw the graph of a run.

    Raises:
        UsageError: the image cannot be written, or two drawings are wanted of standard output.
    """
    refuse_two_drawings(given.svg, is_mermaid=given.mermaid, is_json=screen.is_json)
    report, engine = read_report(home, run), engine_of(home, run)
    picture = picture_of_run(home.state(run), report)
    drawn = drawings(given, picture, one_line(report["goal"]), f"Run {run}: {standing(report, engine)}")
    if screen.is_json:
        boxes = [{"id": box.label, "state": box.state, "said": box.said} for box in picture.boxes]
        arrows = [(picture.boxes[start].label, picture.boxes[end].label) for start, end in picture.arrows]
        screen.document({"schema": SCHEMA, "run": run, "steps": boxes, "arrows": arrows, **drawn})
    elif drawn:
        screen.text("".join(drawn.values()))
    elif given.svg is not None:
        screen.show([Line(f"Drew the graph into {given.svg}.")])
    else:
        screen.page(_lines(picture, report, engine, screen))


def _lines(picture: Picture, report: Report, engine: str | None, screen: Screen) -> Iterator[Line]:
    """Yield the graph in letters, and what waits."""
    is_ascii = not screen.draws_lines
    marked = [replace(one, label=f"{_MARKS.get(one.state, ' ')} {one.label}".strip()) for one in picture.boxes]
    yield Line(f"Run {report['run']}: {standing(report, engine)}", "head")
    yield from graph_lines(replace(picture, boxes=tuple(marked)), screen.width, is_ascii=is_ascii)
    yield Line(_LEGEND.translate(PLAIN) if is_ascii else _LEGEND, "dim")
    if rows := queue_rows(report):
        yield EMPTY
        yield from section_lines(Section(title="Merge queue", rows=rows))
