"""The fold of candidates: results of several attempts at one step, of which one is chosen. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.core import events as ev
from surefoot.core.attempt import Attempt, Judging, Preparing
from surefoot.core.attempt_result import Result
from surefoot.core.candidates import Candidate, leaves_behind
from surefoot.core.event_words import Ending, Status
from surefoot.core.events import Event
from surefoot.core.graph_state import finish, join_queue, make_pending_again, withdraw_question
from surefoot.core.ids import StepId
from surefoot.core.kernel.guards import answered, begin, need
from surefoot.core.kernel.proof_rules import proof_of
from surefoot.core.plan import Step
from surefoot.core.queue import has_result
from surefoot.core.state import RunState, step_beside
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.system_steps import SYSTEM_STEPS, attempted_step


def _candidate_requested(state: RunState, event: ev.CandidateRequested) -> None:
    node, work = begin(state, event)
    need(type(work.stage) is Judging and node.is_candidate, event, "there is no result that could be a candidate")
    need(node.made_beside is None or step_beside(state, node) is not None, event, "nothing waits for it any more")
    need(event.candidate == node.candidate_number, event, f"candidate {node.candidate_number} is next")
    work.open = event.kind


def _candidate_kept(state: RunState, event: ev.CandidateKept) -> None:
    node, work = answered(state, event, ev.CandidateRequested)
    name = attempted_step(node.spec.id)
    assert work.changes is not None
    assert work.checkpoint is not None
    one = Candidate(
        number=event.candidate,
        attempt=event.attempt,
        base=work.checkpoint.commit,
        base_tree=work.checkpoint.tree,
        generation=work.generation,
        observed=work.changes,
        kept=event,
        records=tuple(map(replace, work.checks)),
        proof=proof_of(state, node, work),
        outputs=work.outputs,
        claim=None if work.conversation is None else work.conversation.claim,
        evidence=work.evidence,
        saw=work.saw,
        based_at=work.based_at,
        artifacts=work.kept,
        notes=tuple(replace(note, by=name) for note in state.notes if note.by == node.spec.id),
    )
    step = step_beside(state, node) or node
    if step is not node or node.made_beside is None:
        step.candidates = tuple(sorted((*step.candidates, one), key=lambda one: one.number))
        step.candidates_made += 1
    assert work.lane is not None
    lane = state.lanes[work.lane]
    if event.lane_changed or leaves_behind(node.spec, state.plan):
        lane.needs_fresh, lane.is_ready = True, False
    # What comes next is independent of it: it is told nothing of this attempt.
    _forget_notes(state, node)
    if node.made_beside is not None:
        finish(state, node, StepStatus.SKIPPED, f"kept as candidate {one.number}")
        end_beside(state, node)
        return
    node.lessons, node.last_failure, node.put_back, node.left_changes = (), None, (), None
    node.session_left = None
    node.crashes, node.losses, node.wanted, node.due = 0, 0, None, None
    make_pending_again(state, node)
    node.claim = None


def _candidate_chosen(state: RunState, event: ev.CandidateChosen) -> None:
    node, work = begin(state, event)
    need(type(work.stage) is Preparing and work.place is None, event, "the attempt has begun")
    need(node.is_choice_due, event, "there are not all candidates yet")
    need(any(one.number == event.candidate for one in node.candidates), event, "there is no such candidate")
    node.chosen, node.is_agreed = event.candidate, event.agreed
    node.why_chosen, node.chosen_by = event.why, event.by
    one = node.chosen_candidate
    assert one is not None
    state.notes = (*state.notes, *one.notes)
    work.people.answer = None


def _candidates_dropped(state: RunState, event: ev.CandidatesDropped) -> None:
    node, work = begin(state, event)
    need(type(work.stage) is Preparing and work.place is None, event, "the attempt has begun")
    need(node.candidates, event, "there are none")
    drop_candidates(state, node)
    work.people.answer = None


def begin_beside(state: RunState, event: ev.StepStarted, spec: Step, made: tuple[StepId, int]) -> StepState:
    """Return what makes a candidate beside the attempt of a step."""
    step = state.nodes.get(made[0])
    need(step is not None and step.is_candidate and made[1] in step.free_candidate_numbers, event, "none is wanted")
    assert step is not None
    step.beside = tuple(sorted((*step.beside, made[1])))
    known = state.nodes.get(event.step)
    # Its attempt has a number of its own among those of the step.
    node = StepState(
        spec=spec, order=(-1, len(SYSTEM_STEPS) + made[1]), needs=step.needs, candidates_made=event.attempt - 1
    )
    # What was approved of the step rests on these, and holds for its candidates as far as they are the same.
    node.preconditions = step.preconditions
    node.reached = step.reached
    if known is not None:  # it was broken off, and is begun again
        node.session_left, node.denied, node.granted = known.session_left, known.denied, known.granted
    return node


def failed_beside(state: RunState, node: StepState, *, is_counted: bool) -> None:
    """Note that a candidate beside a step has failed: nobody is asked about it any more, and the step counts it."""
    if node.made_beside is None:
        return
    withdraw_question(state, node, "nothing waits for it any more")
    step = step_beside(state, node)
    if step is not None and is_counted:
        step.failures += 1


def end_beside(state: RunState, node: StepState) -> None:
    """Let a step wait no more for a candidate that was made beside it, or not; what its agent noted is forgotten."""
    if node.made_beside is None:
        return
    _forget_notes(state, node)
    _hand_on_reached(state, node, node.made_beside[0])
    step = step_beside(state, node)
    if step is not None:
        number = node.candidate_number
        step.beside = tuple(one for one in step.beside if one != number)


def _hand_on_reached(state: RunState, node: StepState, name: StepId) -> None:
    """Let the step know what a candidate beside it did to others: it stays, whatever becomes of the candidate."""
    step = state.nodes.get(name)
    if step is None:
        return
    known = {(one.attempt, one.call, one.key) for one in step.reached}
    new = tuple(one for one in node.reached if (one.attempt, one.call, one.key) not in known)
    # What the agent at work on the step has done itself stays last, and what it was told stays as it was.
    at = len(step.reached) if step.conversation is None else step.conversation.reached_before
    step.reached = (*step.reached[:at], *new, *step.reached[at:])


def drop_candidates(state: RunState, node: StepState) -> None:
    """Forget what was made of a step so far, with what its agents noted."""
    if not node.candidates and not node.beside:
        return
    node.drop_candidates()
    _forget_notes(state, node)


def _forget_notes(state: RunState, node: StepState) -> None:
    state.notes = tuple(note for note in state.notes if note.by != node.spec.id)


def take_chosen(state: RunState, node: StepState, work: Attempt, event: ev.Checkpointed) -> None:
    """Begin an attempt with the result of the candidate that was chosen."""
    one = node.chosen_candidate
    assert one is not None
    observed = replace(one.observed, at=event.at, attempt=event.attempt)
    result = Result(
        made_on=one.base,
        made_on_tree=one.base_tree,
        generation=work.generation,
        base=one.base,
        base_tree=one.base_tree,
        tree=one.tree,
        changed=observed.changed,
        observed=observed,
        outputs=one.outputs,
        claim=one.claim,
    )
    stage = Judging(
        begun_by=None,
        ending=Ending(status=Status.OK),
        evidence=one.evidence,
        outputs=one.outputs,
        result=result,
        kept=one.artifacts,
    )
    work.take_chosen(stage, list(map(replace, one.records)))
    work.based_at = one.based_at
    node.undeclared, node.keys, node.left = observed.undeclared, observed.keys, observed.left
    node.claim = one.claim
    if has_result(node):
        join_queue(state, event.step)


CANDIDATE_FOLDS: dict[type[Event], Callable[[RunState, Any], None]] = {
    ev.CandidateRequested: _candidate_requested,
    ev.CandidateKept: _candidate_kept,
    ev.CandidateChosen: _candidate_chosen,
    ev.CandidatesDropped: _candidates_dropped,
}
"""What to do with each of these events."""
