"""What a step consumed of the steps before it, and what a wrong step has spoilt.

A step consumes another one's result where it uses its outputs or artifacts, or reads or changes a file that the other
one changed. A command that does not say what it reads may have read anything: of what it needs it is a suspect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from surefoot.core import events as ev
from surefoot.core.events import Event
from surefoot.core.globs import matches
from surefoot.core.ids import StepId
from surefoot.core.record import record
from surefoot.core.state import DONE, RunState, StepState


@record(frozen=False, kw_only=False)
class Touched:
    """The files that one attempt at a step had to do with."""

    attempt: int = 0
    saw: dict[str, None] = field(default_factory=dict[str, None])
    """Files that its agent has read."""
    changed: tuple[str, ...] = ()


@record(kw_only=False)
class Consumed:
    """What a step took from another one."""

    step: StepId
    """The other one."""
    outputs: tuple[str, ...] = ()
    """The outputs of it that stand in its instruction."""
    artifacts: bool = False
    files: tuple[str, ...] = ()
    """Files that the other one changed, and that this one read or changed."""
    is_certain: bool = True
    """Whether something shows that it took it; else it only needs that step, and may have read anything."""


def touched_files(events: Iterable[Event]) -> dict[StepId, Touched]:
    """Return for each step the files that its last attempt had to do with."""
    found: dict[StepId, Touched] = {}
    for event in events:
        if not isinstance(event, ev.ToolCallFinished | ev.ConversationStarted | ev.ChangesObserved):
            continue
        known = found.get(event.step)
        if known is None or known.attempt != event.attempt:
            known = found[event.step] = Touched(event.attempt)
        if isinstance(event, ev.ChangesObserved):
            known.changed = event.changed
        else:
            known.saw.update(dict.fromkeys(event.saw))
    return found


def consumed_by(state: RunState, node: StepState, touched: Mapping[StepId, Touched]) -> list[Consumed]:
    """Return what a step took from the steps that were verified before it, in their order."""
    earlier = [one for one in state.steps() if one.status in DONE and _is_before(one, node)]
    needs = {one for name in node.needs for one in (name, *(state.nodes[name].members or ()))}
    found: list[Consumed] = []
    for other in sorted(earlier, key=lambda one: one.verified_seq):
        taken = _taken(node, other, touched, is_needed=other.spec.id in needs)
        if taken is not None:
            found.append(taken)
    return found


def _taken(node: StepState, other: StepState, touched: Mapping[StepId, Touched], *, is_needed: bool) -> Consumed | None:
    name, own = other.spec.id, touched.get(node.spec.id, Touched())
    changed = touched.get(name, Touched()).changed
    files = tuple(path for path in changed if path in own.saw or path in own.changed or _reads(node, path))
    keys = tuple(one.key for one in node.references if one.step == name)
    has_artifacts = is_needed and other.kept is not None
    if keys or files or has_artifacts:
        return Consumed(name, keys, has_artifacts, files)
    says_what_it_reads = node.spec.reads or node.spec.body.by_model
    return Consumed(name, is_certain=False) if is_needed and not says_what_it_reads else None


def _is_before(other: StepState, node: StepState) -> bool:
    until = node.verified_seq or other.verified_seq + 1
    return other is not node and 0 < other.verified_seq < until


def _reads(node: StepState, path: str) -> bool:
    return bool(node.spec.reads) and matches(path, node.spec.reads)


def spoilt_by(state: RunState, bad: StepId, touched: Mapping[StepId, Touched]) -> dict[StepId, Consumed]:
    """Return the steps that consumed what a wrong step came to, directly or through others, each with what it took.

    Only what something shows is counted: a step that may have read anything is no more than a suspect.
    """
    spoilt: dict[StepId, Consumed] = {}
    later = sorted((one for one in state.steps() if one.status in DONE), key=lambda one: one.verified_seq)
    for node in later:
        if node.spec.id == bad:
            continue
        taken = (one for one in consumed_by(state, node, touched) if one.step == bad or one.step in spoilt)
        first = next((one for one in taken if one.is_certain), None)
        if first is not None:
            spoilt[node.spec.id] = first
    return spoilt
