"""The rules of groups: which members wait for others, and which results of a batch wait for bodies. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from surefoot.core.attempt import Ended, Preparing, Running
from surefoot.core.event_words import Status
from surefoot.core.graph_state import goes_alone
from surefoot.core.ids import StepId
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus


def one_after_the_other(state: RunState, nodes: Iterable[StepState]) -> Iterator[StepState]:
    """Leave out the members of careful groups that others come before."""
    at_work = {state.nodes[name].group for name in state.active}
    for node in nodes:
        is_alone = goes_alone(state, node)
        if is_alone and node.group in at_work:
            continue
        if is_alone:
            at_work.add(node.group)
        yield node


def results_that_wait(state: RunState) -> dict[StepId, StepState]:
    """Return the members of batches whose bodies have ended: the bodies of the others come first.

    Where something else could start in their place, the results are judged at once, so that no lane stands still; and
    so are those of agents, which learn from what their checks say.
    """
    if len(state.active) < 2 or state.ready or state.pausing is not None or state.amending is not None:
        return {}
    found = ((name, state.nodes[name]) for name in state.active)
    return {name: node for name, node in found if _has_result_to_judge(node) and not goes_alone(state, node)}


def _has_result_to_judge(node: StepState) -> bool:
    work = node.work
    if node.group is None or work is None or type(work.stage) is not Ended or work.is_busy:
        return False
    is_plain = not node.spec.body.by_model and not node.effect.is_outside and node.status is StepStatus.RUNNING
    return is_plain and work.ending is not None and work.ending.status is Status.OK


def may_be_judged(state: RunState, node: StepState) -> bool:
    """Tell whether no body of another member of the batch is under way, or about to be."""
    assert node.group is not None
    others = (state.nodes[name] for name in state.nodes[node.group].members or () if name in state.active)
    return not any(_is_making(state, other) for other in others)


def _is_making(state: RunState, node: StepState) -> bool:
    work = node.work
    if work is None or node.status is not StepStatus.RUNNING or type(work.stage) not in (Preparing, Running):
        return False
    waits_for_lane = work.place is None and any(lane.is_open for lane in state.lanes.values())
    return work.is_busy or waits_for_lane
