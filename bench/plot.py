"""The plot of the page: bars on a logarithmic scale, as SVG that follows the reader's light or dark background."""

from __future__ import annotations

import math
from pathlib import Path
from xml.sax.saxutils import escape

from bench.measuring import Bars, number

WIDTH, LEFT, RIGHT, TOP, BAR, GAP = 820, 190, 90, 56, 20, 22
COLOURS = (("#8c959f", "#7d8590"), ("#1f6feb", "#58a6ff"), ("#c4851c", "#d29922"), ("#8250df", "#a371f7"))
STYLE = """text { font: 12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
text { fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.group { font-weight: 600; }
.mute { fill: #59636e; }
.card { fill: #ffffff; }
.line { stroke: #d8dee4; }
"""
DARK = """text { fill: #e6edf3; }
.mute { fill: #9198a1; }
.card { fill: #0d1117; }
.line { stroke: #2a313a; }
"""


def draw(bars: Bars, path: Path) -> None:
    """Write the plot to `path`."""
    values = [value for group in bars.groups.values() for value in group.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    unit = (WIDTH - LEFT - RIGHT) / (high - low)
    height = TOP + sum(BAR * len(group) + GAP for group in bars.groups.values()) + 34
    body = [*_scale(low, high, unit, height), *_bars(bars, low, unit)]
    body.append(f'<text class="mute" x="{LEFT}" y="{height - 6}">{escape(bars.unit)}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    title = f"<title>{escape(bars.title)}</title>"
    card = f'<rect class="card" width="{WIDTH}" height="{height}" rx="6"/>'
    caption = f'<text class="title" x="16" y="26">{escape(bars.title)}</text>'
    lines = [head, title, f"<style>\n{_style()}</style>", card, caption, *body, "</svg>"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _style() -> str:
    light = "".join(f".bar{at} {{ fill: {colour}; }}\n" for at, (colour, _) in enumerate(COLOURS))
    dark = "".join(f".bar{at} {{ fill: {colour}; }}\n" for at, (_, colour) in enumerate(COLOURS))
    return f"{STYLE}{light}@media (prefers-color-scheme: dark) {{\n{DARK}{dark}}}\n"


def _scale(low: int, high: int, unit: float, height: int) -> list[str]:
    lines: list[str] = []
    for power in range(low, high + 1):
        x = LEFT + (power - low) * unit
        lines.append(f'<line class="line" x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{height - 38}"/>')
        lines.append(
            f'<text class="mute" x="{x:.1f}" y="{height - 24}" text-anchor="middle">{number(10.0**power)}</text>'
        )
    return lines


def _bars(bars: Bars, low: int, unit: float) -> list[str]:
    lines: list[str] = []
    y = TOP
    for group, values in bars.groups.items():
        lines.append(f'<text class="group" x="16" y="{y + 14}">{escape(group)}</text>')
        for at, (name, value) in enumerate(values.items()):
            length = max(1.0, (math.log10(value) - low) * unit)
            lines.append(f'<rect class="bar{at}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 4}" rx="2"/>')
            label = f"{escape(name)} {number(value)}"
            lines.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + 13}">{label}</text>')
            y += BAR
        y += GAP
    return lines
