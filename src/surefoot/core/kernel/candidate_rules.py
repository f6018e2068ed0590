"""The rules of steps that are attempted several times before one of the results counts.

Each attempt ends in a candidate once its own checks have passed; the next one begins in a lane that was put back, and
knows nothing of it. When there are enough, one is chosen in an attempt of its own: it goes on from there like any other
result. Nothing here changes the state.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.candidates import Agreement, Candidate, agreement_of, compared_by
from surefoot.core.event_words import Diagnosis, QuestionKind
from surefoot.core.graph_state import is_amended, is_touched
from surefoot.core.kernel.check_rules import place
from surefoot.core.kernel.failure_rules import fails
from surefoot.core.kernel.interrupts import interrupts_of
from surefoot.core.kernel.proposal import Proposal, RuleResult
from surefoot.core.plan import Disagreement, OnFailure, RetryPolicy
from surefoot.core.recovery import question
from surefoot.core.short_text import counted, listed
from surefoot.core.state import RunState, step_beside
from surefoot.core.step_state import FINAL, StepState
from surefoot.core.system_steps import candidate_step_id
from surefoot.core.untrusted_text import in_line

ANEW = "anew"
"""The answer that none of the candidates counts, and that others are made."""
NONE = "none"
"""The answer that none of them counts, and that the step has failed."""


def refuse_to_repeat(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Make no several attempts at what was recognised as an effect outside the workspace."""
    del state
    if node.spec.best_of < 2 or work.checkpoint is None or not node.effect.is_outside:
        return None
    why = f"its command reaches others (rule {node.raised_by}), and `best_of` would do that several times"
    return fails(node, now, Diagnosis.STRUCTURAL, f"{why}; remove `best_of`, or what reaches others")


