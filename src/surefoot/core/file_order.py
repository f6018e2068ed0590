"""The order of steps of which one reads what another writes and neither needs the other.

Readers and writers are found by declared globs and the words of commands. The order follows that of the sorted graph,
so that it forms no cycle with the needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from surefoot.core.globs import overlapping
from surefoot.core.graph import Graph
from surefoot.core.ids import StepId
from surefoot.core.plan import Plan
from surefoot.core.plan_access import Files, files_of
from surefoot.core.record import record


@record
class Reading:
    """Steps that read something, and steps that write it; one may be among both. Sets are numbers with a bit a step."""

    kind: str
    """`reads`: it is declared, or a check asks about it; `file`: commands name it."""
    what: tuple[str, ...]
    """The globs or the path."""
    readers: int
    writers: int


def holders(number: int, of: Callable[[int], Iterable[str]]) -> dict[str, int]:
    """Return for each text the set of those it belongs to, out of `number`."""
    found: dict[str, int] = {}
    for at in range(number):
        own = 1 << at
        for text in of(at):
            found[text] = found[text] | own if text in found else own
    return found


def readings_of(touched: Sequence[Files]) -> Iterator[Reading]:
    """Yield what is read by some and written by some."""
    number = len(touched)
    readers = holders(number, lambda at: touched[at].reads)
    writers = holders(number, lambda at: touched[at].writes or ())
    for one, others in overlapping(readers, writers):
        together = union(writers[other] for other in others)
        what = (one, *(other for other in others if other != one))
        yield Reading(kind="reads", what=what, readers=readers[one], writers=together)
    written = holders(number, lambda at: touched[at].written)
    for path, users in holders(number, lambda at: touched[at].named).items():
        if authors := written.get(path, 0) | writers.get(path, 0):
            yield Reading(kind="file", what=(path,), readers=users, writers=authors)


def waits_of(plan: Plan, graph: Graph, files: Mapping[StepId, Files] | None = None) -> dict[StepId, tuple[StepId, ...]]:
    """Return for each step those it starts after though it needs none of them; steps without such are left out.

    What waits for a step that waits for another one waits for that one, too: only the last of such a chain is named.
    A group whose members share a file that their commands name is among its own: each member starts after the one
    before it. `files` is what each step touches, where that is known already.
    """
    known = {step.id: step for step in plan.steps}
    number = {name: at for at, name in enumerate(graph.order)}
    readings = tuple(readings_of([files_of(known[name]) if files is None else files[name] for name in graph.order]))
    sharing = _sharing(readings, len(number))
    inner = union(reading.readers & reading.writers for reading in readings if reading.kind == "file")
    needed: list[int] = []
    covered: list[int] = []
    waits: dict[StepId, tuple[StepId, ...]] = {}
    for at, name in enumerate(graph.order):
        needed.append(union(1 << need | needed[need] for need in map(number.__getitem__, graph.needs[name])))
        left = sharing[at] & ((1 << at) - 1) & ~needed[at]
        kept: list[int] = []
        while left:
            kept.append(left.bit_length() - 1)
            left &= ~(1 << kept[-1] | covered[kept[-1]])
        covered.append(union(1 << other | covered[other] for other in kept))
        own = (name,) if inner >> at & 1 and known[name].for_each is not None else ()
        if kept or own:
            waits[name] = (*(graph.order[other] for other in reversed(kept)), *own)
    return waits


def _sharing(readings: Iterable[Reading], number: int) -> list[int]:
    """Return for each step those that read what it writes, or write what it reads."""
    sharing = [0] * number
    for reading in readings:
        for at in bits_of(reading.readers):
            sharing[at] |= reading.writers
        for at in bits_of(reading.writers):
            sharing[at] |= reading.readers
    return sharing


def union(sets: Iterable[int]) -> int:
    """Return all that is in one of some sets."""
    found = 0
    for one in sets:
        found |= one
    return found


def bits_of(members: int) -> Iterator[int]:
    """Yield the numbers that are in a set."""
    while members:
        low = members & -members
        yield low.bit_length() - 1
        members ^= low
