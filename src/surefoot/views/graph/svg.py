"""The graph of a plan or of a run as a self-contained SVG image, readable on light and dark ground."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import accumulate
from unicodedata import combining, east_asian_width

from surefoot.views.graph.layout import Layout, layout_of, packed_width
from surefoot.views.graph.picture import Box, Picture, folded

_WIDTH_MOST = 6000.0
_BOXES_MOST = 600
_CHARACTER, _PAD, _GAP, _PASSING = 7.3, 14.0, 22.0, 10.0
_HEIGHT, _BETWEEN, _MARGIN, _HEAD = 34.0, 46.0, 20.0, 44.0
_SAID_HEIGHT = 14.0
"""So much higher are boxes with a second line."""
_SAID_SHARE = 10 / 12
"""The size of its letters over those of the first."""
_LABEL_MOST = 40
_STYLE = """
  :root { color-scheme: light dark; }
  .ground { fill: #ffffff; } .box { fill: #f4f6f8; stroke: #57606a; stroke-width: 1.2; }
  .group { fill: #eaf2fb; } .ask { fill: #fdf3da; } .folded { fill: #ececec; }
  .outside { stroke: #b35900; stroke-dasharray: 5 3; stroke-width: 1.8; }
  .critical { stroke: #0b5cad; stroke-width: 3; }
  .verified { stroke: #1a7f37; } .failed, .in_doubt { stroke: #cf222e; } .running { stroke: #0b5cad; }
  .unproved, .waiting, .blocked { stroke: #9a6700; } .said { font-size: 10px; }
  .arrow { fill: none; stroke: #7d8590; stroke-width: 1.3; } .tip { fill: #7d8590; }
  text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; }
  .head { font-weight: bold; font-size: 14px; } .more { fill: #57606a; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } .box { fill: #1c2128; stroke: #9ea7b3; }
    .group { fill: #16263b; } .ask { fill: #37290f; } .folded { fill: #262c36; }
    .outside { stroke: #f0a050; } .critical { stroke: #58a6ff; }
    .verified { stroke: #3fb950; } .failed, .in_doubt { stroke: #f85149; } .running { stroke: #58a6ff; }
    .unproved, .waiting, .blocked { stroke: #d29922; }
    .arrow { stroke: #8b949e; } .tip { fill: #8b949e; } text { fill: #e6edf3; } .more { fill: #9ea7b3; }
  }
"""


def svg(picture: Picture, title: str, caption: str) -> str:
    """Return the image; a very large graph is folded."""

    def fits(one: Picture) -> bool:
        is_few = len(one.boxes) <= _BOXES_MOST
        return is_few and packed_width(one, [_width(box) for box in one.boxes], _GAP, _PASSING) <= _WIDTH_MOST

    shown = folded(picture, fits)
    layout = layout_of(shown, [_width(box) for box in shown.boxes], _GAP, _PASSING)
    wide = max(layout.width, 7.6 * _columns_of(_short(title, 90)), 6.6 * _columns_of(caption)) + 2 * _MARGIN
    height = _HEIGHT + (_SAID_HEIGHT if any(box.said for box in shown.boxes) else 0)
    high = _HEAD + len(layout.layers) * (height + _BETWEEN) - _BETWEEN + 2 * _MARGIN
    left = (wide - layout.width) / 2
    size = f'viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" height="{high:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title caption">',
        f'<title id="title">{_escaped(title)}</title>',
        f'<desc id="caption">{_escaped(caption)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{wide:.0f}" height="{high:.0f}"/>',
        f'<text class="head" x="{_MARGIN:.0f}" y="{_MARGIN + 8:.0f}">{_escaped(_short(title, 90))}</text>',
        f'<text class="more" x="{_MARGIN:.0f}" y="{_MARGIN + 28:.0f}">{_escaped(caption)}</text>',
        *_arrows(layout, left, height),
        *_boxes(shown, layout, left, height),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _width(box: Box) -> float:
    columns = max(_columns_of(box.label), _columns_of(box.said) * _SAID_SHARE)
    return min(columns, _LABEL_MOST) * _CHARACTER + 2 * _PAD


def _columns_of(text: str) -> int:
    """Return how many columns a text takes in a font of one width."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _short(text: str, most: int) -> str:
    if _columns_of(text) <= most:
        return text
    fitting = sum(columns < most for columns in accumulate(map(_columns_of, text)))
    return f"{text[:fitting].rstrip()}…"


def _escaped(text: str) -> str:
    """Return text as XML can hold it."""
    whole = "".join(char if char >= " " or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text)
    return escape(whole.encode("utf-8", "replace").decode("utf-8"))


def _top(depth: int, height: float) -> float:
    return _MARGIN + _HEAD + depth * (height + _BETWEEN)


def _arrows(layout: Layout, left: float, height: float) -> Iterator[str]:
    for depth, links in enumerate(layout.links):
        y, bend = _top(depth, height) + height, _BETWEEN / 2
        for start, end in links:
            above, below = layout.layers[depth][start], layout.layers[depth + 1][end]
            x, to = above.x + left, below.x + left
            bottom = _top(depth + 1, height) - (6 if below.box is not None else 0)
            begin = f"M{x:.1f} {y - (height if above.box is None else 0):.1f} L{x:.1f} {y:.1f}"
            curve = f"C{x:.1f} {y + bend:.1f} {to:.1f} {bottom - bend:.1f} {to:.1f} {bottom:.1f}"
            tip = f'<path class="tip" d="M{to - 4:.1f} {bottom - 1:.1f} h8 l-4 7 z"/>' if below.box is not None else ""
            yield f'<path class="arrow" d="{begin} {curve}"/>{tip}'


def _boxes(picture: Picture, layout: Layout, left: float, height: float) -> Iterator[str]:
    for depth, layer in enumerate(layout.layers):
        for spot in layer:
            if spot.box is None:
                continue
            box, middle, top = picture.boxes[spot.box], spot.x + left, _top(depth, height)
            marks = f" {box.state}" * bool(box.state) + " outside" * box.is_outside + " critical" * box.is_critical
            place = f'x="{middle - spot.width / 2:.1f}" y="{top:.1f}" width="{spot.width:.1f}" height="{height:.0f}"'
            label = _escaped(_short(box.label, _LABEL_MOST))
            line = top + (height - _SAID_HEIGHT * bool(box.said)) / 2 + 4
            said = _escaped(_short(box.said, int(_LABEL_MOST / _SAID_SHARE)))
            below = f'<text class="more said" x="{middle:.1f}" y="{line + 15:.1f}" text-anchor="middle">{said}</text>'
            yield (
                f'<g><title>{_escaped(box.tip())}</title><rect class="box {box.kind}{marks}" rx="5" {place}/>'
                f'<text x="{middle:.1f}" y="{line:.1f}" text-anchor="middle">{label}</text>{below * bool(said)}</g>'
            )
