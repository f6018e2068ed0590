"""The picture of the page: how long each request of one run is, in each way, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from bench.plot import COLOURS, DARK, STYLE

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 820, 360, 70, 150, 56, 44


def drawn(title: str, lines: Mapping[str, Sequence[int]]) -> str:
    """Return the picture: one line a way, tokens over requests."""
    most = max(max(values) for values in lines.values())
    count = max(len(values) for values in lines.values())
    step = _step(most)
    top = (most // step + 1) * step

    def x(at: float) -> float:
        return _LEFT + at * (_WIDTH - _LEFT - _RIGHT) / max(1, count - 1)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - value * (_HEIGHT - _TOP - _BOTTOM) / top

    body: list[str] = []
    for value in range(0, top + 1, step):
        body.append(
            f'<line class="line" x1="{_LEFT}" y1="{y(value):.1f}" x2="{x(count - 1):.1f}" y2="{y(value):.1f}"/>'
        )
        body.append(f'<text class="mute" x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:,}</text>')
    last = 0.0
    for at, (name, values) in enumerate(sorted(lines.items(), key=lambda one: one[1][-1])):
        points = " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in enumerate(values))
        body.append(f'<polyline class="way{at}" points="{points}"/>')
        label = y(values[-1]) if not at else min(y(values[-1]), last - 15)
        last = label
        body.append(f'<text x="{x(len(values) - 1) + 8:.1f}" y="{label + 4:.1f}">{escape(name)}</text>')
    body.append(
        f'<text class="mute" x="{_LEFT}" y="{_HEIGHT - 14}">tokens of each request, from the first to the last</text>'
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
    card = f'<rect class="card" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
    caption = f'<text class="title" x="16" y="26">{escape(title)}</text>'
    shown = [head, f"<title>{escape(title)}</title>", f"<style>\n{_style()}</style>", card, caption, *body, "</svg>"]
    return "\n".join(shown) + "\n"


def _step(most: int) -> int:
    """Return a round distance between lines, so that there are four to eight."""
    return next(step for step in (1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, most) if most / step <= 8)


def _style() -> str:
    def colours(which: int) -> str:
        return "".join(
            f".way{at} {{ fill: none; stroke: {pair[which]}; stroke-width: 2; }}\n" for at, pair in enumerate(COLOURS)
        )

    return f"{STYLE}{colours(0)}@media (prefers-color-scheme: dark) {{\n{DARK}{colours(1)}}}\n"
