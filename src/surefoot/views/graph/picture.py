"""A plan's graph as boxes and arrows, with groups folded until it is small enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

from surefoot.core.graph import Graph
from surefoot.core.ids import StepId
from surefoot.core.parallelism import drawn_needs
from surefoot.core.plan import Plan, Step
from surefoot.core.record import record
from surefoot.core.review import Review
from surefoot.core.short_text import shortened
from surefoot.views.lines import duration, one_line

TIMES = "\N{MULTIPLICATION SIGN}"
_LAYERS_MOST = 16
"""Layers that are drawn one by one when nothing else makes a graph small enough."""


@record
class Box:
    """One box: a step, a group, or several of them put together."""

    label: str
    tip: Callable[[], str]
    """Returns more about it, line by line; a drawing of letters does not ask."""
    kind: str
    """`step`, `group`, `ask` or `folded`."""
    size: int = 1
    """How many steps and groups it stands for."""
    is_outside: bool = False
    is_critical: bool = False
    state: str = ""
    """Where the step of a run stands; empty: it is one of a plan, or there are several that do not stand alike."""
    said: str = ""
    """The same in words, with what it waits for."""


@record
class Picture:
    """Boxes and arrows; each arrow leads from a box to a later one."""

    boxes: tuple[Box, ...]
    """Each after those that lead to it."""
    arrows: tuple[tuple[int, int], ...]
    """From which box to which, by number, in order; orders that others bring along are left out."""
    depths: tuple[int, ...] = field(default=())
    """In which layer each box lies."""

    @property
    def layers(self) -> list[list[int]]:
        """Return the boxes of each layer."""
        found: list[list[int]] = [[] for _ in range(max(self.depths, default=-1) + 1)]
        for at, depth in enumerate(self.depths):
            found[depth].append(at)
        return found


def picture_of(plan: Plan, graph: Graph, reviewed: Review) -> Picture:
    """Return the graph of a plan, with a box for each step and group."""
    steps = {step.id: step for step in plan.steps}
    critical = set(reviewed.critical_path.steps) if reviewed.critical_path.seconds > 0 else set[StepId]()
    index = {name: at for at, name in enumerate(graph.order)}
    boxes = tuple(_box(steps[name], graph.needs[name], is_critical=name in critical) for name in graph.order)
    arrows = ((index[need], index[name]) for name, needs in drawn_needs(graph).items() for need in needs)
    return joined_picture(boxes, arrows)


def _box(step: Step, needs: Sequence[StepId], *, is_critical: bool) -> Box:
    each = step.for_each
    number = f" {TIMES}{len(each.items)}" if each is not None and each.items is not None else f" {TIMES}…"
    return Box(
        label=one_line(f"{step.id}{number if each is not None else ''}"),
        tip=partial(_tip, step, needs),
        kind=kind_of(step),
        is_outside=step.effect.is_outside,
        is_critical=is_critical,
    )


def kind_of(step: Step) -> str:
    """Return what kind of box stands for a step by itself."""
    return "group" if step.for_each is not None else "step" if step.body.acts else "ask"


def _tip(step: Step, needs: Sequence[StepId]) -> str:
    """Say more about a step, line by line."""
    lines = [
        str(step.id),
        *([step.title] if step.title else []),
        shortened(f"{step.body.kind}: {one_line(step.body.text)}", 120),
        f"effect: {step.effect}",
        *([f"needs: {', '.join(needs[:12])}{' …' if len(needs) > 12 else ''}"] if needs else []),
        *([f"writes: {', '.join(step.writes[:12])}"] if step.writes else []),
        *([f"uses: {', '.join(step.uses)}"] if step.uses else []),
        *([f"estimate: {duration(step.estimate_s)}"] if step.estimate_s is not None else []),
    ]
    return "\n".join(one_line(line) for line in lines if line)


def joined_picture(boxes: Sequence[Box], arrows: Iterable[tuple[int, int]]) -> Picture:
    """Return a picture of boxes that are in order, in layers by what leads to them."""
    unique = tuple(sorted(set(arrows)))
    depths = [0] * len(boxes)
    before: dict[int, list[int]] = {}
    for start, end in unique:
        assert start < end
        before.setdefault(end, []).append(start)
    for at in range(len(boxes)):
        depths[at] = 1 + max((depths[other] for other in before.get(at, ())), default=-1)
    return Picture(boxes=tuple(boxes), arrows=unique, depths=tuple(depths))


# --- folding


def folded(picture: Picture, fits: Callable[[Picture], bool]) -> Picture:
    """Put boxes together, most alike first, until the picture fits; a row of layers is the last resort."""
    for fold in (_siblings, _chains, _siblings, _chains, _siblings):
        if fits(picture):
            return picture
        picture = fold(picture)
    return picture if fits(picture) else _by_layers(picture)


def _siblings(picture: Picture) -> Picture:
    """Put together boxes with the same needs and the same dependants."""
    before, behind = _neighbours(picture)
    alike: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
    for at in range(len(picture.boxes)):
        alike.setdefault((tuple(before[at]), tuple(behind[at])), []).append(at)
    return _joined(picture, {at: members[0] for members in alike.values() for at in members}, " … ")


def _chains(picture: Picture) -> Picture:
    """Put together boxes that can only follow one another."""
    before, behind = _neighbours(picture)
    first = {at: at for at in range(len(picture.boxes))}
    for at in range(len(picture.boxes)):
        if len(before[at]) == 1 and len(behind[before[at][0]]) == 1:
            first[at] = first[before[at][0]]
    return _joined(picture, first, " → ")


def _by_layers(picture: Picture) -> Picture:
    """Put together all boxes of a layer, and neighbouring layers if there are many."""
    together = -(-len(picture.layers) // _LAYERS_MOST)
    first: dict[int, int] = {}
    for at, depth in enumerate(picture.depths):
        first.setdefault(depth // together, at)
    row = _joined(picture, {at: first[depth // together] for at, depth in enumerate(picture.depths)}, " … ")
    return joined_picture(row.boxes, ((at, at + 1) for at in range(len(row.boxes) - 1)))


def _neighbours(picture: Picture) -> tuple[list[list[int]], list[list[int]]]:
    """Return for each box those that lead to it and those that it leads to, in order."""
    before: list[list[int]] = [[] for _ in picture.boxes]
    behind: list[list[int]] = [[] for _ in picture.boxes]
    for start, end in picture.arrows:
        before[end].append(start)
        behind[start].append(end)
    return before, behind


def _joined(picture: Picture, first: Mapping[int, int], sign: str) -> Picture:
    """Put boxes together that have the same first one."""
    members: dict[int, list[int]] = {}
    for at in range(len(picture.boxes)):
        members.setdefault(first[at], []).append(at)
    if len(members) == len(picture.boxes):
        return picture
    depth = {start: max(picture.depths[at] for at in every) for start, every in members.items()}
    order = sorted(members, key=lambda start: (depth[start], start))
    number = {start: at for at, start in enumerate(order)}
    boxes = [_together([picture.boxes[at] for at in members[start]], sign) for start in order]
    arrows = {(number[first[start]], number[first[end]]) for start, end in picture.arrows}
    return joined_picture(boxes, ((start, end) for start, end in arrows if start < end))


def _together(boxes: Sequence[Box], sign: str) -> Box:
    if len(boxes) == 1:
        return boxes[0]
    size = sum(box.size for box in boxes)
    names = [box.label for box in boxes]
    states = Counter(box.state for box in boxes if box.state)
    ends = [name.rpartition(": ")[2].partition(" … ")[0].partition(" → ")[0] for name in (names[0], names[-1])]
    tip = "\n".join([f"{size} steps", *names[:30], *(["…"] if len(names) > 30 else [])])
    return replace(
        boxes[0],
        label=f"{size} steps: {sign.join(ends)}",
        tip=lambda: tip,
        kind="folded",
        size=size,
        is_outside=any(box.is_outside for box in boxes),
        is_critical=any(box.is_critical for box in boxes),
        state=next(iter(states)) if len(states) == 1 else "",
        said=", ".join(f"{count} {state.replace('_', ' ')}" for state, count in states.most_common()),
    )
