"""The steps of a plan that can run at once, in words, and the graph among them, for `check`."""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.cli.graph_boxes import graph_rows
from surefoot.core.plan import Plan
from surefoot.core.review import Review, members_known
from surefoot.core.short_text import counted, listed
from surefoot.views.graph.picture import Picture
from surefoot.views.lines import EMPTY, Line
from surefoot.views.plan_order import ROW_MOST, most_at_once, widest, with_members

_LAYERS_MOST = 12


def graph_lines(picture: Picture, width: int, *, is_ascii: bool) -> Iterator[Line]:
    """Yield the graph."""
    has_critical = any(box.is_critical for box in picture.boxes)
    yield Line(f"The graph{' (heavy: the critical path)' if has_critical else ''}", "head")
    for row in graph_rows(picture, width - 2, is_ascii=is_ascii):
        yield Line(f"  {row}" if row else "", is_whole=True)
    yield EMPTY


def together_lines(plan: Plan, reviewed: Review) -> Iterator[Line]:
    """Yield how many steps can run at once, in all and layer by layer."""
    found = reviewed.sequencing
    if len(plan.steps) < 2:
        return
    together = widest(plan, reviewed)
    groups = [step for step in together if step.for_each is not None]
    if len(together) == 1 and not groups:
        yield Line("At once: 1 step: each follows another")
    else:
        yield Line(f"At once: {most_at_once(plan, reviewed)}: {listed(map(with_members, together), ROW_MOST)}", hang=2)
    unknown = [step.id for step in groups if members_known(step) == 1]
    if unknown:
        counts = "counts as one step" if len(unknown) == 1 else "count as one step each"
        yield Line(f"  ({listed(unknown, 3)} {counts}; members of a group run side by side, too)", "dim", hang=3)
    if rows := [listed(one.steps, ROW_MOST) for one in found.shared if one.is_serialised and one.kind != "uses"]:
        yield Line(f"  one after the other, for what they share: {listed(dict.fromkeys(rows))}", "dim", hang=4)
    yield Line(f"  `limits.parallel` is {plan.limits.parallel}", "dim")
    for number, layer in enumerate(found.layers[:_LAYERS_MOST], start=1):
        yield Line(f"  layer {number}: {counted(len(layer), 'step')}: {listed(layer)}", hang=4)
    if len(found.layers) > _LAYERS_MOST:
        rest = sum(map(len, found.layers[_LAYERS_MOST:]))
        yield Line(f"  … and {len(found.layers) - _LAYERS_MOST} more layers with {counted(rest, 'step')}", "dim")
