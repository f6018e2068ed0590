"""The course of a run through its graph: which nodes are ready, satisfied, blocked, held back or undone.

A *node* is a step or a group; a group turns into its members when it is expanded, and is satisfied when all of them
are.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from surefoot.core.attempt import Attempt, Judging
from surefoot.core.batches import is_careful
from surefoot.core.branch_state import BranchState
from surefoot.core.event_words import Diagnosis, Phase, Verdict
from surefoot.core.events import DeadLetterClosed, RunCreated
from surefoot.core.graph import Graph
from surefoot.core.ids import StepId
from surefoot.core.placeholders import member_of
from surefoot.core.plan import Check, Plan
from surefoot.core.policy_types import Policy
from surefoot.core.state import AcceptState, LaneState, RunState, needed_by
from surefoot.core.step_state import FINAL, SATISFIED, StepState, StepStatus
from surefoot.core.trains import TRAIN_MAX
from surefoot.core.verdicts import CheckRecord

LOSSES_MAX = 2
"""A step whose result came too late so often keeps its turn: the others wait for it."""
_LOST = frozenset({StepStatus.FAILED, StepStatus.BLOCKED, StepStatus.CANCELLED})


def new_state(
    created: RunCreated, graph: Graph, expected: Mapping[StepId, float], ranks: Mapping[StepId, float]
) -> RunState:
    """Return the state of a run that has just been created; what has no rank goes by plan order."""
    nodes = {
        step.id: StepState(
            spec=step,
            order=(index, 0),
            needs=graph.needs[step.id],
            dependants=graph.dependants[step.id],
            expected_s=expected.get(step.id, 0.0),
            rank_s=ranks.get(step.id, 0.0),
            references=graph.references.get(step.id, ()),
            waits=created.waits.get(step.id, ()),
        )
        for index, step in enumerate(created.plan.steps)
    }
    state = RunState(
        created=created,
        nodes=nodes,
        branch=None if created.base is None else BranchState(head=created.base, tree=created.base_tree or ""),
        accept=AcceptState(records=[CheckRecord() for _ in created.plan.accept]),
        at=created.at,
        phase=Phase.PLAN if created.goal_options is None else Phase.UNDERSTAND,
        policy=policy_of(created.plan, Policy()),
    )
    recount(state)
    return state


def fresh_records(state: RunState, node: StepState) -> list[CheckRecord]:
    """Return the records of checks that are still to be asked.

    What a step that changes nothing verifies was made by the steps that it needs. So a check of it stood before as the
    first of these found it, or as it did before the first change.
    """
    if node.spec.body.changes:
        return [CheckRecord() for _ in node.spec.checks]
    needed = [state.nodes[name] for name in needed_by(state, node)]
    needed.sort(key=lambda one: (one.started_at or 0.0, one.order))
    known = {
        check.digest: record
        for checks, records in (*((one.spec.checks, one.records) for one in reversed(needed)), _accepted(state))
        for check, record in zip(checks, records, strict=False)
        if record.before in (Verdict.PASSED, Verdict.FAILED)
    }
    found = (known.get(check.digest, CheckRecord()) for check in node.spec.checks)
    return [CheckRecord(before=record.before, before_results=record.before_results) for record in found]


def _accepted(state: RunState) -> tuple[Sequence[Check], Sequence[CheckRecord]]:
    return state.plan.accept, state.accept.records


def policy_of(plan: Plan, given: Policy) -> Policy:
    """Return the rules of the settings with those of the plan, which can only raise."""
    return replace(given, raising=(*given.raising, plan.rules)) if plan.rules else given


def recount(state: RunState) -> None:
    """Work out from scratch what is pending, ready and blocked; for events that change the graph's course."""
    for node in state.nodes.values():
        if node.status in (StepStatus.PENDING, StepStatus.BLOCKED):
            node.status, node.blocked_by = StepStatus.PENDING, ()
    _recount_groups(state)
    state.ready.clear()
    for node in state.nodes.values():
        node.missing = sum(state.nodes[need].status not in SATISFIED for need in node.needs)
        if node.status is StepStatus.PENDING and node.missing == 0 and node.due is None:
            make_ready(state, node)
    # Attempts that have not begun are taken back where their needs are not satisfied any more; a candidate beside a
    # step is begun for that attempt of the step alone, and a rule ends it.
    for node in [state.nodes[name] for name in state.active]:
        has_begun = node.work is None or node.work.has_begun or node.made_beside is not None
        if node.missing > 0 and not has_begun:
            withdraw(state, node, "what it needs was taken back")
    _recount_blocked(state)
    state.unfinished = sum(node.status not in FINAL for node in state.nodes.values())


