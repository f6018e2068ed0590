"""Which steps were made of one that was too much at once: it was replaced by a step that verifies what they come to."""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.amendment_state import AmendmentState
from surefoot.core.amendments import AddStep, ReplaceStep
from surefoot.core.ids import StepId
from surefoot.core.state import RunState


def splits_of(state: RunState) -> dict[StepId, StepId]:
    """Return the steps that were split off another one, each with that one."""
    held = (one for one in state.amendments.values() if one.revision is not None)
    return {part: whole for one in held for whole in _split_by(one) for part in _parts_of(state, one, whole)}


def _split_by(wanted: AmendmentState) -> Iterator[StepId]:
    """Yield the steps of which an amendment leaves the checks alone."""
    for one in wanted.proposed.operations:
        if isinstance(one, ReplaceStep) and one.by.body.acts and not one.by.body.changes:
            yield one.by.id


def _parts_of(state: RunState, wanted: AmendmentState, whole: StepId) -> Iterator[StepId]:
    """Yield the steps that the amendment adds and the step needs, directly or through others of them."""
    added = {one.step.id for one in wanted.proposed.operations if isinstance(one, AddStep)}
    todo, seen = [whole], set[StepId]()
    while todo:
        node = state.nodes.get(todo.pop())
        for name in () if node is None else node.needs:
            if name in added and name not in seen:
                seen.add(name)
                todo.append(name)
                yield name
