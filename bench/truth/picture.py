"""The picture of the page: of the right results, how many are kept, over the share that is wrong; as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from bench.plot import COLOURS, DARK, STYLE
from bench.truth.counting import KEPT_MIN, WRONG_MAX

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 820, 420, 60, 240, 56, 60
_X_MAX = 0.35
_MORE = (("#d1242f", "#f85149"), ("#1a7f37", "#3fb950"), ("#bf3989", "#db61a2"))
Point = tuple[str, float, float]
"""Its label, the wrong share, the kept share."""


def drawn(title: str, lines: Mapping[str, Sequence[Point]]) -> str:
    """Return the picture: a line for each way, with a point for each setting of it."""
    body = [*_goal(), *_scale()]
    for at, (name, points) in enumerate(lines.items()):
        places = [(_x(wrong), _y(kept)) for _, wrong, kept in points]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        body.append(f'<polyline class="way{at}" points="{joined}"/>')
        for (label, wrong, kept), (x, y) in zip(points, places, strict=True):
            told = f"{escape(label)}: {100 * wrong:.1f} % wrong, {100 * kept:.0f} % of the right ones kept"
            body.append(f'<circle class="dot{at}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"><title>{told}</title></circle>')
        y = _TOP + 20 + 22 * at
        body.append(f'<circle class="dot{at}" cx="{_WIDTH - _RIGHT + 26}" cy="{y - 4}" r="4.5"/>')
        body.append(f'<text x="{_WIDTH - _RIGHT + 38}" y="{y}">{escape(name)}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
    card = f'<rect class="card" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
    caption = f'<text class="title" x="16" y="26">{escape(title)}</text>'
    shown = [head, f"<title>{escape(title)}</title>", f"<style>\n{_style()}</style>", card, caption, *body, "</svg>"]
    return "\n".join(shown) + "\n"


def _x(wrong: float) -> float:
    return _LEFT + min(wrong, _X_MAX) * (_WIDTH - _LEFT - _RIGHT) / _X_MAX


def _y(kept: float) -> float:
    return _HEIGHT - _BOTTOM - kept * (_HEIGHT - _TOP - _BOTTOM)


def _goal() -> list[str]:
    x, y = _x(0), _y(1)
    return [
        f'<rect class="goal" x="{x:.1f}" y="{y:.1f}" width="{_x(WRONG_MAX) - x:.1f}" height="{_y(KEPT_MIN) - y:.1f}"/>',
        f'<text class="mute" x="{x + 4:.1f}" y="{_y(KEPT_MIN) + 15:.1f}">goal</text>',
    ]


def _scale() -> list[str]:
    lines: list[str] = []
    for percent in range(0, 101, 20):
        y = _y(percent / 100)
        lines.append(f'<line class="line" x1="{_LEFT}" y1="{y:.1f}" x2="{_x(_X_MAX):.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text class="mute" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    for percent in range(0, round(100 * _X_MAX) + 1, 5):
        x = _x(percent / 100)
        lines.append(f'<text class="mute" x="{x:.1f}" y="{_y(0) + 18:.1f}" text-anchor="middle">{percent} %</text>')
    told = "across: wrong, of what is accepted; upward: accepted, of the right ones"
    lines.append(f'<text class="mute" x="{_LEFT}" y="{_HEIGHT - 14}">{told}</text>')
    return lines


def _style() -> str:
    def colours(which: int) -> str:
        pairs = [pair[which] for pair in (*COLOURS, *_MORE)]
        lines = (f".way{at} {{ fill: none; stroke: {one}; stroke-width: 2; }}\n" for at, one in enumerate(pairs))
        dots = (f".dot{at} {{ fill: {one}; }}\n" for at, one in enumerate(pairs))
        return "".join((*lines, *dots))

    goal = ".goal { fill: #1a7f37; fill-opacity: 0.15; }\n"
    return f"{STYLE}{goal}{colours(0)}@media (prefers-color-scheme: dark) {{\n{DARK}{colours(1)}}}\n"
