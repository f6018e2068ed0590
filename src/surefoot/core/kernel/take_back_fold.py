"""The fold of results that are taken back: what is tainted begins anew, what stays is brought onto the branch again.

Decides nothing.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.agent_types import Lesson
from surefoot.core.attempt import Attempt, Judging
from surefoot.core.attempt_result import Result, Transplant
from surefoot.core.event_words import Applied, Ending, Finding, Severity, Status
from surefoot.core.events.invalidation_events import TakingBack
from surefoot.core.graph_state import leave_attempt, leave_queue, move_head, recount, reset, shorten_train, withdraw
from surefoot.core.ids import StepId
from surefoot.core.kernel.guards import need, node_of
from surefoot.core.kernel.plan_adoption import validate_anew
from surefoot.core.kernel.plan_watch_fold import settle_by_change
from surefoot.core.state import RunState, needed_by
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.taint import chain_of, is_result, tainted_by


def steps_found_wrong(state: RunState, event: ev.StepsFoundWrong) -> None:
    """Note that verified steps are wrong: nothing starts on them any more, and what consumed them is left."""
    need(state.undoing is None and state.undone_by is None, event, "the run was taken back as a whole")
    need(event.steps, event, "no step is named")
    for name in event.steps:
        node = node_of(state, event, name)
        names = (name,) if node.members is None else node.members
        done = [one for one in names if is_result(state.nodes[one])]
        need(done, event, f"step {name!r} is {node.status}, so there is no result to take back")
    state.found_wrong = (*state.found_wrong, event)
    for one in tainted_by(state, event.steps):
        tainted = state.nodes[one.step]
        has_failed = tainted.work is not None and tainted.work.failure is not None
        if not tainted.is_in_doubt and not tainted.is_reaching_out and not has_failed:
            leave_attempt(state, tainted, "what it rests on was found wrong")


def results_taken_back(state: RunState, event: ev.ResultsTakenBack) -> None:
    """Take what was found wrong off the branch, with all that consumed it."""
    need(state.found_wrong, event, "nothing was found wrong")
    busy = [node.spec.id for node in steps_in_the_way(state, event.taken)]
    need(not busy, event, f"steps that it concerns are under way: {', '.join(busy)}")
    need(not state.accept.open, event, "an acceptance check is under way")
    said = {name: one for one in state.found_wrong for name in _with_members(state, one.steps)}
    places = {name: state.nodes[name].verified_seq for name in said if name in state.nodes}
    take_back(state, event.taken, {name: f"{one.by} found it wrong: {one.why}" for name, one in said.items()})
    for one in event.taken.tainted:
        if one.by is None and one.step in said:
            text = f"taken back: {said[one.step].by} found it wrong: {said[one.step].why}".removesuffix(": ")
            evidence = (places[one.step], state.seq + 1)
            found = Finding(kind="found-wrong", severity=Severity.WARNING, text=text, step=one.step, evidence=evidence)
            state.reported = (*state.reported, found)
    state.found_wrong = ()
    wait_as_before(state, event.taken)
    validate_anew(state)


def steps_in_the_way(state: RunState, taken: TakingBack) -> list[StepState]:
    """Return the steps under way that have to come to an end, or to rest, before results are taken back."""
    tainted = {one.step for one in taken.tainted}
    active = (state.nodes[name] for name in state.active)
    return [node for node in active if (_is_busy(node) if node.transplant is not None else node.spec.id in tainted)]


def _is_busy(node: StepState) -> bool:
    return node.work is not None and node.work.is_busy


def _with_members(state: RunState, names: tuple[StepId, ...]) -> list[StepId]:
    return [one for name in names if name in state.nodes for one in (name, *(state.nodes[name].members or ()))]


def take_back(state: RunState, taken: TakingBack, why: dict[StepId, str]) -> None:
    """Let the tainted steps begin anew, and the results that stay be brought onto the branch again."""
    if not taken.tainted:
        return
    for node in [state.nodes[name] for name in state.active]:
        if node.transplant is not None and node.work is not None:
            withdraw(state, node, "results are taken back")
    pending = [name for name in state.queue if state.nodes[name].transplant is not None]
    settle_by_change(state, {one.step for one in taken.tainted}, "its step is done again")
    for one in taken.tainted:
        node = state.nodes[one.step]
        _begin_anew(state, node, chain_of(taken, one.step), why.get(one.step, f"it {one.why} of {one.by}"))
    for name in taken.kept:
        state.nodes[name].transplant = _transplant_of(state.nodes[name])
        state.nodes[name].status = StepStatus.PENDING
        state.nodes[name].commit = state.nodes[name].put_on = None
    for name in (*taken.kept, *pending):
        node = state.nodes[name]
        if node.transplant is not None:
            node.transplant = replace(node.transplant, rests_on=taken.rests_on.get(name, ()))
    _go_back(state, taken)
    first = [name for name in (*taken.kept, *pending) if state.nodes[name].transplant is not None]
    state.queue = dict.fromkeys([*first, *state.queue])


def _transplant_of(node: StepState) -> Transplant:
    assert node.put_on is not None
    assert node.tree_after is not None
    base, base_tree = node.put_on
    return Transplant(base=base, base_tree=base_tree, tree=node.tree_after, proof=node.proof)


def _begin_anew(state: RunState, node: StepState, chain: tuple[StepId, ...], why: str) -> None:
    """Let a tainted step be done again, and tell its next attempt why."""
    name = node.spec.id
    lesson = Lesson(attempt=node.attempt, tried="its result was verified, and taken back since", said=why)
    reset(node)
    leave_queue(state, name)
    state.waits.pop(name, None)
    state.handing.pop(name, None)
    state.notes = tuple(note for note in state.notes if note.by != name)
    node.is_taken_back, node.tainted_by, node.lessons = True, chain, (*node.lessons, lesson)


def _go_back(state: RunState, taken: TakingBack) -> None:
    """Take the branch back; what is under way and consumed nothing of it goes on, and is brought onto the new head."""
    if taken.onto is None:
        return
    assert state.branch is not None
    if state.train is not None:
        shorten_train(state, 0, "results were taken back")
    move_head(state, taken.onto, taken.tree or "")
    for name in state.active:
        work = state.nodes[name].work
        if work is not None:
            work.branch_went_back(state.branch.generation)


def wait_as_before(state: RunState, taken: TakingBack) -> None:
    """Let each step start after those whose results it had consumed, as it did before."""
    for name, others in taken.rests_on.items():
        node = state.nodes.get(name)
        if node is None:
            continue
        later = (one for one in others if one in state.nodes and one not in node.waits)
        more = tuple(one for one in later if name not in needed_by(state, state.nodes[one]))
        node.waits = (*node.waits, *more)


def take_up(state: RunState, node: StepState, work: Attempt, event: ev.Checkpointed) -> None:
    """Begin an attempt with the result that the step has already."""
    kept = node.transplant
    assert kept is not None
    observed = ev.ChangesObserved(
        at=event.at,
        step=event.step,
        attempt=event.attempt,
        tree=kept.tree,
        changed=node.changed,
        undeclared=node.undeclared,
        keys=node.keys,
        left=node.left,
    )
    result = Result(
        made_on=kept.base,
        made_on_tree=kept.base_tree,
        generation=work.generation,
        base=kept.base,
        base_tree=kept.base_tree,
        tree=kept.tree,
        changed=node.changed,
        observed=observed,
        is_merged=True,
        outputs=node.outputs,
        claim=node.claim,
    )
    stage = Judging(
        begun_by=None,
        settled=Applied.APPLIED if node.applied else None,
        ending=Ending(status=Status.OK),
        evidence=node.body_evidence,
        outputs=node.outputs,
        result=result,
        kept=node.kept,
    )
    work.take_up(kept, stage)
    state.queue.setdefault(event.step)


def give_up_transplant(state: RunState, node: StepState) -> None:
    """Let a result go that does not hold on the new head, with those that rest on it: they are done again."""
    todo = [node]
    while todo:
        lost = todo.pop()
        lost.transplant = None
        leave_queue(state, lost.spec.id)
        if lost is not node:
            if lost.work is not None:
                withdraw(state, lost, "what it rests on is done again")
            reset(lost)
        todo += [one for one in state.nodes.values() if _rests_on(one, lost.spec.id)]
    recount(state)


def _rests_on(node: StepState, name: StepId) -> bool:
    return node.transplant is not None and name in node.transplant.rests_on
