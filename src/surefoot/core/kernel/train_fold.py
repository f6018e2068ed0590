"""The fold of results that are parked and judged in trains. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.core import events as ev
from surefoot.core.attempt import Attempt, Judging, Parked
from surefoot.core.branch_state import RedTree, TrainHistory, TrainState
from surefoot.core.event_words import Verdict
from surefoot.core.events import Event
from surefoot.core.graph_state import shorten_train
from surefoot.core.ids import StepId
from surefoot.core.kernel.check_rules import environment_of
from surefoot.core.kernel.guards import begin, need, node_of, work_of
from surefoot.core.queue import has_result
from surefoot.core.state import RunState
from surefoot.core.trains import judging_lanes, shared_checks, shared_key
from surefoot.core.verdicts import CheckRecord, first_unpassed, is_red_before, verdict_key


def _result_parked(state: RunState, event: ev.ResultParked) -> None:
    node, work = begin(state, event)
    need(has_result(node) and type(work.stage) is Judging, event, "there is no result that could wait")
    need(work.lane is not None, event, "it waits already")
    assert work.lane is not None
    lane = state.lanes[work.lane]
    work.park(lane.environment)
    lane.held_by = None


def _train_formed(state: RunState, event: ev.TrainFormed) -> None:
    need(state.train is None, event, "another train is under way")
    need(state.branch is not None and state.branch.head == event.onto, event, f"{event.onto} is not the head")
    works = [_parked(state, event, name) for name in event.cars]
    usable = [state.lanes[name] for name in judging_lanes(state) if name in state.lanes]
    lanes = [lane.name for lane in usable if lane.is_ready]
    need(works and lanes, event, "there is no result that waits, or no lane to judge it in")
    for index, work in enumerate(works):
        work.ride(lanes[index % len(lanes)])
    state.train = TrainState(number=event.train, cars=event.cars, onto=event.onto, onto_tree=event.onto_tree)
    state.trains.append(TrainHistory(cars=event.cars))


def _parked(state: RunState, event: Event, name: StepId) -> Attempt:
    work = node_of(state, event, name).work
    need(work is not None and type(work.stage) is Parked and work.open is None, event, f"{name!r} does not wait")
    assert work is not None
    return work


def _train_split(state: RunState, event: ev.TrainSplit) -> None:
    train = state.train
    need(train is not None and train.number == event.train, event, f"there is no train {event.train}")
    assert train is not None
    need(event.kept and train.cars[: len(event.kept)] == event.kept, event, "its first results are other ones")
    shared = {name: shared_checks(state, train, name) for name in event.kept}
    state.red_tree, state.trains[-1].is_red = _red_tree(state, train, event), True
    shorten_train(state, len(event.kept), event.why)
    for name, indexes in shared.items():
        work = work_of(state.nodes[name])
        work.judge_again()
        for index in indexes:
            work.checks[index] = CheckRecord()


def _red_tree(state: RunState, train: TrainState, event: ev.TrainSplit) -> RedTree | None:
    """Return where the train has failed, and what was split off."""
    last = state.nodes[train.cars[-1]]
    work = work_of(last)
    index = first_unpassed(last.spec.checks, work.checks)
    rest = train.cars[len(event.kept) :]
    if index is None or work.tree is None or work.lane is None:  # it was known before
        return None if state.red_tree is None else replace(state.red_tree, rest=rest)
    environment = environment_of(state, work.lane, state.plan.services_of(last.spec))
    return RedTree(tree=work.tree, environment=environment, question=verdict_key(last.spec.checks[index]), rest=rest)


def dissolve_train(state: RunState) -> None:
    """Let all results of the train wait for another one: its lanes have to be made usable anew."""
    if state.train is not None:
        shorten_train(state, 0, "the engine ended")


def share_answer(state: RunState, name: StepId, index: int) -> None:
    """Note for all results of a train that its last tree has passed what was asked for them together."""
    train = state.train
    if train is None or name != train.cars[-1] or index not in shared_checks(state, train, name):
        return
    node = state.nodes[name]
    check, record = node.spec.checks[index], work_of(node).checks[index]
    if record.after is not Verdict.PASSED and not is_red_before(check, record):
        return
    key = shared_key(check)
    for car in train.cars[:-1]:
        other = state.nodes[car]
        for place, one in enumerate(other.spec.checks):
            if shared_key(one) == key:
                work_of(other).checks[place] = replace(record)


TRAIN_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.ResultParked: _result_parked,
    ev.TrainFormed: _train_formed,
    ev.TrainSplit: _train_split,
}
"""What to do with each of these events."""
