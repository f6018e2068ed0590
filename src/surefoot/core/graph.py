"""The dependency graph of a plan: `needs`, `rollback_to`, order, longest path, and their errors.

Its members are the plan's steps and groups as written; `surefoot.core.graph_state` has the graph at work.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence

from surefoot.core.ids import ID_LENGTH_MAX, StepId, encode_id, is_id_glob, matches_id
from surefoot.core.placeholders import Reference, references_of
from surefoot.core.plan import Step
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import listed

_KEY = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_ID = regex(r"[A-Za-z0-9._\-/@+%]+")


@record
class Problem:
    """Why a plan's steps form no graph."""

    step: StepId
    text: str
    name: str | None = None
    """The need or rollback target at fault, as the plan writes it."""


@record
class Graph:
    """Steps and groups with everything between them."""

    needs: Mapping[StepId, tuple[StepId, ...]]
    """What each needs, in plan order, without repetitions."""
    dependants: Mapping[StepId, tuple[StepId, ...]]
    """What needs it directly, in plan order."""
    order: tuple[StepId, ...]
    """All, each after what it needs; where that leaves a choice, in plan order."""
    references: Mapping[StepId, tuple[Reference, ...]]
    """What of earlier outputs stands in them; without those in which nothing does."""


def build_graph(steps: Sequence[Step]) -> tuple[Graph | None, tuple[Problem, ...]]:
    """Return the graph of the steps, or None and every problem that keeps them from being one."""
    problems = [*_problems_of_ids(steps)]
    known = {step.id: step for step in steps}
    index = {name: number for number, name in enumerate(known)}
    globs: dict[str, tuple[StepId, ...]] = {}
    needs: dict[StepId, tuple[StepId, ...]] = {}
    for step in steps:
        found: dict[StepId, None] = {}
        for name in step.needs:
            matched = resolve(name, known, globs)
            problems += _problems_of_need(step, name, matched, known)
            found |= dict.fromkeys(matched)
        found.pop(step.id, None)
        needs[step.id] = tuple(sorted(found, key=index.__getitem__))
    order = sorted_by_needs(needs)
    problems += _problems_of_cycles(needs, order)
    problems += [problem for step in steps for problem in _problems_of_rollback(step, known, needs)]
    references = {step.id: given for step in steps if (given := references_of(step))}
    for name, given in references.items():
        needed = upstream(name, needs)
        for one in given:
            if (flaw := _flaw_of(one, known, needed)) is not None:
                problems.append(Problem(step=name, text=f"{one.token} {flaw}", name=one.token))
    if problems:
        return None, tuple(problems)
    return Graph(needs=needs, dependants=_turned(needs), order=tuple(order), references=references), ()


def longest_path(graph: Graph, weights: Mapping[StepId, float]) -> tuple[StepId, ...]:
    """Return the heaviest chain of needs, first to last; among equals the one with more steps."""
    best: dict[StepId, tuple[float, int]] = {}
    before: dict[StepId, StepId | None] = {}
    for name in graph.order:
        last = max(graph.needs[name], key=lambda need: best[need], default=None)
        weight, count = best[last] if last is not None else (0.0, 0)
        best[name], before[name] = (weight + weights.get(name, 0.0), count + 1), last
    path: list[StepId] = []
    at = max(graph.order, key=lambda name: best[name], default=None)
    while at is not None:
        path.append(at)
        at = before[at]
    return tuple(reversed(path))


def _problems_of_ids(steps: Sequence[Step]) -> Iterable[Problem]:
    seen: set[StepId] = set()
    for step in steps:
        name, each = step.id, step.for_each
        if name in seen:
            yield Problem(step=name, text=f"the id {name!r} is already taken; ids are unique in a plan; rename one")
        seen.add(name)
        if not 1 <= len(name) <= ID_LENGTH_MAX:
            text = f"the id has {len(name)} characters; 1 to {ID_LENGTH_MAX} were expected; choose another"
            yield Problem(step=name, text=text)
        elif each is None and _ID.fullmatch(name) is None:
            text = f"the id {name!r} holds characters that ids cannot hold; write it as {encode_id(name)!r}"
            yield Problem(step=name, text=text)
        if each is not None and f"{{{each.name}}}" not in name:
            text = (
                f"the id {name!r} would be the same for each member of the group; "
                f"an id with {{{each.name}}} was expected; put {{{each.name}}} into it"
            )
            yield Problem(step=name, text=text)


def resolve(name: str, known: Mapping[StepId, Step], globs: dict[str, tuple[StepId, ...]]) -> tuple[StepId, ...]:
    """Return the steps and groups that an id or a glob over ids names; `globs` remembers what globs have matched."""
    for exact in (StepId(name), encode_id(name)):
        if exact in known:
            return (exact,)
    if not is_id_glob(name):
        return ()
    if name not in globs:
        globs[name] = tuple(other for other in known if matches_id(name, other))
    return globs[name]


def _problems_of_need(
    step: Step, name: str, matched: tuple[StepId, ...], known: Mapping[StepId, Step]
) -> Iterable[Problem]:
    if matched == (step.id,) and not is_id_glob(name):
        text = f"needs names the step itself, {name!r}; the id of another step was expected; remove it"
        yield Problem(step=step.id, text=text, name=name)
    elif not set(matched) - {step.id}:
        what = "the glob matches no other step" if is_id_glob(name) else "no step or group has that id"
        text = f"needs names {name!r}, but {what}; {suggestion(name, known)}"
        yield Problem(step=step.id, text=text, name=name)


