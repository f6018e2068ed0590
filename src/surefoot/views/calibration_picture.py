"""Stated confidence against what was found as a self-contained SVG image, readable on light and dark ground."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from surefoot.core.calibration import Bin, Calibration

_WIDE, _HIGH, _LEFT, _TOP, _SIDE = 480, 480, 60, 50, 380
_STYLE = """
  :root { color-scheme: light dark; }
  .ground { fill: #ffffff; } .bar { fill: #0b5cad; } .line { stroke: #6b7280; stroke-dasharray: 4 4; }
  .axis { stroke: #6b7280; fill: none; }
  text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; }
  .head { font-weight: bold; font-size: 14px; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } .bar { fill: #58a6ff; } text { fill: #e6edf3; }
  }
"""


def svg(found: Calibration) -> str:
    """Return the image: a bar for each bin, as high as the share that is right; on the dashed line all is as stated."""
    brier = "" if found.brier is None else f", Brier score {found.brier:.3f}"
    title = f"{found.right} of {found.labelled} claims right{brier}"
    bottom = _TOP + _SIDE
    size = f'viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" height="{_HIGH}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title)}</title>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDE}" height="{_HIGH}"/>',
        f'<text class="head" x="{_LEFT}" y="30">{escape(title)}</text>',
        f'<rect class="axis" x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}"/>',
        *(line for one in found.bins if one.labelled for line in _drawn(one)),
        f'<line class="line" x1="{_LEFT}" y1="{bottom}" x2="{_LEFT + _SIDE}" y2="{_TOP}"/>',
        *(
            f'<text x="{_LEFT + share * _SIDE - 12:.0f}" y="{bottom + 18}">{share:.0%}</text>'
            f'<text x="{_LEFT - 44}" y="{bottom - share * _SIDE + 4:.0f}">{share:>4.0%}</text>'
            for share in (0.0, 0.5, 1.0)
        ),
        f'<text x="{_LEFT}" y="{bottom + 38}">stated confidence; upwards: share that is right</text>',
    ]
    return "\n".join([*lines, "</svg>", ""])


def _drawn(one: Bin) -> Iterator[str]:
    share, wide = one.right / one.labelled, (one.high - one.low) * _SIDE
    left, top = _LEFT + one.low * _SIDE, _TOP + (1 - share) * _SIDE
    high = max(share * _SIDE, 1.0)
    yield f'<rect class="bar" x="{left + 2:.1f}" y="{top:.1f}" width="{wide - 4:.1f}" height="{high:.1f}"/>'
    yield f'<text x="{left + 4:.1f}" y="{max(top - 4, _TOP + 12):.1f}">{one.labelled}</text>'
