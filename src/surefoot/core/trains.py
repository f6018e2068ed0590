"""What kernel and fold know alike of trains: their lanes, what their results share, and which commit follows which."""

from __future__ import annotations

from surefoot.core.attempt import Attempt
from surefoot.core.branch_state import TrainState
from surefoot.core.check_kinds import Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import Check
from surefoot.core.state import JUDGE, RunState
from surefoot.core.verdicts import verdict_key

TRAIN_MAX = 8
"""So many results a train has at most, where the plan does not say."""
_SHARED = frozenset({Expect.PASS, Expect.PASS_TO_PASS})


def judging_lanes(state: RunState) -> list[str]:
    """Return the names of the lanes in which trains are judged; no body ever runs there."""
    return [f"{JUDGE}{number}" for number in range(1, state.plan.limits.judges + 1)]


def shared_key(check: Check) -> str | None:
    """Name the question that results may be asked together; None: each has to answer it by itself."""
    return verdict_key(check) if check.expect in _SHARED else None


def shared_checks(state: RunState, train: TrainState, name: StepId) -> frozenset[int]:
    """Return which checks of a result all others in its train have, too: these are asked about the last tree."""
    if len(train.cars) < 2:
        return frozenset()
    checks = state.nodes[name].spec.checks
    keys = {shared_key(check) for check in checks} - {None}
    for car in train.cars:
        keys &= {shared_key(check) for check in state.nodes[car].spec.checks}
    return frozenset(index for index, check in enumerate(checks) if shared_key(check) in keys)


def tree_before(state: RunState, train: TrainState, name: StepId) -> str | None:
    """Return the tree that a result of the train goes onto: that of the one before it, once it is known."""
    at = train.cars.index(name)
    if at == 0:
        return train.onto_tree
    ahead = train.cars[at - 1]
    work = state.nodes[ahead].work
    return work.tree if work is not None and is_in_place(state, train, ahead) else None


def is_in_place(state: RunState, train: TrainState, name: StepId) -> bool:
    """Tell whether a result of the train is on those before it."""
    work, onto_tree = state.nodes[name].work, tree_before(state, train, name)
    return work is not None and onto_tree is not None and (work.base, work.base_tree) == (train.onto, onto_tree)


def is_written(work: Attempt) -> bool:
    """Tell whether the commit of a result is durable, or it needs none as it changes nothing where it goes."""
    return work.commit is not None or work.tree == work.base_tree


def parent_of(state: RunState, name: StepId) -> str | None:
    """Return the commit on which that of a result goes; None: it is not written yet."""
    assert state.branch is not None
    train = state.train
    if train is None or name not in train.cars:
        return state.branch.head
    for ahead in reversed(train.cars[: train.cars.index(name)]):
        work = state.nodes[ahead].work
        if work is None:
            continue
        if not is_written(work):
            return None
        if work.commit is not None:
            return work.commit
    return state.branch.head