def _recount_groups(state: RunState) -> None:
    for group in state.nodes.values():
        if group.members is None:
            continue
        group.status = StepStatus.PENDING
        group.open_members = sum(state.nodes[name].status not in FINAL for name in group.members)
        if group.open_members == 0:
            group.status = _status_of_group(state, group)


def _recount_blocked(state: RunState) -> None:
    """Block what needs a failed step, and what a failed step holds."""
    for node in list(state.nodes.values()):
        if node.status is StepStatus.FAILED and node.members is None:
            _block_dependants(state, node, node.spec.id)
    for node in state.nodes.values():
        if node.held_by is None:
            continue
        if state.nodes[node.held_by].status is not StepStatus.FAILED:
            node.held_by = None
        elif node.status is StepStatus.PENDING:
            _block(state, node, node.held_by)
            _block_dependants(state, node, node.held_by)


def _status_of_group(state: RunState, group: StepState) -> StepStatus:
    statuses = {state.nodes[member].status for member in group.members or ()}
    if not statuses <= SATISFIED:
        return StepStatus.FAILED
    return StepStatus.UNPROVED if StepStatus.UNPROVED in statuses else StepStatus.VERIFIED


def make_ready(state: RunState, node: StepState) -> None:
    """Put a node whose needs are satisfied among those that may start."""
    if node.members is None and not node.is_system_step:
        heapq.heappush(state.ready, (node.place, node.spec.id))


def next_ready(state: RunState, count: int) -> list[StepState]:
    """Return up to `count` nodes to start next, without taking them or looking at all others."""
    ready, found = state.ready, list[StepState]()
    nearest = [(ready[0], 0)] if ready else []
    while nearest and len(found) < count:
        (_, name), at = heapq.heappop(nearest)
        found.append(state.nodes[name])
        for below in range(2 * at + 1, min(2 * at + 3, len(ready))):
            heapq.heappush(nearest, (ready[below], below))
    return found


def take_ready(state: RunState, node: StepState) -> None:
    """Take a node that was ready off the heap."""
    if state.ready and state.ready[0][1] == node.spec.id:
        heapq.heappop(state.ready)
    else:
        state.ready.remove((node.place, node.spec.id))
        heapq.heapify(state.ready)


def make_pending_again(state: RunState, node: StepState) -> None:
    """Let a started step start anew, as soon as it is due; one whose result came too late too often keeps its turn."""
    work = node.work
    is_late = work is not None and work.failure is not None and work.failure.diagnosis is Diagnosis.STALE
    had_turn = node.spec.id in state.queue
    turns = list(state.queue)
    node.probed_before = is_late and work is not None and work.probed_before
    end_work(state, node)
    keeps_turn = is_late and (node.losses >= LOSSES_MAX or node.effect.is_outside)
    if had_turn and (keeps_turn or node.transplant is not None):
        state.queue = dict.fromkeys(turns)
    node.status = StepStatus.PENDING
    lost = next((state.nodes[need] for need in node.needs if state.nodes[need].status in _LOST), None)
    if lost is not None:
        by = lost.spec.id if lost.status is StepStatus.FAILED else lost.blocked_by[0]
        _block(state, node, by)
        _block_dependants(state, node, by)
    elif node.due is not None:
        state.waits[node.spec.id] = True
    elif node.missing == 0:
        make_ready(state, node)


def wake(state: RunState, node: StepState) -> None:
    """End a step's wait for its next attempt."""
    state.waits.pop(node.spec.id, None)
    node.due = None
    if node.status is StepStatus.PENDING and node.missing == 0:
        make_ready(state, node)


def withdraw_question(state: RunState, node: StepState, why: str) -> None:
    """Ask no more what was asked about a step that goes on."""
    people = None if node.work is None else node.work.people
    if people is not None and people.question is not None:
        state.questions[people.question].withdrawn, people.question = why, None
        node.status = StepStatus.RUNNING


def is_touched(state: RunState, node: StepState) -> bool:
    """Tell whether a step does not start: an amendment is about to change it, or results are about to be taken back."""
    return bool(state.found_wrong) or is_amended(state, node) or _is_proposed(state, node)


