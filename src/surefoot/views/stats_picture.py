"""Figures over runs as a self-contained SVG image, readable on light and dark ground."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from surefoot.api.stats import Stats
from surefoot.core.short_text import counted
from surefoot.views.stats_bars import Bar, bars_of

_ROW, _MARGIN, _NAMES, _BAR, _WIDE = 22, 20, 190, 320, 640
_STYLE = """
  :root { color-scheme: light dark; }
  .ground { fill: #ffffff; } .bar { fill: #0b5cad; } .whole { fill: #e6eaef; }
  text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; }
  .head { font-weight: bold; font-size: 14px; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } .bar { fill: #58a6ff; } .whole { fill: #262c36; } text { fill: #e6edf3; }
  }
"""


def svg(found: Stats) -> str:
    """Return the image: a group of bars for each figure."""
    steps, runs = counted(found.total.steps, "step"), counted(sum(found.runs.values()), "run")
    title = f"{steps} of {runs}, {found.total.verified} verified"
    rows = list(_rows(found))
    high = 2 * _MARGIN + (len(rows) + 2) * _ROW
    size = f'viewBox="0 0 {_WIDE} {high}" width="{_WIDE}" height="{high}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title)}</title>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDE}" height="{high}"/>',
        f'<text class="head" x="{_MARGIN}" y="{_MARGIN + 14}">{escape(title)}</text>',
    ]
    for number, row in enumerate(rows, start=2):
        lines += _drawn(row, _MARGIN + number * _ROW)
    return "\n".join([*lines, "</svg>", ""])


def _rows(found: Stats) -> Iterator[Bar | str]:
    """Yield titles and bars, from the top to the bottom."""
    for title, bars in bars_of(found.total).items():
        if bars:
            yield from ("", title, *bars)
    for side, figures in found.by.items():
        if figures:
            yield from ("", f"Verified of tried, by {side}")
        for name, one in figures.items():
            yield Bar(name=name, share=one.verified / one.steps, said=f"{one.verified} of {one.steps}")


def _drawn(row: Bar | str, top: int) -> Iterator[str]:
    if isinstance(row, str):
        yield f'<text class="head" x="{_MARGIN}" y="{top + 14}">{escape(row)}</text>'
        return
    left, name = _MARGIN + _NAMES, row.name if len(row.name) <= 24 else f"…{row.name[-23:]}"
    yield f'<text x="{_MARGIN}" y="{top + 14}">{escape(name)}</text>'
    yield f'<rect class="whole" x="{left}" y="{top + 3}" width="{_BAR}" height="{_ROW - 8}"/>'
    yield f'<rect class="bar" x="{left}" y="{top + 3}" width="{row.share * _BAR:.1f}" height="{_ROW - 8}"/>'
    yield f'<text x="{left + _BAR + 10}" y="{top + 14}">{escape(row.said)}</text>'
