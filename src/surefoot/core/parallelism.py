"""The parallelism of a plan: layers, widest set, needless needs, and steps that share something without an order.

Sets of steps are whole numbers with a bit for each step, so that thousands are compared at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from surefoot.core.file_order import bits_of, holders, readings_of, union
from surefoot.core.globs import any_overlap, overlapping
from surefoot.core.graph import Graph
from surefoot.core.ids import StepId, encode_id
from surefoot.core.plan import Effect, OnFailure, Plan, Step
from surefoot.core.plan_access import Touched, resolved
from surefoot.core.record import record

EXACT_MAX = 1500
"""In a larger plan the widest layer stands for the widest set."""
SERIALISED = frozenset({"writes", "uses", "reads", "file"})
"""What keeps the engine from taking steps at once."""
_READ_WHY = {
    "reads": "What is read by one of them may be written by another: {what}.",
    "file": "Their commands name a file that one of them writes, each in a lane of its own: {what}.",
}
_AROUND_MAX = 60
"""A need with more steps before or behind it than this is not judged: too much may come along."""


@record
class NeedlessOrder:
    """Needs of one step that could go."""

    step: StepId
    needs: tuple[StepId, ...]
    kind: str
    """`implied`: other needs bring the same order; `unfounded`: nothing passes from one to the other."""
    why: str


@record
class Sharing:
    """Steps that no need orders and that touch the same."""

    kind: str
    """`writes`, `uses`, `made`, `reads`, `artifact`, `file`, `port`, `variable`, `socket` or `outside`."""
    steps: tuple[StepId, ...]
    """Who, in plan order. One alone is a group whose members touch the same."""
    what: tuple[str, ...]
    """What they touch; for two globs that overlap, both."""
    is_serialised: bool
    """Whether the engine itself takes them one after the other."""
    why: str


@record
class Sequencing:
    """What the order of a plan's steps amounts to."""

    layers: tuple[tuple[StepId, ...], ...] = ()
    """Steps by the length of the longest chain of needs before them."""
    widest: tuple[StepId, ...] = ()
    """As many steps as can run at once, as far as needs go; a group counts once."""
    is_widest_exact: bool = True
    """Whether no larger set exists; in a very large plan the widest layer is named instead."""
    needless: tuple[NeedlessOrder, ...] = ()
    """Needs that could go, in plan order."""
    shared: tuple[Sharing, ...] = ()
    """What steps that may run at once share, what the engine serialises first."""
    undeclared: tuple[StepId, ...] = ()
    """Steps that declare no `writes` and may run beside another one."""


def sequencing_of(plan: Plan, graph: Graph, touched: Mapping[StepId, Touched]) -> Sequencing:
    """Look over the order of a plan's steps; `touched` is what each of them touches."""
    order = _Order(plan, graph, touched)
    layers = layers_of(graph)
    is_exact = len(order.steps) <= EXACT_MAX
    return Sequencing(
        layers=layers,
        widest=_widest(order) if is_exact else max(layers, key=len),
        is_widest_exact=is_exact,
        needless=tuple(_needless(order)),
        shared=tuple(_Shares(order).found()),
        undeclared=tuple(
            step.id
            for at, step in enumerate(order.steps)
            if order.touched[at].writes is None and (order.beside(at) or step.for_each is not None)
        ),
    )


