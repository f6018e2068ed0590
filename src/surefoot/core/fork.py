"""A run that begins in the middle of another one: at the commit of a step, with what is left of the plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from surefoot.core.event_words import Finding, Severity
from surefoot.core.events import ForkedFrom
from surefoot.core.ids import StepId
from surefoot.core.placeholders import bound
from surefoot.core.plan import OnFailure, Plan, Step
from surefoot.core.record import record
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.core.step_state import DONE, StepState

_NAMED_MAX = 8


@record
class Fork:
    """Where a run begins in another one, and what is left of that one's plan there."""

    origin: ForkedFrom
    plan: Plan
    """Its steps are those that were not done yet at that commit."""
    problems: tuple[str, ...]
    """Why the rest of the plan cannot be carried out without what was done before."""
    findings: tuple[Finding, ...]


def fork_at(state: RunState, target: StepState) -> Fork:
    """Return the fork of a run at a step that left a commit.

    What was done by then is part of the base. Needs of it count as satisfied, and its outputs stand where the plan
    refers to them.
    """
    done = {node.spec.id for node in state.steps() if _is_done(node, target)}
    done |= {node.spec.id for node in state.nodes.values() if node.members and set(node.members) <= done}
    assert target.head_after is not None
    origin = ForkedFrom(
        run=state.created.run,
        step=target.spec.id,
        commit=target.head_after,
        done=tuple(node.spec.id for node in state.steps() if node.spec.id in done),
    )
    left = [step for step in state.plan.steps if step.id not in done]
    return Fork(
        origin=origin,
        plan=replace(state.plan, steps=tuple(_left_of(state, step, done) for step in left)),
        problems=tuple(_problems(state, left, done)),
        findings=tuple(_findings(state, left, done)),
    )


def _is_done(node: StepState, target: StepState) -> bool:
    return node.status in DONE and 0 < node.verified_seq <= target.verified_seq


def _left_of(state: RunState, step: Step, done: set[StepId]) -> Step:
    """Return a step as it stands where some of the plan is part of the base."""
    node = state.nodes[step.id]
    values: dict[str, str] = {}
    for reference in node.references:
        giver = state.nodes.get(reference.step)
        if giver is not None and giver.spec.id in done and reference.key in giver.outputs:
            values[reference.token] = giver.outputs[reference.key]
    each = step.for_each
    if each is not None and node.members is not None:
        items = [state.nodes[name].item or "" for name in node.members if name not in done]
        each = replace(each, items=tuple(items), glob=None, lines=None)
    is_gone = step.rollback_to is not None and step.rollback_to in done
    return replace(
        bound(_without_way_back(step) if is_gone else step, None, values),
        for_each=each,
        needs=tuple(name for name in node.needs if name not in done),
    )


def _without_way_back(step: Step) -> Step:
    """Return the step as one whose failure blocks what needs it, where it would have gone back to a step of before."""

    def then(how: OnFailure) -> OnFailure:
        return OnFailure.BLOCK if how is OnFailure.ROLLBACK else how

    return replace(
        step,
        on_failure=then(step.on_failure),
        on_execution=None if step.on_execution is None else then(step.on_execution),
        on_verification=None if step.on_verification is None else then(step.on_verification),
        rollback_to=None,
    )


def _problems(state: RunState, left: list[Step], done: set[StepId]) -> Iterator[str]:
    """Yield what the steps that are left would miss."""
    if not left:
        yield "no step of the plan is left to do there"
    for step in left:
        node = state.nodes[step.id]
        givers = [name for name in node.needs if name in done and state.nodes[name].spec.artifacts]
        if givers:
            yield f"step {step.id!r} uses artifacts of {listed(givers, _NAMED_MAX)}, which only the other run has"
        lost = [one for one in node.references if one.step in done and one.key not in state.nodes[one.step].outputs]
        if lost:
            yield f"step {step.id!r}: {lost[0].token} stands for nothing"


def _findings(state: RunState, left: list[Step], done: set[StepId]) -> Iterator[Finding]:
    for step in left:
        if step.rollback_to is not None and step.rollback_to in done:
            text = f"`rollback_to: {step.rollback_to}` is a part of the base here; where the step fails, it blocks."
            yield Finding(kind="fork-without-rollback", severity=Severity.WARNING, text=text, step=step.id)
        for node in _nodes_of(state, step):
            if node.spec.id not in done and node.has_reached_out and not node.is_undone:
                text = f"Run {state.created.run} has had this effect already, or may have; here it would come again."
                yield Finding(kind="effect-of-origin", severity=Severity.WARNING, text=text, step=node.spec.id)


def _nodes_of(state: RunState, step: Step) -> Iterator[StepState]:
    node = state.nodes[step.id]
    yield from (state.nodes[name] for name in node.members or (step.id,))
