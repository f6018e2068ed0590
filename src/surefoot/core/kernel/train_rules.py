"""The rules of results that travel: which are parked, which form a train, and how a train is judged.

A result is parked once what is its own has passed in its lane. In a train each result is brought onto those before it;
its own checks are asked about that tree, and the checks that all results share once, about the last tree. What the last
tree fails at is found by judging fewer at a time. Nothing here changes the state.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.attempt import Attempt, Parked
from surefoot.core.branch_state import TrainState
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Moment
from surefoot.core.globs import literal
from surefoot.core.ids import StepId
from surefoot.core.kernel.check_rules import ask_check, environment_of, passed_on
from surefoot.core.kernel.failure_rules import late, late_after, late_before
from surefoot.core.kernel.proof_rules import wants_mutation
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.outputs import artifacts_for
from surefoot.core.plan import Effect, Verify
from surefoot.core.queue import has_result, has_turn, in_queue
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.trains import (
    TRAIN_MAX,
    is_in_place,
    is_written,
    judging_lanes,
    parent_of,
    shared_checks,
    shared_key,
    tree_before,
)
from surefoot.core.verdicts import (
    first_unanswerable,
    first_unpassed,
    next_after,
    next_before,
    verdict_key,
)

SINGLY_BELOW = 4
"""Trains of fewer results are not halved where the last tree fails: the first of them is judged alone."""


def travels(state: RunState, node: StepState) -> bool:
    """Tell whether the result is judged in a train: all that counts of it is in its tree.

    One that was made on the head, and has its turn, needs none: its own lane is as good as any, while nobody waits for
    that lane.
    """
    work = node.work
    if work is None or not has_result(node) or not _may_travel(state, node, work):
        return False
    assert state.branch is not None
    checks, records = node.spec.checks, work.checks
    if state.train is not None or not has_turn(state, node) or work.base != state.branch.head:
        return True
    is_asked = next_after(checks, records) is not None and bool(checks_left_to_train(state, node))
    return next_before(checks, records) is not None or (is_asked and _is_lane_wanted(state))


def _is_lane_wanted(state: RunState) -> bool:
    """Tell whether a step could start in the lane of another one, if that lane were free."""
    steps = [node for name in state.active if not (node := state.nodes[name]).is_system_step]
    parked = sum(node.work is not None and node.work.is_parked for node in steps)
    running = sum(node.status is StepStatus.RUNNING for node in steps) - parked
    limits = state.plan.limits
    return bool(state.ready) and running >= limits.parallel and parked < limits.parked_max


def _may_travel(state: RunState, node: StepState, work: Attempt) -> bool:
    if state.plan.limits.parallel < 2 or state.is_short_of_lanes:
        return False
    is_own = work.transplant is not None or not node.spec.checks
    return not (is_own or _reaches_out(node) or _needs_its_lane(state, node, work))


def befores_left_to_judges(state: RunState, node: StepState, work: Attempt) -> frozenset[int]:
    """Return the checks that are known to pass before the body, though not beside what other bodies left in its lane.

    Where the result is judged, in a lane in which no body ever ran, what is known is their answer.
    """
    lane = None if work.lane is None else state.lanes[work.lane]
    is_result = node.spec.effect is not Effect.READ and not node.is_system_step and work.base_tree is not None
    if lane is None or not lane.epoch or not is_result or node.is_candidate or not _may_travel(state, node, work):
        return frozenset()
    kept = ((index, check) for index, check in enumerate(node.spec.checks) if check.expect is Expect.PASS_TO_PASS)
    return frozenset(
        index for index, check in kept if passed_on(state, check, work.base_tree or "", lane.environment) is not None
    )


def _reaches_out(node: StepState) -> bool:
    return node.effect.is_outside or node.spec.reaches_out or any(check.reaches_out for check in node.spec.checks)


def _needs_its_lane(state: RunState, node: StepState, work: Attempt) -> bool:
    """Tell whether its checks may need what only its lane has: what no tree holds, or what runs there."""
    spec, people = node.spec, work.people
    is_by_hand = people.by_hand is not None or people.taken_by is not None or people.is_patched
    left = work.changes is not None and work.changes.left
    beside = spec.artifacts or spec.uncommitted or spec.made or left or artifacts_for(state, node)
    return bool(is_by_hand or beside or spec.uses or state.plan.services_of(spec))


def checks_left_to_train(state: RunState, node: StepState) -> frozenset[int]:
    """Return the checks that are not asked in the lane of a result, because others are about to ask the same.

    What an agent made, and what has come too late before, is asked there all the same: its maker learns from that.
    """
    verify = state.plan.limits.verify
    is_careful = node.spec.body.by_model or node.losses > 0 or wants_mutation(state, node)
    is_careful = is_careful or (verify is Verify.AUTO and state.train_size < 2)
    if verify is Verify.LANE or is_careful:
        return frozenset()
    others = (state.nodes[name] for name in state.active if name != node.spec.id)
    keys = {shared_key(check) for other in others for check in other.spec.checks} - {None}
    return frozenset(index for index, check in enumerate(node.spec.checks) if shared_key(check) in keys)


def _works(state: RunState) -> Iterator[Attempt | None]:
    return (state.nodes[name].work for name in state.active)


# --- trains


def form_train(state: RunState, now: float) -> list[Proposal]:
    """Let the results at the head of the queue be judged together, once there is a lane for it."""
    if state.train is not None or state.branch is None or state.interrupting:
        return []
    cars = _next_cars(state)
    lanes = [lane for name in judging_lanes(state) if (lane := state.lanes.get(name)) is not None and lane.is_ready]
    if not cars or _is_judging(state) or not lanes or judging_lane_wanted(state) is not None:
        return []
    event = ev.TrainFormed(
        at=now, train=len(state.trains) + 1, cars=cars, onto=state.branch.head, onto_tree=state.branch.tree
    )
    return [Proposal(event)]


def _next_cars(state: RunState) -> tuple[StepId, ...]:
    """Return the results that come next: those at the head of the queue that were made in one environment."""
    waiting = itertools.takewhile(lambda name: _is_waiting(state.nodes[name]), in_queue(state))
    found = list(itertools.islice(waiting, state.plan.limits.train or min(state.train_size, TRAIN_MAX)))
    if state.red_tree is not None and found and found[0] in state.red_tree.rest:
        rest = state.red_tree.rest  # that something is wrong among these is known: others would only wait for them
        found = list(itertools.takewhile(lambda name: name in rest, found))
    made_in = _environment_of_result(state, found[0]) if found else ""
    return tuple(itertools.takewhile(lambda name: _environment_of_result(state, name) == made_in, found))


def _is_waiting(node: StepState) -> bool:
    work = node.work
    return work is not None and node.status is StepStatus.RUNNING and work.is_parked and work.open is None


def _environment_of_result(state: RunState, name: StepId) -> str:
    """Return the environment that a parked result was made in."""
    work = state.nodes[name].work
    return "" if work is None or work.result is None else work.result.environment


def judging_lane_wanted(state: RunState) -> str | None:
    """Return the judging lane that has to be made usable: there is none, or its environment is an older one."""
    if state.train is not None or state.branch is None or _is_judging(state) or not (cars := _next_cars(state)):
        return None
    head = state.branch.head
    for name in judging_lanes(state):
        lane = state.lanes.get(name)
        if lane is None:
            return name
        is_older = lane.environment != _environment_of_result(state, cars[0]) and lane.opened_at != head
        if not lane.is_open and lane.given_up is None and (is_older or not lane.is_ready):
            return name
    return None


def _is_judging(state: RunState) -> bool:
    """Tell whether something is under way for a result that is judged, be it in a train that is gone by now.

    Until that has ended its lane must not lose the files that a check reads.
    """
    return any(work is not None and work.is_parked and work.open is not None for work in _works(state))


# --- judging


def park(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Let a result wait for its train."""
    del work
    return Proposal(ev.ResultParked(**node.at(now))) if travels(state, node) else None