def _is_proposed(state: RunState, node: StepState) -> bool:
    """Tell whether an agent proposes another step, and nobody has decided on that yet."""
    asked = (one for one in state.amendments.values() if one.waits_for_consent)
    return any(node.spec.id in one.touches or node.group in one.touches for one in asked)


def is_amended(state: RunState, node: StepState) -> bool:
    """Tell whether an amendment is about to change a step."""
    wanted = state.amending
    return wanted is not None and (node.spec.id in wanted.touches or node.group in wanted.touches)


def let_lane_go(state: RunState, node: StepState, work: Attempt) -> LaneState:
    """Free the lane of an attempt that has not begun and return it; the checkpoint is taken anew, maybe elsewhere."""
    assert work.lane is not None
    lane = state.lanes[work.lane]
    lane.held_by = None
    work.free_lane()
    work.checks = fresh_records(state, node)
    return lane


def leave_attempt(state: RunState, node: StepState, why: str) -> None:
    """Let an attempt end that is not in the middle of something, and ask no more about it.

    What is under way is interrupted by a rule. A failed attempt has ended already.
    """
    work = node.work
    if work is None or work.is_busy:
        return
    withdraw_question(state, node, why)
    if work.failure is None:
        work.interrupted = Diagnosis.INTERRUPTED


def withdraw(state: RunState, node: StepState, why: str) -> None:
    """Take back what was started, as if it had not been, and what was asked about it."""
    assert node.work is not None
    question = state.questions.get(node.work.people.question or "")
    if question is not None:
        question.withdrawn = why
    end_work(state, node)
    node.status = StepStatus.PENDING


def join_queue(state: RunState, name: StepId) -> None:
    """Let the step wait for its turn on the branch, behind those that wait already."""
    if state.has_workspace:
        state.queue.setdefault(name)


def leave_queue(state: RunState, name: StepId) -> None:
    """Let others go first."""
    state.queue.pop(name, None)


def end_work(state: RunState, node: StepState) -> None:
    """Let go of the attempt: keep what reports need, free the lane."""
    work = node.work
    assert work is not None
    node.records = tuple(work.checks)
    node.body_evidence, node.mutants = work.evidence, work.mutants
    if work.conversation is not None and work.conversation.claim is not None:
        node.claim = work.conversation.claim
    if node.transplant is None:
        one = node.chosen_candidate if work.is_choice else None
        node.based_at, node.saw = work.based_at, work.saw if one is None else one.saw
    state.reserved.pop(node.spec.id, None)
    if work.lane is not None and state.lanes[work.lane].held_by == node.spec.id:
        state.lanes[work.lane].held_by = None
    leave_train(state, node.spec.id)
    node.work = None
    state.active.pop(node.spec.id, None)
    state.queue.pop(node.spec.id, None)


def leave_train(state: RunState, name: StepId) -> None:
    """Take a step off its train; those that come after it wait for another one, as what they rest on is gone."""
    train = state.train
    if train is None or name not in train.cars:
        return
    shorten_train(state, train.cars.index(name), f"{name} has left it")