def suggestion(name: str, known: Mapping[StepId, Step], *, most: int = 1) -> str:
    """Return what to write in the place of a name that names nothing: the nearest ids, at most `most` of them."""
    for step in known.values():
        template = "" if step.for_each is None else step.id.replace(f"{{{step.for_each.name}}}", "*")
        if template.strip("*") and matches_id(template, name):
            return f"members cannot be named before they exist; name their group, {str(step.id)!r}"
    from difflib import get_close_matches

    near = " or ".join(repr(str(one)) for one in get_close_matches(name, known, most))
    return f"did you mean {near}?" if near else f"the ids are {listed((repr(str(name)) for name in known), 8)}"


def _turned(needs: Mapping[StepId, Collection[StepId]]) -> dict[StepId, tuple[StepId, ...]]:
    turned: dict[StepId, list[StepId]] = {name: [] for name in needs}
    for name, wanted in needs.items():
        for need in wanted:
            turned[need].append(name)
    return {name: tuple(dependants) for name, dependants in turned.items()}


def sorted_by_needs(needs: Mapping[StepId, Collection[StepId]]) -> list[StepId]:
    """Sort so that each comes after its needs, and else as early as it stands in the mapping.

    What lies on a cycle, or behind one, is left out.
    """
    names = list(needs)
    index = {name: number for number, name in enumerate(names)}
    dependants = _turned(needs)
    missing = {name: len(wanted) for name, wanted in needs.items()}
    ready = [index[name] for name in names if not missing[name]]
    order: list[StepId] = []
    while ready:
        name = names[heapq.heappop(ready)]
        order.append(name)
        for dependant in dependants[name]:
            missing[dependant] -= 1
            if not missing[dependant]:
                heapq.heappush(ready, index[dependant])
    return order


def _problems_of_cycles(needs: Mapping[StepId, tuple[StepId, ...]], order: Sequence[StepId]) -> Iterable[Problem]:
    """Name one cycle for each knot: whoever could not be sorted has a need that could not be sorted either."""
    sorted_so_far = set(order)
    while len(sorted_so_far) < len(needs):
        at = next(name for name in needs if name not in sorted_so_far)
        path: list[StepId] = []
        while at not in path:
            path.append(at)
            at = next(need for need in needs[at] if need not in sorted_so_far)
        cycle = path[path.index(at) :]
        first = min(cycle, key=list(needs).index)
        turn = cycle.index(first)
        names = [*cycle[turn:], *cycle[:turn], first]
        circle = " -> ".join(names)
        text = f"the needs go round in a circle: {circle}; a step cannot wait for itself; remove one of them"
        yield Problem(step=first, text=text)
        cut = {name: wanted for name, wanted in needs.items() if name not in sorted_so_far and name not in cycle}
        rest = {name: tuple(need for need in wanted if need in cut) for name, wanted in cut.items()}
        sorted_so_far |= {*cycle, *sorted_by_needs(rest)}


def _problems_of_rollback(
    step: Step, known: Mapping[StepId, Step], needs: Mapping[StepId, tuple[StepId, ...]]
) -> Iterable[Problem]:
    target = step.rollback_to
    if target is None:
        return
    if target not in known:
        text = f"rollback_to names {target!r}, but no step has that id; {suggestion(target, known)}"
        yield Problem(step=step.id, text=text, name=target)
    elif known[target].for_each is not None:
        text = f"rollback_to names the group {target!r}, which has no one commit to go back to; name a step"
        yield Problem(step=step.id, text=text, name=target)
    elif target not in upstream(step.id, needs):
        text = (
            f"rollback_to names {target!r}, which this step does not need, directly or through others, "
            "so that it may not have run by then; name a step it needs"
        )
        yield Problem(step=step.id, text=text, name=target)


def _flaw_of(reference: Reference, known: Mapping[StepId, Step], needed: set[StepId]) -> str | None:
    """Say why a reference can never stand for anything."""
    name = reference.step if reference.step in known else encode_id(reference.step)
    if not _KEY.fullmatch(reference.key):
        return "names no output; {steps.ID.KEY} was expected, KEY of letters, digits and _; write it like that"
    if name in known and known[name].for_each is not None:
        return (
            "names a group, whose members put out values of their own; a step was expected; "
            "let a step that needs the group put out what is wanted of it, and name that"
        )
    if name not in known:
        return f"names no step; {suggestion(reference.step, known)}"
    if name not in needed:
        return (
            f"names {str(name)!r}, which this step does not need, directly or through others, so that it may not have "
            "run by then; a step it needs was expected; add it to `needs`"
        )
    return None


def upstream(name: StepId, needs: Mapping[StepId, tuple[StepId, ...]]) -> set[StepId]:
    """Return all that a step needs, directly or through others."""
    found: set[StepId] = set()
    todo = [*needs[name]]
    while todo:
        need = todo.pop()
        if need not in found:
            found.add(need)
            todo += needs[need]
    return found - {name}
