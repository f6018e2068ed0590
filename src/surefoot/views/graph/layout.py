"""The layout of a graph: layer below layer, arrows as straight and uncrossed as a few sweeps make them.

Places have no unit: columns of a terminal or pixels of an image. An arrow that passes layers gets a place in each.
"""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.core.record import record
from surefoot.views.graph.picture import Picture

_SWEEPS = 6


@record(frozen=False, kw_only=False)
class Spot:
    """A place in a layer: a box, or where an arrow passes."""

    box: int | None
    """Which box; None: an arrow passes."""
    width: float
    x: float = 0.0
    """Its middle."""


@record
class Layout:
    """The layers from top to bottom, each from left to right, and what leads from one to the next."""

    layers: tuple[tuple[Spot, ...], ...]
    links: tuple[tuple[tuple[int, int], ...], ...]
    """For each layer but the last: from which spot to which of the next one, by number."""
    width: float
    """From the left of the leftmost to the right of the rightmost, which begins at 0."""


def layout_of(picture: Picture, widths: Sequence[float], gap: float, passing: float) -> Layout:
    """Place the boxes.

    Args:
        picture: What to place.
        widths: Of each box.
        gap: What is left free between neighbours.
        passing: How wide a place is where an arrow passes.
    """
    layers, links = _layered(picture, widths, passing)
    for sweep in range(_SWEEPS):
        _order_by_neighbours(layers, links, is_down=sweep % 2 == 0)
    for layer in layers:  # side by side, their middle at 0
        at = -(sum(spot.width for spot in layer) + gap * (len(layer) - 1)) / 2
        for spot in layer:
            spot.x = at + spot.width / 2
            at += spot.width + gap
    for sweep in range(_SWEEPS):
        _align(layers, links, gap, is_down=sweep % 2 == 0)
    left = min((spot.x - spot.width / 2 for layer in layers for spot in layer), default=0.0)
    for layer in layers:
        for spot in layer:
            spot.x -= left
    width = max((spot.x + spot.width / 2 for layer in layers for spot in layer), default=0.0)
    return Layout(layers=tuple(map(tuple, layers)), links=tuple(map(tuple, links)), width=width)


def packed_width(picture: Picture, widths: Sequence[float], gap: float, passing: float) -> float:
    """Return how wide the widest layer is at least."""
    layers, _ = _layered(picture, widths, passing)
    return max((sum(spot.width for spot in layer) + gap * (len(layer) - 1) for layer in layers), default=0.0)


_Links = list[list[tuple[int, int]]]


def _layered(picture: Picture, widths: Sequence[float], passing: float) -> tuple[list[list[Spot]], _Links]:
    layers: list[list[Spot]] = []
    place: dict[int, int] = {}
    for members in picture.layers:
        place |= {box: at for at, box in enumerate(members)}
        layers.append([Spot(box, widths[box]) for box in members])
    links: _Links = [[] for _ in layers[:-1]]
    way: dict[tuple[int, int], int] = {}
    for start, end in picture.arrows:
        at = place[start]
        for depth in range(picture.depths[start], picture.depths[end] - 1):
            # Arrows from one box share their way for as long as they go together.
            key = (start, depth + 1)
            if key not in way:
                layers[depth + 1].append(Spot(None, passing))
                way[key] = len(layers[depth + 1]) - 1
                links[depth].append((at, way[key]))
            at = way[key]
        links[picture.depths[end] - 1].append((at, place[end]))
    return layers, links


def _order_by_neighbours(layers: list[list[Spot]], links: _Links, *, is_down: bool) -> None:
    """Sort each layer by the middle of what its spots are linked with in the layer before (or, upwards, behind)."""
    depths = range(1, len(layers)) if is_down else range(len(layers) - 2, -1, -1)
    for depth in depths:
        near = _near(links, depth, is_down=is_down)
        middle = [sum(near[at]) / len(near[at]) if at in near else float(at) for at in range(len(layers[depth]))]
        order = sorted(range(len(layers[depth])), key=lambda at: (middle[at], at))
        layers[depth] = [layers[depth][at] for at in order]
        new = {old: at for at, old in enumerate(order)}
        if depth > 0:
            links[depth - 1] = [(start, new[end]) for start, end in links[depth - 1]]
        if depth < len(links):
            links[depth] = [(new[start], end) for start, end in links[depth]]


def _near(links: _Links, depth: int, *, is_down: bool) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for start, end in links[depth - 1] if is_down else links[depth]:
        here, there = (end, start) if is_down else (start, end)
        found.setdefault(here, []).append(there)
    return found


def _align(layers: list[list[Spot]], links: _Links, gap: float, *, is_down: bool) -> None:
    """Move each spot towards what it is linked with, as far as its neighbours let it."""
    depths = range(1, len(layers)) if is_down else range(len(layers) - 2, -1, -1)
    for depth in depths:
        layer, other = layers[depth], layers[depth - 1 if is_down else depth + 1]
        near = _near(links, depth, is_down=is_down)
        wished = [
            sum(other[there].x for there in near[at]) / len(near[at]) if at in near else spot.x
            for at, spot in enumerate(layer)
        ]
        leftmost, rightmost = list(wished), list(wished)
        for at in range(1, len(layer)):
            apart = (layer[at - 1].width + layer[at].width) / 2 + gap
            leftmost[at] = max(leftmost[at], leftmost[at - 1] + apart)
        for at in range(len(layer) - 2, -1, -1):
            apart = (layer[at].width + layer[at + 1].width) / 2 + gap
            rightmost[at] = min(rightmost[at], rightmost[at + 1] - apart)
        for at, spot in enumerate(layer):
            spot.x = (leftmost[at] + rightmost[at]) / 2