def shorten_train(state: RunState, count: int, why: str) -> None:
    """Let only the first results of the train go on in it; the others wait for another one, as they were made."""
    train = state.train
    assert train is not None
    for name in train.cars[count:]:
        node = state.nodes[name]
        if node.work is not None and isinstance(node.work.stage, Judging):
            node.work.leave_train()
            # They were asked about what stood before it in this train; the next one may leave it where it was made.
            node.work.checks = fresh_records(state, node)
    train.cars = train.cars[:count]
    state.trains[-1].split = state.trains[-1].split or why
    state.train_size = max(1, state.train_size // 2)
    if not train.cars:
        state.train = None


def car_verified(state: RunState, node: StepState) -> None:
    """Take a verified result off its train; after the last one the next train may be longer."""
    train = state.train
    assert train is not None
    assert state.branch is not None
    node.train, train.cars = train.number, train.cars[1:]
    train.onto, train.onto_tree = state.branch.head, state.branch.tree
    history = state.trains[-1]
    history.verified = (*history.verified, node.spec.id)
    for name in train.cars:
        work = state.nodes[name].work
        if work is not None:
            work.go_on_from(train.onto)
    if not train.cars:
        state.train = None
        if not history.split:
            state.train_size = min(2 * state.train_size, TRAIN_MAX)


def finish(state: RunState, node: StepState, status: StepStatus, reason: str | None) -> None:
    """Give a node its final status and tell the nodes that depend on it."""
    assert status in FINAL
    if node.work is not None:
        end_work(state, node)
    was_open = node.status not in FINAL
    state.unfinished -= was_open
    node.status, node.reason, node.due, node.ended_at = status, reason, None, state.at
    if status in SATISFIED:
        _satisfy(state, node)
    elif status is StepStatus.FAILED:
        _block_dependants(state, node, node.spec.id)
        _hold_rest(state, node)
    if was_open:
        _close_member(state, node)


def _hold_rest(state: RunState, node: StepState) -> None:
    """Keep the members of a careful group from starting after one that failed."""
    failure = node.last_failure
    is_refused = failure is not None and failure.diagnosis is Diagnosis.DENIED and not node.has_run
    if is_refused or not stops_its_group(state, node):  # a no to one member says nothing about the others
        return
    assert node.group is not None
    for name in state.nodes[node.group].members or ():
        other = state.nodes[name]
        if other.status is StepStatus.PENDING:
            other.held_by = node.spec.id
            _block(state, other, node.spec.id)


def _close_member(state: RunState, node: StepState) -> None:
    """Count a member as final; the last one makes its group final, too."""
    if node.group is None:
        return
    group = state.nodes[node.group]
    group.open_members -= 1
    if group.open_members == 0 and group.status not in FINAL:
        state.unfinished -= 1
        group.status = _status_of_group(state, group)
        if group.status in SATISFIED:
            _satisfy(state, group)


def _satisfy(state: RunState, node: StepState) -> None:
    for name in node.dependants:
        for one in (name, *(state.nodes[name].members or ())):
            dependant = state.nodes[one]
            dependant.missing -= 1
            if dependant.missing == 0 and dependant.status is StepStatus.PENDING and dependant.due is None:
                make_ready(state, dependant)


def _block_dependants(state: RunState, node: StepState, by: StepId) -> None:
    """Block what needs the node, directly or not, because `by` failed."""
    todo = list(node.dependants)
    if node.group is not None:
        todo += state.nodes[node.group].dependants
    while todo:
        dependant = state.nodes[todo.pop()]
        if by in dependant.blocked_by or dependant.status not in (StepStatus.PENDING, StepStatus.BLOCKED):
            continue
        _block(state, dependant, by)
        todo += (*dependant.dependants, *(dependant.members or ()))


def _block(state: RunState, node: StepState, by: StepId) -> None:
    if node.status is StepStatus.PENDING:
        if (node.place, node.spec.id) in state.ready:
            take_ready(state, node)
        state.waits.pop(node.spec.id, None)
        state.unfinished -= 1
        node.status, node.due = StepStatus.BLOCKED, None
        _close_member(state, node)
    node.blocked_by = (*node.blocked_by, by)


def hold_all_pending(state: RunState, by: StepId) -> None:
    """Keep everything that has not started from starting, because a step failed that stops the run.

    The other members of a batch are done all the same.
    """
    failed = state.nodes[by]
    batch = None if stops_its_group(state, failed) else failed.group
    for node in state.nodes.values():
        is_spared = batch is not None and node.group == batch
        if node.status is StepStatus.PENDING and node.members is None and not is_spared:
            node.held_by = by
            _block(state, node, by)
    if state.expanding is not None:
        state.nodes[state.expanding].held_by = by


def hold(state: RunState, names: Iterable[StepId], by: StepId) -> None:
    """Undo the results of steps and keep them from running again while `by` stays failed."""
    for name in names:
        reset(state.nodes[name])
        state.nodes[name].held_by = by


def closing_of(state: RunState, node: StepState) -> DeadLetterClosed | None:
    """Return the word that the step stays as it is, though it was given up; one that waits for such steps: theirs."""
    closed = state.closed_letters.get(node.spec.id)
    if closed is not None and (node.last_failure is None or node.last_failure.at <= closed.at):
        return closed  # what fails again after that is another letter
    if node.status is not StepStatus.BLOCKED:
        return None
    words = [closing_of(state, state.nodes[name]) for name in node.blocked_by if name in state.nodes]
    return words[0] if words and None not in words else None


def reset(node: StepState) -> None:
    """Forget what a step came to, so that it can be done again; but not that its effect is out in the world."""
    node.applied_before = node.applied_before or bool(node.applied)
    node.status, node.reason, node.proof, node.commit, node.head_after = StepStatus.PENDING, None, None, None, None
    node.tree_after, node.verified_seq, node.held_by = None, 0, None
    node.failures, node.crashes, node.due, node.undeclared, node.applied = 0, 0, None, (), None
    node.records, node.last_failure, node.body_evidence, node.ended_at = (), None, None, None
    node.put_back, node.left_changes, node.session_left, node.wanted = (), None, None, None
    node.climbed_before = len(node.recoveries)
    node.drop_candidates()
    node.candidates_made = 0
    node.outputs, node.kept, node.changed, node.saw = {}, None, (), None
    node.made_at, node.put_on, node.transplant = 0, None, None
    node.preconditions, node.keys, node.left, node.remarks, node.claim = (), (), (), (), None


def member_waits(group: StepState, before: Sequence[StepId]) -> tuple[StepId, ...]:
    """Return what a member starts after: what its group waits for and, where members go one by one, the last one."""
    others = tuple(name for name in group.waits if name != group.spec.id)
    shares_file = len(others) < len(group.waits)
    return (*others, *before[-1:]) if shares_file or is_careful(group.spec) else others


def goes_alone(state: RunState, node: StepState) -> bool:
    """Tell whether the step is a member of a group that is taken up one member after the other."""
    group = None if node.group is None else state.nodes[node.group]
    if group is None:
        return False
    return is_careful(group.spec, effect=node.effect, shares_file=group.spec.id in group.waits)


def stops_its_group(state: RunState, node: StepState) -> bool:
    """Tell whether no further member starts if this one fails; a failed one leaves a shared file as it was."""
    group = None if node.group is None else state.nodes[node.group]
    return group is not None and is_careful(group.spec, effect=node.effect)


def expand(state: RunState, group: StepState, items: Iterable[str]) -> None:
    """Turn a group into its members, all of them ready."""
    members: list[StepId] = []
    for number, item in enumerate(items, start=1):
        spec = member_of(group.spec, item)
        expected_s = state.created.estimates.get(spec.id, group.expected_s)
        node = StepState(
            spec=spec,
            order=(group.order[0], number),
            needs=group.needs,
            group=group.spec.id,
            expected_s=expected_s,
            rank_s=group.rank_s - group.expected_s + expected_s,
            references=group.references,
            waits=member_waits(group, members),
            item=item,
        )
        state.nodes[spec.id] = node
        members.append(spec.id)
        make_ready(state, node)
    group.members = tuple(members)
    group.open_members = len(members)
    state.unfinished += len(members)
    if not members:
        finish(state, group, StepStatus.VERIFIED, None)


def results_after(state: RunState, target: StepState | None) -> tuple[StepId, ...]:
    """Return the steps whose results are gone when the branch returns to where `target` left it (None: to the base).

    These are the later committed steps and whatever was verified on their strength; an outside effect that was applied
    and made no commit cannot be taken back and stays.
    """
    since = 0 if target is None else target.verified_seq
    gone = {node.spec.id for node in state.nodes.values() if node.commit is not None and node.verified_seq > since}
    size = -1
    while size != len(gone):
        size = len(gone)
        for node in state.nodes.values():
            is_stale = any(need in gone for need in node.needs) or any(name in gone for name in node.members or ())
            stays = node.applied and node.commit is None
            if is_stale and node.status in SATISFIED and not stays:
                gone.add(node.spec.id)
    return tuple(node.spec.id for node in state.steps() if node.spec.id in gone)


def expand_later(state: RunState) -> None:
    """Let the group that is being expanded be expanded anew."""
    if state.expanding is None:
        return
    group = state.nodes[state.expanding]
    group.status = StepStatus.PENDING
    state.expanding = state.expanding_in = None
    make_ready(state, group)


def move_back(state: RunState, commit: str, target: StepState | None) -> None:
    """Take the branch back to where `target` left it (None: to the base); the tip that is left is to be kept."""
    assert state.branch is not None
    tree = state.created.base_tree if target is None else target.tree_after
    for node in state.nodes.values():
        if node.transplant is not None:  # what it rests on may be gone for good
            if node.work is not None:
                withdraw(state, node, "the run branch has gone back")
            reset(node)
    state.queue = {name: None for name in state.queue if name in state.active}
    move_head(state, commit, tree or state.branch.tree)


def move_head(state: RunState, commit: str, tree: str) -> None:
    """Take the branch back to a commit with that tree; the tip that is left is to be kept."""
    assert state.branch is not None
    branch = state.branch
    branch.keep_next = branch.head != commit
    branch.generation += branch.head != commit
    branch.head, branch.tree = commit, tree
    for lane in state.lanes.values():
        lane.is_ready = lane.is_ready and lane.held_by is not None