def layers_of(graph: Graph) -> tuple[tuple[StepId, ...], ...]:
    """Return the steps by the length of the longest chain before them."""
    depth: dict[StepId, int] = {}
    for name in graph.order:
        depth[name] = 1 + max((depth[need] for need in graph.needs[name]), default=-1)
    layers: list[list[StepId]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, at in depth.items():
        layers[at].append(name)
    return tuple(tuple(layer) for layer in layers)


def drawn_needs(graph: Graph) -> dict[StepId, tuple[StepId, ...]]:
    """Return for each step the needs that no other need brings along: what is left to draw."""
    index = {name: at for at, name in enumerate(graph.order)}
    before = closure(index, graph.order, graph.needs)
    drawn: dict[StepId, tuple[StepId, ...]] = {}
    for name in graph.order:
        further = union(before[index[need]] for need in graph.needs[name])
        drawn[name] = tuple(need for need in graph.needs[name] if not further >> index[need] & 1)
    return drawn


class _Order:
    """The steps of a plan by number, with everything before and behind each."""

    def __init__(self, plan: Plan, graph: Graph, touched: Mapping[StepId, Touched]) -> None:
        self.plan = plan
        self.graph = graph
        self.steps: Sequence[Step] = plan.steps
        self.index = {step.id: at for at, step in enumerate(plan.steps)}
        self.touched: list[Touched] = [touched[step.id] for step in plan.steps]
        self.readings = tuple(readings_of(self.touched))
        self.before = closure(self.index, graph.order, graph.needs)
        self.behind = closure(self.index, tuple(reversed(graph.order)), graph.dependants)
        self.turn = {self.index[name]: turn for turn, name in enumerate(graph.order)}
        self.all = (1 << len(plan.steps)) - 1

    def beside(self, at: int) -> int:
        """Return the steps that no need orders before or after one."""
        return self.all & ~(self.before[at] | self.behind[at] | 1 << at)

    def names(self, members: int) -> tuple[StepId, ...]:
        """Return the ids of a set."""
        return tuple(self.steps[at].id for at in bits_of(members))


def closure(
    index: Mapping[StepId, int], order: Iterable[StepId], edges: Mapping[StepId, tuple[StepId, ...]]
) -> list[int]:
    """Return for each, by its number in `index`, all that edges lead to; `order` has it behind what it leads to."""
    found = [0] * len(index)
    for name in order:
        for other in edges[name]:
            found[index[name]] |= 1 << index[other] | found[index[other]]
    return found


# --- what can run at once


def _widest(order: _Order) -> tuple[StepId, ...]:
    """Return a largest set of steps of which none needs another.

    As many chains as that set has members cover all steps; the chains come from pairing each step with one behind it.
    """
    number, behind = len(order.steps), order.behind
    paired_to: list[int] = [-1] * number
    pair_of: list[int] = [-1] * number
    free = order.all
    for at in range(number):  # a first pairing that is good enough for most
        if open_now := behind[at] & free:
            low = open_now & -open_now
            paired_to[at], free = low.bit_length() - 1, free ^ low
            pair_of[paired_to[at]] = at
    for at in range(number):
        if paired_to[at] < 0:
            _augment(at, behind, paired_to, pair_of)
    # Who is reached from an unpaired step by turns of needing and being paired: those reached on the first side and
    # not on the second are in the set.
    reached, second = 0, 0
    todo = [at for at in range(number) if paired_to[at] < 0]
    while todo:
        at = todo.pop()
        if reached >> at & 1:
            continue
        reached |= 1 << at
        fresh = behind[at] & ~second
        second |= fresh
        todo += [pair_of[to] for to in bits_of(fresh)]
    return order.names(reached & ~second)


def _augment(start: int, behind: Sequence[int], paired_to: list[int], pair_of: list[int]) -> None:
    """Look for a row of changes by which one more step gets a pair, widening from the start."""
    came_from: dict[int, int] = {}
    todo, open_to = [start], ~0
    for at in todo:
        fresh = behind[at] & open_to
        open_to &= ~fresh
        for to in bits_of(fresh):
            came_from[to] = at
            if pair_of[to] >= 0:
                todo.append(pair_of[to])
                continue
            # Give each on the way what it was reached by, back to the start, which had nothing.
            giver, end = -1, to
            while giver != start:
                giver = came_from[end]
                following = paired_to[giver]
                paired_to[giver], pair_of[end] = end, giver
                end = following
            return


# --- orders nobody needs


def _needless(order: _Order) -> Iterator[NeedlessOrder]:
    for at, step in enumerate(order.steps):
        needs = [order.index[name] for name in order.graph.needs[step.id]]
        further = union(order.before[need] for need in needs)  # what the needs need
        yield from _implied(order, at, [need for need in needs if further >> need & 1])
        yield from _unfounded(order, at, [need for need in needs if not further >> need & 1])


def _implied(order: _Order, at: int, needs: Sequence[int]) -> Iterator[NeedlessOrder]:
    """Name those of the needs, all of them needed by other needs as well, that could be left out."""
    step = order.steps[at]
    # A glob among the needs means all that fit, needed or not.
    exact = [StepId(name) if StepId(name) in order.index else encode_id(name) for name in step.needs]
    named = {order.index[name] for name in exact if name in order.index}
    idle = [need for need in needs if need in named and _may_pass(order, need, at) is not True]
    if not idle:
        return
    names = [order.steps[need].id for need in idle]
    through = next(name for name in order.graph.needs[step.id] if order.before[order.index[name]] >> idle[0] & 1)
    others = f" (and {len(names) - 1} more like it)" if len(names) > 1 else ""
    why = f"`needs` names {names[0]}{others}, which {through}, needed as well, comes after: the order stays without it."
    yield NeedlessOrder(step=step.id, needs=tuple(names), kind="implied", why=why)


def _unfounded(order: _Order, at: int, needs: Sequence[int]) -> Iterator[NeedlessOrder]:
    """Name those of the needs along which nothing passes."""
    idle = [need for need in needs if _is_unfounded(order, need, at)]
    if not idle:
        return
    few = [order.steps[need] for need in idle[:3]]
    names = f"{', '.join(need.id for need in few)}{' and others' if len(idle) > 3 else ''}"
    written = ", ".join(glob for need in few for glob in (need.writes or ())[:3])
    resting = list(dict.fromkeys(name for need in idle[:3] for name in _resting_on(order, need, at)))
    cure = f", if {', '.join(resting[:3])} then named {names} in `needs`" if resting else ""
    why = (
        f"It waits for {names}, but nothing it declares or names can be what is written there ({written}). "
        f"Without that they could run at once{cure}."
    )
    yield NeedlessOrder(
        step=order.steps[at].id, needs=tuple(order.steps[need].id for need in idle), kind="unfounded", why=why
    )


def _is_unfounded(order: _Order, need: int, at: int) -> bool:
    """Tell whether nothing passes along a need, neither from the step it names nor from one that comes before that."""
    around = max(order.before[need].bit_count(), order.behind[at].bit_count())
    if around > _AROUND_MAX or _may_pass(order, need, at) is not False:
        return False
    still = _before_without(order, need, at)[at]
    return all(_may_pass(order, first, at) is False for first in bits_of(order.before[need] & ~still))


def _resting_on(order: _Order, need: int, at: int) -> list[StepId]:
    """Return the steps that come after both ends of a need only through it, and may take something up from the first.

    Of those that need one another the first is enough.
    """
    upper = order.before[need] | 1 << need
    found: list[StepId] = []
    covered = 0
    for then, before in _before_without(order, need, at).items():
        is_new = then != at and not covered >> then & 1
        if is_new and any(_may_pass(order, first, then) is not False for first in bits_of(upper & ~before)):
            found.append(order.steps[then].id)
            covered |= order.behind[then]
    return found


def _before_without(order: _Order, need: int, at: int) -> dict[int, int]:
    """Return what comes before a step, and before each behind it, when one need is taken out; in order."""
    known: dict[int, int] = {}
    for then in sorted((at, *bits_of(order.behind[at])), key=order.turn.__getitem__):
        needs = [order.index[name] for name in order.graph.needs[order.steps[then].id]]
        kept = [other for other in needs if (other, then) != (need, at)]
        known[then] = union(1 << other | known.get(other, order.before[other]) for other in kept)
    return known


def _may_pass(order: _Order, first: int, then: int) -> bool | None:
    """Tell whether one step may leave something that the other takes up; None: it cannot be seen."""
    giver, taker = order.steps[first], order.steps[then]
    left, taken = order.touched[first], order.touched[then]
    if giver.id in taken.outputs or taker.rollback_to == giver.id or set(giver.uses) & set(taker.uses):
        return True
    given = (*(left.writes or ()), *left.made)
    if any_overlap(given, (*taken.reads, *(taken.writes or ()), *taken.named)) is not None:
        return True
    if not _is_plain(giver) or not _is_plain(taker) or not left.writes or taken.writes is None:
        return None
    if giver.ways_on - {OnFailure.BLOCK} or not taken.is_all_seen:
        return None
    prepare = order.plan.prepare
    keys = () if prepare is None else prepare.key
    return any_overlap(given, (*keys, *taken.words)) is not None


def _is_plain(step: Step) -> bool:
    """Tell whether a step does nothing but change files of the tree: another one may be an order on purpose."""
    is_inside = step.effect is Effect.REVERSIBLE and not step.reaches_out
    return is_inside and bool(step.body.commands) and step.tier is None and not step.scratch


# --- where an order is missing


class _Shares:
    """What steps touch together, found without looking at each pair of them."""

    def __init__(self, order: _Order) -> None:
        self.order = order
        self.open = [order.beside(at) for at in range(len(order.steps))]
        """The steps that each may run beside, less those it is known to share with already."""
        self.groups = union(1 << at for at, step in enumerate(order.steps) if step.for_each is not None)
        self.merged: dict[tuple[str, int], tuple[list[str], str]] = {}

    def found(self) -> Iterator[Sharing]:
        """Yield what is shared, what the engine serialises first."""
        self._made()
        self._writes()
        plan = self.order.plan
        for name, users in self._holders(self._used).items():
            most = plan.capacity_of(name)
            if most is not None and (users & self.groups or users.bit_count() > most):
                times = "one after the other" if most == 1 else f"at most {most} at once"
                self._note("uses", (users, users), (name,), f"They use {{what}}, which lets them run {times}.")
        before = list(self.open)
        self._readings("reads")
        self._artifacts()
        self._close("reads", before)
        self._readings("file")
        self._outside()
        for (kind, members), (what, why) in sorted(self.merged.items(), key=lambda one: one[0][0] not in SERIALISED):
            names = self.order.names(members)
            shown = " and ".join(what[:2]) + (f" (and {len(what) - 2} more)" if len(what) > 2 else "")
            said = why.replace("{what}", shown)
            yield Sharing(kind=kind, steps=names, what=tuple(what), is_serialised=kind in SERIALISED, why=said)

    def _note(
        self, kind: str, sides: tuple[int, int], what: Iterable[str], why: str, groups: int | None = None
    ) -> None:
        """Keep what the members of two sets share, if some may run at once; `groups` are those that share by itself."""
        one, other = sides
        members = union(1 << at for at in bits_of(one) if self.open[at] & other)
        members |= union(1 << at for at in bits_of(other) if self.open[at] & one)
        members |= (self.groups if groups is None else groups) & one & other
        if members:
            texts, _ = self.merged.setdefault((kind, members), ([], why))
            texts += [text for text in what if text not in texts]

    def _holders(self, of: Callable[[int], Iterable[str]]) -> dict[str, int]:
        return holders(len(self.order.steps), of)

    def _writes(self) -> None:
        writers = self._holders(lambda at: self.order.touched[at].writes or ())
        before = list(self.open)
        for one, others in overlapping(writers, writers):
            groups = self._sharing_groups(one, lambda step: step.writes or ()) if one in others else 0
            together = union(writers[other] for other in others)
            what = (one, *(other for other in others if other != one))
            why = "They declare to write the same files: {what}."
            self._note("writes", (writers[one], together), what, why, groups)
        self._close("writes", before)

    def _sharing_groups(self, glob: str, of: Callable[[Step], Iterable[str]]) -> int:
        """Return the groups whose members share a glob; those that have it by their placeholder each mean another."""
        found = 0
        for at in bits_of(self.groups):
            step = self.order.steps[at]
            assert step.for_each is not None
            token = f"{{{step.for_each.name}}}"
            found |= (glob in [text for text in of(step) if token not in text]) << at
        return found

    def _close(self, kind: str, before: list[int]) -> None:
        """Say no more of steps that are taken one after the other anyway."""
        for found_kind, members in self.merged:
            if found_kind == kind:
                for at in bits_of(members):
                    self.open[at] &= ~(members & before[at])
                self.groups &= ~(members if members.bit_count() == 1 else 0)

    def _used(self, at: int) -> Iterator[str]:
        """Yield what a step uses, but for what differs from member to member."""
        step = self.order.steps[at]
        token = None if step.for_each is None else f"{{{step.for_each.name}}}"
        return (name for name in step.uses if token is None or token not in name)

    def _readings(self, kind: str) -> None:
        """Note who reads what another one writes, by one of the two ways in which that is seen."""
        # Members of a group that declare to read and write by their placeholder each mean another file.
        groups = 0 if kind == "reads" else self.groups
        for found in self.order.readings:
            if found.kind == kind:
                self._note(kind, (found.readers, found.writers), found.what, _READ_WHY[kind], groups)

    def _made(self) -> None:
        """Note who makes the same artifact, where a later step is handed what the one verified last has made."""
        makers = self._holders(lambda at: self.order.touched[at].made)
        declared = self._holders(lambda at: resolved(self.order.steps[at].artifacts, self.order.steps[at].for_each))
        behind = self.order.behind
        for one, others in overlapping(makers, makers):
            groups = self._sharing_groups(one, lambda step: step.made) if one in others else 0
            groups = union(1 << at for at in bits_of(groups) if behind[at])
            together = union(makers[other] for other in others)
            first = union(
                1 << at
                for at in bits_of(makers[one])
                if any(behind[at] & behind[other] for other in bits_of(self.open[at] & together))
            )
            texts = (text if text in declared else text.removesuffix("/**") for text in (one, *others))
            why = (
                "They make the same artifact, and a step that comes after them is handed that of the one verified "
                "last: {what}. Let one need the other, or give each a name of its own."
            )
            self._note("made", (first | groups, together), dict.fromkeys(texts), why, groups)

    def _artifacts(self) -> None:
        makers = self._holders(lambda at: self.order.touched[at].made)
        takers = self._holders(lambda at: (*self.order.touched[at].named, *self.order.steps[at].reads))
        for one, others in overlapping(makers, takers):
            # Who makes the same artifact itself needs nobody else's.
            together = union(takers[other] for other in others) & ~makers[one]
            why = "One of them names an artifact of another, which only those that need that step are handed: {what}."
            self._note("artifact", (makers[one], together), (one,), why, groups=0)

    def _outside(self) -> None:
        touched = self.order.touched
        for port, users in self._holders(lambda at: touched[at].ports).items():
            where = "(under bubblewrap each has one of its own; on the other rungs they would meet)"
            if any(touched[at].is_open for at in bits_of(users)):
                where = "of this machine"
            self._note("port", (users, users), (port,), f"They name the same port {{what}} {where}.")
        places = self._holders(lambda at: (f"{k}={v}" if v else k for k, v in (touched[at].places or {}).items()))
        for place, users in places.items():
            why = "They get a variable that names one place outside their lanes: {what}."
            self._note("variable", (users, users), (place,), why)
        for socket, users in self._holders(lambda at: self.order.steps[at].sockets).items():
            self._note("socket", (users, users), (socket,), "They are given the same socket of the host: {what}.")
        for what, users in self._holders(lambda at: touched[at].outside).items():
            self._note("outside", (users, users), (what,), "Their probes ask about the same thing: {what}.")