def keep_candidate(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Keep the result of one of several attempts, now that it has passed its checks."""
    if not node.is_candidate or not state.has_workspace or work.changes is None or work.checkpoint is None:
        return None
    assert work.tree is not None
    if work.lane_tree != work.tree:
        return place(node, work, work.tree, now)
    number = node.candidate_number
    command = do.KeepCandidate(
        **node.in_lane,
        spec=node.spec,
        candidate=number,
        commit=work.checkpoint.commit,
        base_tree=work.checkpoint.tree,
        tree=work.tree,
        checkpoint=work.checkpoint_number,
        earlier={one.number: one.kept.output for one in _known(state, node) if one.kept.output is not None},
    )
    return Proposal(ev.CandidateRequested(**node.at(now), candidate=number), command)


def _known(state: RunState, node: StepState) -> tuple[Candidate, ...]:
    return (step_beside(state, node) or node).candidates


def base_of_candidates(state: RunState, node: StepState) -> str | None:
    """Return the commit that all candidates of a step are made on; None: it is not fixed yet, or there are none."""
    if not node.is_candidate:
        return None
    step = step_beside(state, node) or node
    if step.candidates:
        return step.candidates[0].base
    checkpoint = None if step is node or step.work is None else step.work.checkpoint
    return None if checkpoint is None else checkpoint.commit


def leave_beside(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Make no candidate for a step that waits for it no more: it has ended, or has become another one."""
    is_over = node.made_beside is None or work.failure is not None or _is_waited_for(state, node)
    if is_over or node.is_in_doubt:  # what may have reached others is settled first
        return None
    if work.is_busy:
        return next(iter(interrupts_of([node], now)), None)
    return fails(node, now, Diagnosis.INTERRUPTED, "its step waits for it no more", counted=False)


def _is_waited_for(state: RunState, node: StepState) -> bool:
    """Tell whether a step waits for a candidate beside it; a change that is only proposed ends nothing."""
    step = step_beside(state, node)
    return step is not None and step.status not in FINAL and not state.found_wrong and not is_amended(state, step)


def start_beside(state: RunState, count: int, now: float) -> list[Proposal]:
    """Start up to so many further candidates of steps that make one, each in a lane of its own.

    The body of the step has begun by then: what a person has to say to it was said, and holds for all of them.
    """
    moves: list[Proposal] = []
    for node in [state.nodes[name] for name in state.active]:
        work = node.work
        if work is None or not _may_have_others_beside(state, node, work):
            continue
        for number in _free_beside(state, node)[: count - len(moves)]:
            name = candidate_step_id(node.spec.id, number)
            retry = RetryPolicy(maximum_attempts=1)
            spec = replace(node.spec, id=name, needs=(), retry=retry, on_failure=OnFailure.BLOCK, rollback_to=None)
            attempt = node.attempt + number - node.candidate_number
            moves.append(Proposal(ev.StepStarted(at=now, step=name, attempt=attempt, spec=spec)))
    return moves


def _free_beside(state: RunState, node: StepState) -> list[int]:
    """Return the numbers of the candidates that can be begun beside the attempt of a step.

    One that was begun for what the step was before it was amended has to come to its end first.
    """
    names = {number: candidate_step_id(node.spec.id, number) for number in node.free_candidate_numbers[1:]}
    ended = {name for name in names.values() if name not in state.nodes or state.nodes[name].status in FINAL}
    return [number for number, name in names.items() if number <= node.spec.best_of and name in ended]


def _may_have_others_beside(state: RunState, node: StepState, work: Attempt) -> bool:
    if not node.is_candidate or node.is_system_step or not work.body_started or work.failure is not None:
        return False
    if node.missing or state.branch is None or work.generation != state.branch.generation:
        return False
    shares = any(state.plan.service(name).network for name in state.plan.services_of(node.spec))
    return not shares and not node.failures and not is_touched(state, node)


def choose_candidate(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Choose a candidate once there are enough: one that all agree with, else as the plan or a person says."""
    if not node.candidates or work.checkpoint is not None or state.branch is None or node.made_beside is not None:
        return None
    if any(one.generation != state.branch.generation for one in node.candidates):
        gone = "the run branch has gone back behind what they rest on"
        return Proposal(ev.CandidatesDropped(**node.at(now), reason=gone))
    if not node.is_candidate or not node.is_choice_due:
        return None
    found = agreement_of(node.spec, node.candidates)
    if work.people.answer is not None:
        return _as_answered(state, node, found, work.people.answer, now)
    many = len(node.candidates)
    if found.is_whole:
        every = "both" if many == 2 else f"all {many}"
        why = f"{every} candidates agree {compared_by(node.spec)}; this one changes the fewest lines"
        return _choose(node, found.best, why, now, agreed=True)
    if node.spec.disagree is Disagreement.MAJORITY and found.is_by_majority:
        why = f"{len(found.groups[0])} of {found.wanted} candidates agree {compared_by(node.spec)}"
        return _choose(node, found.best, f"{why}, and `disagree: majority` takes that", now, agreed=False)
    numbers = tuple(str(one.number) for one in node.candidates)
    text = _asked(state, node, found)
    return Proposal(question(state, node, now, QuestionKind.ASK, text, (*numbers, ANEW, NONE)))


def _choose(node: StepState, one: Candidate, why: str, now: float, *, agreed: bool, by: str = "") -> Proposal:
    return Proposal(ev.CandidateChosen(**node.at(now), candidate=one.number, agreed=agreed, why=why, by=by))


def _as_answered(state: RunState, node: StepState, found: Agreement, answer: str, now: float) -> Proposal:
    """Do what a person has said of candidates that do not agree."""
    said = [one for one in state.questions.values() if one.asked.step == node.spec.id and one.answered is not None]
    by = said[-1].answered.by if said and said[-1].answered is not None else "somebody"
    if answer == ANEW:
        return Proposal(ev.CandidatesDropped(**node.at(now), reason=f"{by} wants others"))
    if answer == NONE:
        reason = f"its {len(node.candidates)} candidates do not agree, and {by} takes none of them"
        return Proposal(ev.StepFailed(**node.at(now), reason=reason))
    one = next(one for one in node.candidates if str(one.number) == answer)
    with_it = found.with_which(one.number)
    said_with = f", which agrees with {listed(map(str, with_it))}" if with_it else ""
    return _choose(node, one, f"{by} chose it{said_with}", now, agreed=False, by=by)


def _asked(state: RunState, node: StepState, found: Agreement) -> str:
    """Return the question which of the candidates counts."""
    step, made = node.spec, node.candidates
    head = f"Step {step.id}: {len(made)} of {step.best_of} candidates passed their checks"
    many = len(found.groups)
    if many == 1 and len(found.groups[0]) > 1:
        head += f", and they agree {compared_by(step)}; the other attempts failed."
    elif len(made) == 1:
        head += "; the other attempts failed."
    else:
        head += f", and they do not agree {compared_by(step)}."
    lines = [head]
    for one in made:
        others = found.with_which(one.number)
        agrees = f"agrees with {listed(map(str, others))}" if others else "agrees with no other"
        flaw = f"; {in_line(one.kept.flaw)}" if one.kept.flaw else ""
        paths = listed(map(in_line, one.observed.changed), 4)
        lines.append(f"  {one.number}: {agrees}{flaw}; {counted(one.kept.lines, 'line')} in {paths or 'no file'}")
    for first, second, difference in found.differences:
        lines.append(f"  {first} and {second} differ first in line {difference.line} of what is compared:")
        lines += [f"    {first}: {in_line(difference.there)}", f"    {second}: {in_line(difference.here)}"]
    command = f"surefoot show {state.created.run} {step.id} --candidate N"
    lines.append(f"  what they do: {command}; what they change: {command} --diff")
    lines.append(f"Which one counts? ({ANEW}: make others; {NONE}: the step has failed)")
    return "\n".join(lines)
