"""`stats`: figures over all runs: failures by name, what helped after them, proofs, attempts and cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from surefoot.api.home import Home
from surefoot.api.stats import Stats, stats
from surefoot.cli.cost import bar_of
from surefoot.cli.exits import FOUND_NOTHING
from surefoot.cli.lookup import root_of
from surefoot.cli.optional_file import STANDARD_OUTPUT, write_drawing
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.money import money
from surefoot.core.run_stats import Figures
from surefoot.core.short_text import counted
from surefoot.views.lines import EMPTY, Line, one_line, tokens
from surefoot.views.stats_bars import Bar, bars_of

SCHEMA = "surefoot.stats/1"
_SIDES = {"kind": "By step kind", "model": "By model", "repository": "By repository"}
_NAME_MOST = 48


def show_stats(given: Given, screen: Screen) -> int:
    """Show the figures of all runs, or of those of one repository.

    Raises:
        UsageError: the picture cannot be written.
    """
    from surefoot.views.stats_picture import svg

    with Home() as home:
        found = stats(home, None if given.repo is None else root_of(given.repo))
    drawn: dict[str, str] = {}
    if given.svg == STANDARD_OUTPUT:
        drawn["svg"] = svg(found)
    elif given.svg is not None:
        write_drawing(given.svg, svg(found))
    if screen.is_json:
        screen.document({**_document(found), **drawn})
    elif drawn:
        screen.text(drawn["svg"])
    else:
        screen.page(stats_lines(found, is_ascii=not screen.draws_lines))
        if given.svg is not None:
            screen.show([Line(f"Drew the figures into {given.svg}.")])
    return FOUND_NOTHING


def _document(found: Stats) -> dict[str, Any]:
    by = {side: [{"name": name, **_figures(one)} for name, one in rows.items()] for side, rows in found.by.items()}
    return {"schema": SCHEMA, "runs": found.runs, "total": _figures(found.total), "by": by}


def _figures(found: Figures) -> dict[str, Any]:
    recoveries = {move: {"helped": helped, "tried": tried} for move, (helped, tried) in found.recoveries.items()}
    return {**asdict(found), "recoveries": recoveries, "cost_usd": round(found.cost_usd, 6)}


def stats_lines(found: Stats, *, is_ascii: bool) -> Iterator[Line]:
    """Yield what there is in all, then each figure as bars, then each side."""
    runs = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in found.runs.items())
    yield Line(f"{counted(sum(found.runs.values()), 'run')}{f': {runs}' if runs else ''}", "head", hang=2)
    if not found.total.steps:
        yield Line("No step was tried yet.")
        return
    yield Line(_said(found.total), hang=2)
    for title, bars in bars_of(found.total).items():
        yield from (EMPTY, Line(title, "head"), *_bar_lines(bars, is_ascii=is_ascii))
    for side, title in _SIDES.items():
        if rows := found.by[side]:
            yield from (EMPTY, Line(title, "head"), *_side_lines(rows))


def _bar_lines(bars: list[Bar], *, is_ascii: bool) -> Iterator[Line]:
    widest = max((len(one.name) for one in bars), default=0)
    if not bars:
        yield Line("  none", "dim")
    for one in bars:
        yield Line(f"  {one.name:<{widest}}  {bar_of(one.share, is_ascii=is_ascii)}  {one.said}", hang=4)


def _side_lines(rows: Mapping[str, Figures]) -> Iterator[Line]:
    for name, one in rows.items():
        shown = one_line(name)
        shown = shown if len(shown) <= _NAME_MOST else f"…{shown[1 - _NAME_MOST :]}"
        yield Line(f"  {shown}: {_said(one)}", hang=4)


def _said(found: Figures) -> str:
    parts = [f"{counted(found.steps, 'step')} tried", f"{found.verified} verified"]
    parts += [f"{found.failed} failed"] if found.failed else []
    parts.append(f"{found.attempts / found.steps:.2f} attempts a step")
    if found.tokens:
        parts += [tokens(found.tokens), money(found.cost_usd)]
    return ", ".join(parts)
