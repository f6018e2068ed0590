"""The graph of a run: a box for each step, with where it stands and what it waits for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from surefoot.core.graph import Graph
from surefoot.core.ids import StepId
from surefoot.core.parallelism import drawn_needs
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.views.graph.picture import Box, Picture, joined_picture, kind_of
from surefoot.views.lines import one_line

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import Report, StepShape


def picture_of_run(state: RunState, report: Report) -> Picture:
    """Return the graph of a run; members stand for their group once it is expanded."""
    nodes = {node.spec.id: node for node in state.steps()}
    told = {StepId(step["id"]): step for step in report["steps"]}
    needs = {name: tuple(dict.fromkeys(_needed(state, node))) for name, node in nodes.items()}
    order = tuple(TopologicalSorter(needs).static_order())
    drawn = drawn_needs(Graph(needs=needs, dependants={}, order=order, references={}))
    index = {name: at for at, name in enumerate(order)}
    boxes = tuple(_box(nodes[name], told[name]) for name in order)
    return joined_picture(boxes, ((index[need], index[name]) for name, found in drawn.items() for need in found))


def _needed(state: RunState, node: StepState) -> Iterator[StepId]:
    for name in node.needs:
        members = state.nodes[name].members
        yield from (name,) if members is None else members


def _box(node: StepState, step: StepShape) -> Box:
    word = step["state"].replace("_", " ")
    said = one_line(step["reason"]) if step["reason"] else ""
    return Box(
        label=one_line(node.spec.id),
        tip=partial("\n".join, [line for line in (step["id"], step["title"], word, said) if line]),
        kind=kind_of(node.spec),
        is_outside=node.effect.is_outside,
        state=step["state"],
        said=f"{word}: {said.replace('_', ' ')}" if said else word,
    )
