"""Taint: what consumed a result that was found wrong, as far as the journal and the plan tell.

A step consumed a result where it used what the other put out, read or changed a file that the other had changed, or
needs it while nobody knows what it reads. Only results that its base held when it began count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from surefoot.core.events.invalidation_events import Taint, TakingBack
from surefoot.core.globs import literal, matches
from surefoot.core.ids import StepId, encode_id
from surefoot.core.outputs import COST
from surefoot.core.plan_access import touched_by
from surefoot.core.record import record
from surefoot.core.short_text import listed
from surefoot.core.state import ANY_PATH, RunState, needed_by
from surefoot.core.step_state import DONE, StepState, StepStatus

_ENDED_BADLY = frozenset({StepStatus.FAILED, StepStatus.SKIPPED})
_SELF_SAID = frozenset({"confidence", "uncertainty", COST})
"""Outputs that say something of the step alone, which nobody works with."""
_NAMED_MAX = 3
_NOT_KNOWN = "what it reads is not declared (`reads`)"


@record
class _Eater:
    """A step that may have consumed results, and what is known of what it read."""

    node: StepState
    since: int
    """Position in the journal at which its base was fixed."""
    reads: tuple[str, ...]
    """Globs over what it declares to read and what its commands name."""
    needed: frozenset[StepId]
    is_known: bool
    """Whether it can have read nothing else."""


def is_result(node: StepState) -> bool:
    """Tell whether the step has a verified result, be it on the branch or about to be brought there again."""
    return node.members is None and (node.status in DONE or node.transplant is not None)


def tainted_by(state: RunState, wrong: Iterable[StepId]) -> tuple[Taint, ...]:
    """Return the steps that were found wrong and all that consumed what is tainted, in the order of the results."""
    eaters = list(_eaters(state))
    found = {name: Taint(step=name) for name in _members_of(state, wrong)}
    todo = list(found)
    while todo:
        todo = _eaten_by(state, todo, eaters, found) or _resting_on(state, eaters, found)
    return tuple(sorted(found.values(), key=lambda one: _place_of(state.nodes[one.step])))


def _eaten_by(
    state: RunState, givers: list[StepId], eaters: Iterable[_Eater], found: dict[StepId, Taint]
) -> list[StepId]:
    """Note what consumed the results of these steps, and return it."""
    new: list[StepId] = []
    for giver in givers:
        for eater in eaters:
            name = eater.node.spec.id
            why = None if name in found else _consumed(state.nodes[giver], eater)
            if why is not None:
                found[name] = Taint(step=name, by=giver, why=why)
                new.append(name)
    return new


def _resting_on(state: RunState, eaters: Iterable[_Eater], found: dict[StepId, Taint]) -> list[StepId]:
    """Note the first step that needs a tainted one through others, while nobody knows what it reads."""
    for eater in eaters:
        name = eater.node.spec.id
        giver = next((one for one in found if name not in found and _may_rest_on(state.nodes[one], eater)), None)
        if giver is not None:
            found[name] = Taint(step=name, by=giver, why=f"needs it through others, and {_NOT_KNOWN}")
            return [name]
    return []


def consumed_by(state: RunState, name: StepId) -> tuple[Taint, ...]:
    """Return what a step consumed of the results below it, in their order."""
    eater = next((one for one in _eaters(state) if one.node.spec.id == name), None)
    if eater is None:
        return ()
    givers = sorted((one for one in state.nodes.values() if is_result(one)), key=_place_of)
    found = ((one.spec.id, _consumed(one, eater)) for one in givers)
    return tuple(Taint(step=name, by=giver, why=why) for giver, why in found if why is not None)


def taking_back(state: RunState, wrong: Iterable[StepId]) -> TakingBack:
    """Return what has to be taken back where these steps are wrong, and what can stay."""
    tainted = tainted_by(state, wrong)
    names = {one.step for one in tainted}
    committed = sorted((one for one in state.nodes.values() if one.commit is not None), key=_verified)
    first = next((at for at, node in enumerate(committed) if node.spec.id in names), len(committed))
    later = [node for node in committed[first:] if node.spec.id not in names]
    before = committed[first].put_on if first < len(committed) else None
    commit, tree = (None, None) if before is None else before
    kept = tuple(node.spec.id for node in later)
    pending = (name for name, node in state.nodes.items() if node.transplant is not None)
    rests_on = dict(_rests_on(state, {*names, *kept, *pending}))
    return TakingBack(tainted=tainted, kept=kept, onto=commit, tree=tree, rests_on=rests_on)


def chain_of(taken: TakingBack, name: StepId) -> tuple[StepId, ...]:
    """Return the way of the taint to a step: from the one found wrong to the one whose result it consumed."""
    by = {one.step: one.by for one in taken.tainted}
    chain: list[StepId] = []
    giver = by.get(name)
    while giver is not None:
        chain.append(giver)
        giver = by.get(giver)
    return tuple(reversed(chain))


def _members_of(state: RunState, names: Iterable[StepId]) -> Iterator[StepId]:
    for name in names:
        members = state.nodes[name].members
        yield from (name,) if members is None else (one for one in members if is_result(state.nodes[one]))


def _verified(node: StepState) -> int:
    return node.verified_seq


def _place_of(node: StepState) -> tuple[bool, int, tuple[int, int]]:
    return (node.made_at == 0, node.made_at, node.order)


def _rests_on(state: RunState, names: set[StepId]) -> Iterator[tuple[StepId, tuple[StepId, ...]]]:
    """Yield what each of these steps had consumed of the others."""
    givers = sorted((state.nodes[name] for name in names), key=_place_of)
    for eater in _eaters(state):
        name = eater.node.spec.id
        if name not in names:
            continue
        found = tuple(one.spec.id for one in givers if _consumed(one, eater) or _may_rest_on(one, eater))
        if found:
            yield name, found


def _eaters(state: RunState) -> Iterator[_Eater]:
    """Yield the steps that may have consumed something: they have a result, came to an end without one, or work."""
    for node in state.nodes.values():
        has_begun = is_result(node) or node.status in _ENDED_BADLY or node.work is not None
        if node.is_system_step or node.members is not None or node.is_group or not has_begun:
            continue
        is_at_work = node.work is not None and node.transplant is None
        since = node.work.based_at if is_at_work and node.work is not None else node.based_at
        if since:
            yield _eater(state, node, since)


def _eater(state: RunState, node: StepState, since: int) -> _Eater:
    # What its checks look at is no matter: they are asked again.
    touched = touched_by(replace(node.spec, checks=()), state.plan)
    work = None if node.transplant is not None else node.work
    saw = node.saw if work is None else work.saw
    is_known = touched.is_all_seen or bool(node.spec.reads)
    if node.spec.body.by_model:
        is_known = saw is not None and (work is None or work.result is not None)  # at work it may read more
    globs = (*touched.reads, *touched.named, *touched.words, *map(literal, saw or ()))
    return _Eater(node=node, since=since, reads=globs, needed=frozenset(needed_by(state, node)), is_known=is_known)


def _consumed(giver: StepState, eater: _Eater) -> str | None:
    """Say what a step consumed of the result of another; None: nothing."""
    node = eater.node
    if node is giver or not _is_below(giver, eater):
        return None
    is_direct = giver.spec.id in node.needs or giver.group in node.needs
    return (
        _handed(giver, node, is_needed=giver.spec.id in eater.needed)
        or _read(giver, eater)
        or _changed_too(giver, node)
        or (f"needs it, and {_NOT_KNOWN}" if is_direct and not eater.is_known else None)
    )


def _is_below(giver: StepState, eater: _Eater) -> bool:
    """Tell whether the base of a step held the result of another."""
    return 0 < giver.made_at <= eater.since


def _may_rest_on(giver: StepState, eater: _Eater) -> bool:
    return not eater.is_known and giver.spec.id in eater.needed and _is_below(giver, eater)


def _handed(giver: StepState, node: StepState, *, is_needed: bool) -> str | None:
    """Say which outputs or artifacts of one step another was given."""
    keys = [one.key for one in node.references if giver.spec.id in (one.step, encode_id(one.step))]
    takes_all = node.spec.body.takes_outputs or node.spec.body.by_model
    if not keys and is_needed and takes_all:
        keys = [key for key in giver.outputs if key not in _SELF_SAID]
    if keys:
        return f"used its output {listed(filter(None, keys), _NAMED_MAX)}".rstrip()
    has_artifacts = giver.kept is not None and giver.kept.manifest is not None
    return "was handed its artifacts" if is_needed and has_artifacts else None


def _read(giver: StepState, eater: _Eater) -> str | None:
    if giver.changed == ANY_PATH:
        return "read one of the many files it changed" if eater.reads else None
    paths = [path for path in giver.changed if matches(path, eater.reads)]
    return f"read {listed(paths, _NAMED_MAX)}" if paths else None


def _changed_too(giver: StepState, node: StepState) -> str | None:
    if ANY_PATH in (giver.changed, node.changed):
        return "changed one of the many files it changed" if giver.changed and node.changed else None
    paths = [path for path in giver.changed if path in node.changed]
    return f"changed {listed(paths, _NAMED_MAX)} after it" if paths else None