def ride(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Judge a result in its train: bring it onto those before it, ask what is its own, then what all share."""
    train = state.train
    if state.interrupting:
        return HOLD
    if train is None or node.spec.id not in train.cars:
        return _without_judges(state, node, now)
    if type(work.stage) is not Parked:
        return None
    failure = work.broken or (None if work.refused is None else work.refused.reason)
    if failure is not None:
        return late(node, now, failure)
    onto_tree = tree_before(state, train, node.spec.id)
    if onto_tree is None:
        return HOLD
    if is_in_place(state, train, node.spec.id):
        return _judge(state, node, work, train, now)
    return _join(node, work, train, onto_tree, now)


def _judge(state: RunState, node: StepState, work: Attempt, train: TrainState, now: float) -> RuleResult:
    """Ask a result that is on those before it what is its own; the last one of the train is asked for all."""
    ahead = train.cars[: train.cars.index(node.spec.id)]
    if any(_is_before_in_lane(state, train, name, work) for name in ahead):
        return HOLD
    shared = shared_checks(state, train, node.spec.id)
    move = _ask(state, node, work, now, but=shared)
    if move is not None or not shared:
        return move
    if node.spec.id == train.cars[-1]:
        is_first = all(_is_settled(state, train, name) for name in ahead)
        return _ask_shared(state, node, work, train, shared, now) if is_first else HOLD
    return None if next_after(node.spec.checks, work.checks) is None else HOLD


def _without_judges(state: RunState, node: StepState, now: float) -> RuleResult:
    """Wait for a train; where no judging lane can be had the step is made again, to be judged in its own lane."""
    lanes = [state.lanes.get(name) for name in judging_lanes(state)]
    if all(lane is not None and lane.given_up is not None for lane in lanes):
        return late(node, now, "no lane could be made usable for judging it")
    return HOLD


def _is_before_in_lane(state: RunState, train: TrainState, name: StepId, work: Attempt) -> bool:
    """Tell whether the checks of a result that comes before this one in its lane are not over."""
    other = state.nodes[name].work
    assert other is not None
    return other.lane == work.lane and not _is_settled(state, train, name)


def _is_settled(state: RunState, train: TrainState, name: StepId) -> bool:
    """Tell whether a result of the train is on those before it, and what is its own has passed there."""
    node = state.nodes[name]
    work = node.work
    assert work is not None
    if work.open is not None or not is_in_place(state, train, name):
        return False
    return next_after(node.spec.checks, work.checks, but=shared_checks(state, train, name)) is None


def reads_of_result(node: StepState, work: Attempt, *, is_apart: bool) -> tuple[str, ...]:
    """Return globs over the files that must be on the head as they were where the result was made.

    Where the branch has gone back since (`is_apart`), an agent may have read there what was found wrong.
    """
    saw = node.saw if work.transplant is not None else work.saw
    return (*node.spec.reads, *map(literal, saw or ())) if is_apart else node.spec.reads


def _join(node: StepState, work: Attempt, train: TrainState, onto_tree: str, now: float) -> Proposal:
    assert work.result is not None
    command = do.MergeResult(
        **node.in_lane,
        base=work.result.made_on,
        tree=work.result.observed.tree,
        onto=train.onto,
        onto_tree=onto_tree,
        reads=reads_of_result(node, work, is_apart=work.result.is_off_branch),
        is_apart=work.result.is_off_branch,
    )
    return Proposal(ev.MergeRequested(**node.at(now), onto=train.onto), command)


def _ask(state: RunState, node: StepState, work: Attempt, now: float, *, but: Collection[int]) -> RuleResult:
    """Ask the checks of one result, before it and with it; what does not hold there is made again."""
    checks, records = node.spec.checks, work.checks
    needless = late_before(node, work, now, but=but)
    if needless is not None:
        return needless
    index = next_before(checks, records, but=but)
    if index is not None:
        return ask_check(state, node, work, now, (Moment.BEFORE, index))
    failed = late_after(node, work, now, but=but)
    if failed is not None:
        return failed
    index = next_after(checks, records, but=but)
    return None if index is None else ask_check(state, node, work, now, (Moment.AFTER, index))


def _ask_shared(
    state: RunState, node: StepState, work: Attempt, train: TrainState, shared: Collection[int], now: float
) -> RuleResult:
    """Ask the last result of the train what all of them share; where that does not pass, fewer are judged at a time."""
    checks, records = node.spec.checks, work.checks
    own = [index for index in range(len(checks)) if index not in shared]
    bad = first_unanswerable(checks, records, but=own)
    bad = first_unpassed(checks, records, but=own) if bad is None else bad
    bad = _known_red(state, node, work, shared) if bad is None else bad
    if bad is not None:
        kept = len(train.cars) // 2 if len(train.cars) >= SINGLY_BELOW else 1
        why = f"check {checks[bad].name!r} does not pass with all {len(train.cars)} results"
        return Proposal(ev.TrainSplit(at=now, train=train.number, kept=train.cars[:kept], why=why))
    index = next_before(checks, records, but=own)
    if index is not None:
        return ask_check(state, node, work, now, (Moment.BEFORE, index), tree=train.onto_tree)
    index = next_after(checks, records, but=own)
    return None if index is None else ask_check(state, node, work, now, (Moment.AFTER, index))


def _known_red(state: RunState, node: StepState, work: Attempt, shared: Collection[int]) -> int | None:
    """Return a check that did not pass the very tree as the last of a longer train; None: it is not known.

    Its first half was good then: what is wrong is in this one.
    """
    red = state.red_tree
    if red is None or work.tree != red.tree or work.lane is None:
        return None
    if environment_of(state, work.lane, state.plan.services_of(node.spec)) != red.environment:
        return None
    return next((index for index in shared if verdict_key(node.spec.checks[index]) == red.question), None)


def commit_in_train(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Write the commits of a train, each on that of the one before it."""
    train = state.train
    assert train is not None
    if is_written(work):
        return None
    parent = parent_of(state, node.spec.id)
    if parent is None:
        return HOLD
    assert work.tree is not None
    command = do.WriteCommit(**node.in_lane, spec=node.spec, parent=parent, tree=work.tree, train=train.number)
    return Proposal(ev.CommitRequested(**node.at(now)), command)


def wait_for_train(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Verify the results of a train together."""
    del node, work, now
    train = state.train
    assert train is not None
    works = (state.nodes[name].work for name in train.cars)
    return None if all(work is not None and is_written(work) for work in works) else HOLD
