"""The merge queue, and what keeps steps apart that would run at once.

Results go onto the branch in the order in which they were made, one at a time or several in a train, so that what is
verified is what is committed. An effect outside the workspace takes its turn before its body and keeps it to the end,
so that it never rests on a head that moves. A result that conflicts is made again while others go on; one that has lost
`LOSSES_MAX` times keeps its turn, so that it cannot lose for ever.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.globs import any_overlap
from surefoot.core.ids import StepId
from surefoot.core.plan import Effect, Step
from surefoot.core.state import RunState
from surefoot.core.step_state import FINAL, SATISFIED, StepState, StepStatus


def first_in_queue(state: RunState) -> StepId | None:
    """Return the step whose turn on the branch it is; one that is to be made again on the head keeps its turn."""
    return next(in_queue(state), None)


def in_queue(state: RunState) -> Iterator[StepId]:
    """Yield the steps in the order of their turns, without those that what they need comes before."""
    return (name for name in state.queue if _is_live(state, state.nodes[name]))


def _is_live(state: RunState, node: StepState) -> bool:
    """Tell whether the step goes on by itself, or may start."""
    if node.status is StepStatus.RUNNING:
        return True
    is_startable = node.status is StepStatus.PENDING and node.missing == 0 and node.due is None
    return is_startable and state.pausing is None and waits_for(state, node) is None


def let_past(state: RunState) -> None:
    """Put those in the queue that cannot go on behind those that can; none of them has used its turn yet."""
    if len(state.queue) < 2:
        return
    stuck = {name: None for name in state.queue if _is_stuck(state, state.nodes[name])}
    if stuck:
        state.queue = {**{name: None for name in state.queue if name not in stuck}, **stuck}


def _is_stuck(state: RunState, node: StepState) -> bool:
    """Tell whether the step waits for a person's word about another one, or for a lane when there is none."""
    if node.status is StepStatus.PENDING and is_kept_by_doubt(state, node):
        return True
    return _lacks_lane(state, node) and not any(
        lane.held_by is None and lane.given_up is None and lane.is_for_steps for lane in state.lanes.values()
    )


def _lacks_lane(state: RunState, node: StepState) -> bool:
    """Tell whether the step needs one of the few lanes there are; where more can be made, nobody lacks one."""
    if not state.is_short_of_lanes or not node.spec.takes_lane:
        return False
    return node.work is None or node.work.lane is None


def lanes_are_reserved(state: RunState, node: StepState) -> bool:
    """Tell whether the lanes there are have to be left to a step in the queue: else it could wait for ever."""
    if not state.is_short_of_lanes or node.spec.id in state.queue:
        return False
    waiting = (state.nodes[name] for name in state.queue)
    return any(_is_live(state, one) and _lacks_lane(state, one) and not is_kept_by_doubt(state, one) for one in waiting)


def is_kept_by_doubt(state: RunState, node: StepState) -> bool:
    """Tell whether the step may not start because it shares files with one whose effect is in doubt."""
    if not state.has_workspace or not node.spec.body.needs_lane:
        return False
    others = (state.nodes[name] for name in state.active)
    doubtful = [other for other in others if other.status is StepStatus.IN_DOUBT]
    return any(_globs_of(state, node) & _globs_of(state, other) for other in doubtful)


def _globs_of(state: RunState, node: StepState) -> frozenset[str]:
    return frozenset(state.plan.writes_of(node.spec))


def place_in_queue(state: RunState, node: StepState) -> str | None:
    """Say what a step in the queue waits for, or in which train it is judged; None: it is at something else."""
    work, train = node.work, state.train
    if work is None or node.status is not StepStatus.RUNNING or node.spec.id not in state.queue:
        return None
    if train is not None and node.spec.id in train.cars:
        return f"judged in train {train.number}"
    if work.is_parked:
        return f"waiting for its train{_kept_back(state)}"
    is_at_something = work.open is not None or has_turn(state, node)
    return None if is_at_something else f"waiting in the queue{_kept_back(state)}"


def _kept_back(state: RunState) -> str:
    """Say what comes before those in the queue; nothing where they come next."""
    if state.train is not None:
        return f": train {state.train.number} is judged first"
    first = first_in_queue(state)
    work = None if first is None else state.nodes[first].work
    if first is None or (work is not None and work.is_parked):
        return ""
    return f": it is the turn of {first}"


def has_turn(state: RunState, node: StepState) -> bool:
    """Tell whether it is the step's turn on the branch."""
    if state.train is not None:
        return node.spec.id in state.train.cars
    return first_in_queue(state) == node.spec.id


def needs_turn_first(state: RunState, node: StepState) -> bool:
    """Tell whether the step may not even take its checkpoint before its turn."""
    return state.has_workspace and node.effect.is_outside and not has_turn(state, node)


def has_result(node: StepState) -> bool:
    """Tell whether the step has changed files that are to go onto the branch."""
    if node.work is None or node.work.result is None:
        return False
    if node.spec.effect is Effect.READ or node.is_system_step or node.is_candidate:
        return False
    return node.work.result.is_change


def is_at_work(state: RunState, node: StepState) -> bool:
    """Tell whether the step's body or its checks are under way: it does not just wait for its turn."""
    work = node.work
    if work is None or node.status is not StepStatus.RUNNING or not work.body_started or work.is_parked:
        return False
    return not has_result(node) or has_turn(state, node)


def is_crowded(state: RunState, node: StepState) -> bool:
    """Tell whether as many bodies of steps are under way, or come before this one, as the plan allows."""
    if node.is_system_step:
        return False
    others = (
        other for name in state.active if name != node.spec.id and not (other := state.nodes[name]).is_system_step
    )
    return sum(_goes_before(state, other, node) for other in others) >= state.plan.limits.parallel


def _goes_before(state: RunState, other: StepState, node: StepState) -> bool:
    work = other.work
    if work is None or other.status is not StepStatus.RUNNING or work.checkpoint is None:
        return False
    if work.body_started:
        return is_at_work(state, other)
    if has_turn(state, node):
        return False
    return has_turn(state, other) or other.place < node.place


def files_kept_by(state: RunState, node: StepState) -> StepId | None:
    """Return a step at work on files that this one declares to change, too; both would change the same base."""
    if node.spec.writes is None or has_turn(state, node):
        return None
    for name in state.active:
        other = state.nodes[name]
        if (
            other is node
            or _is_beside(other, node)
            or other.work is None
            or (other.work.checkpoint is None and not other.work.is_parked)
        ):
            continue
        if other.status is StepStatus.RUNNING and overlap_of(node.spec, other.spec) is not None:
            return name
    return None


def _is_beside(one: StepState, other: StepState) -> bool:
    """Tell whether both make candidates of one step, of whose files at most one is kept."""
    names = [node.spec.id if node.made_beside is None else node.made_beside[0] for node in (one, other)]
    return names[0] == names[1]


def overlap_of(one: Step, other: Step) -> tuple[str, str] | None:
    """Return a glob of each step's declared writes that may match one path; None: they keep apart, or do not say."""
    if one.writes is None or other.writes is None:
        return None
    return any_overlap(one.writes, other.writes)


def waits_for(state: RunState, node: StepState) -> StepId | None:
    """Return a step that has to end first because one of the two reads what the other writes.

    A step that ended without having begun has waited for nothing: what it would have waited for is waited for instead.
    """
    todo, seen = list(node.waits), set(node.waits)
    while todo:
        other = state.nodes.get(todo.pop())
        if other is None or other is node:  # a group waits only for others; its members wait for each other
            continue
        if other.status not in FINAL:
            return other.spec.id
        further = () if other.status in SATISFIED else other.waits
        todo += [name for name in further if name not in seen]
        seen.update(further)
    return None


def full_resource(state: RunState, node: StepState) -> str | None:
    """Return a resource the step uses that is in use as often as the plan allows.

    A result that waits for its turn is checked again when it has it: only the step whose turn it is may go before that.
    """
    holds = is_at_work if has_turn(state, node) else _has_begun
    for name in node.spec.uses:
        capacity = state.plan.capacity_of(name)
        if capacity is None:
            continue
        others = (state.nodes[other] for other in state.active if other != node.spec.id)
        if sum(name in other.spec.uses and holds(state, other) for other in others) >= capacity:
            return name
    return None


def _has_begun(_: RunState, node: StepState) -> bool:
    return node.work is not None and node.status is StepStatus.RUNNING and node.work.body_started


def startable(state: RunState, candidates: list[StepState], count: int) -> list[StepState]:
    """Return up to `count` of the candidates that may run beside what runs and beside each other."""
    running = [state.nodes[name] for name in state.active if state.nodes[name].status is not StepStatus.WAITING]
    # Only those that declare something can be in the way: a thousand steps that do not are not compared pair by pair.
    claiming = [node for node in running if _claims(node)]
    taken: list[StepState] = []
    for node in candidates:
        if len(taken) == count:
            break
        if not _claims(node):
            taken.append(node)
        elif has_turn(state, node) or _fits(state, node, claiming):
            taken.append(node)
            claiming.append(node)
    return taken


def _claims(node: StepState) -> bool:
    return node.spec.writes is not None or bool(node.spec.uses)


def _fits(state: RunState, node: StepState, others: list[StepState]) -> bool:
    if any(overlap_of(node.spec, other.spec) is not None for other in others):
        return False
    for name in node.spec.uses:
        capacity = state.plan.capacity_of(name)
        if capacity is not None and sum(name in other.spec.uses for other in others) >= capacity:
            return False
    return True
