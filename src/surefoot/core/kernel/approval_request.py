"""The making of approval requests: their content, their question, and what makes two questions one kind."""

from __future__ import annotations

from dataclasses import replace

from surefoot.core.agent_types import ToolCall
from surefoot.core.approval import Package, Precondition, difference_of, text_of
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import QuestionKind
from surefoot.core.kernel.call_effects import is_repeated_call, rule_for_call
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.outputs import confidence_of, needed_outputs, outputs_for, uncertainties_of
from surefoot.core.plan import digest_of
from surefoot.core.plan_commands import CommandKind, commands_around, commands_of_step, ways_out
from surefoot.core.policy_types import Decision, Effect, effect_with
from surefoot.core.recovery import question
from surefoot.core.state import Approvers, RunState, step_beside
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.stubs import call_line
from surefoot.core.system_steps import step_said
from surefoot.core.untrusted_text import behind

DONE, ABANDON = "done", "abandon"
"""What a person says who has taken a step over."""
_NEEDS_NAMED = 8


def ask(state: RunState, node: StepState, now: float, decision: Decision, shown: str) -> Proposal:
    """Return the question whether a step's body, or its result, may be."""
    work = node.work
    assert work is not None
    package = _package(state, node, work, decision)
    asked = question(
        state, node, now, QuestionKind.CONFIRM, text_of(package, step_said(node.spec.id)), ("yes", "no"), shown
    )
    return Proposal(replace(asked, package=package, demand=decision.demand, like=package.like))


def ask_about_call(
    state: RunState, node: StepState, now: float, decision: Decision, call: ToolCall, shown: str
) -> Proposal:
    """Return the question whether an agent may run a command."""
    work = node.work
    assert work is not None
    package = _package(state, node, work, decision)
    programs = sorted({" ".join(words[:2]) for words in call.does.commands}) if call.does is not None else []
    like = f"every command {', '.join(programs)} of an agent for which rule {decision.rule} asks"
    title = f"An agent is at work on this step and wants to run a command. {package.title}".strip()
    raised_by = rule_for_call(state, node, call)
    effect = effect_with(node.spec.effect, raised_by)
    package = replace(
        package,
        does=call.command,
        title=title,
        changed=(),
        trees=None,
        lines=None,
        like=like,
        effect=effect.value,
        undo=_undo_of(effect),
        raised_by=raised_by,
        is_repeated=bool(raised_by) and is_repeated_call(node, call),
    )
    asked = question(
        state, node, now, QuestionKind.CONFIRM, text_of(package, step_said(node.spec.id)), ("yes", "no"), shown
    )
    return Proposal(replace(asked, package=package, demand=decision.demand, like=like, call=call.call))


def taken_over(state: RunState, node: StepState, now: float) -> Proposal:
    """Return the question by which a person who works in the lane says that they are done."""
    work = node.work
    assert work is not None
    place = f"lane {work.lane}" if work.lane is not None else "your hands"
    told = f"Step {node.spec.id} is in {place}, taken over by {work.people.taken_by}. Do there what it is to do:"
    text = (
        f"{behind(told, node.spec.body.text)}\nThen answer `{DONE}`, and what you did is looked at and checked; "
        f"`{ABANDON}` puts it back, and the step is asked about again."
    )
    return Proposal(question(state, node, now, QuestionKind.ASK, text, (DONE, ABANDON)))


def shown_of(state: RunState, node: StepState) -> str:
    """Name what an approval of the body rests on: the step as it will be done, what it needs, and its preconditions."""
    return f"{body_digest(state, node)}:{digest_of(preconditions_of(node))}"


def body_digest(state: RunState, node: StepState) -> str:
    """Name the step as it will be done, with what it needs as that stands; its candidates have the same name."""
    node = step_beside(state, node) or node
    needs = tuple((name, state.nodes[name].status.value, state.nodes[name].commit) for name in node.needs)
    outputs = sorted((name, sorted(values.items())) for name, values in outputs_for(state, node).items())
    return digest_of((repr(node.spec), needs, *outputs))


def approvals_of(state: RunState, node: StepState, call: str = "") -> dict[str, Approvers]:
    """Return what was approved of a step, and by whom; what holds for it holds for a candidate beside it.

    What an agent wants to run, by a call, is approved for the attempt that asked.
    """
    step, own = step_beside(state, node), state.approvals.get(node.spec.id, {})
    return own if step is None or call else {**state.approvals.get(step.spec.id, {}), **own}


def preconditions_of(node: StepState) -> tuple[Precondition, ...]:
    """Return what the step rests on, as it was at its checkpoint."""
    checkpoint = None if node.work is None else node.work.checkpoint
    return () if checkpoint is None else checkpoint.preconditions


def skipped_needs(state: RunState, node: StepState) -> tuple[str, ...]:
    """Return what an effect outside the workspace would rest on, though it was skipped."""
    if not node.effect.is_outside:
        return ()
    needs = [state.nodes[name] for name in node.needs]
    needs += [state.nodes[member] for need in needs for member in need.members or ()]
    return tuple(need.spec.id for need in needs if need.status is StepStatus.SKIPPED and need.reason != "nothing_to_do")


def is_repeated(node: StepState) -> bool:
    """Tell whether an effect that cannot be undone has been applied before."""
    counts = node.effect is Effect.IRREVERSIBLE or (node.is_taken_back and node.effect.is_outside)
    return counts and bool(node.applied or node.applied_before)


def _package(state: RunState, node: StepState, work: Attempt, decision: Decision) -> Package:
    spec = node.spec
    is_confined = state.has_workspace and spec.body.starts_program and spec.confine
    outputs = (work.outputs, *needed_outputs(state, node).values())
    sure = [stated for one in outputs if (stated := confidence_of(one)) is not None]
    claim = None if work.conversation is None else work.conversation.claim
    said = "nothing, for it did not finish" if claim is None else claim.summary
    doubts = [] if claim is None else [*claim.uncertainties]
    doubts += [text for one in outputs for text in uncertainties_of(one)]
    package = Package(
        step=spec.id,
        title=spec.title,
        why=spec.why,
        risk=spec.risk,
        does=spec.body.text,
        edited_by="" if node.edit is None else node.edit[1],
        effect=node.effect.value,
        rule=decision.rule,
        reason=decision.reason,
        undo=spec.undo_said or _undo_of(node.effect),
        reaches=ways_out(spec),
        beside=_beside(state, node),
        sandbox=state.rung if is_confined else "",
        evidence=(*_verdicts(node, work), *_needs(state, node)),
        claim=said if work.conversation is not None and work.ending is not None else "",
        statements=_statements_of(work),
        confidence=min(sure, default=None),
        uncertainties=tuple(doubts),
        rollback_point=_rollback_point(state),
        cost_usd=state.cost_usd,
        skipped=skipped_needs(state, node),
        is_repeated=is_repeated(node),
        preconditions=preconditions_of(node),
        difference=_difference(node),
        is_first=not node.preconditions,
        like=_like(node, decision),
        raised_by=node.raised_by,
    )
    if work.changes is None:
        return package
    assert work.checkpoint is not None
    return replace(
        package,
        changed=work.changes.changed,
        lines=work.changes.lines,
        trees=(work.checkpoint.tree, work.changes.tree),
        like=f"{package.like}, for what it changes",
    )


def _difference(node: StepState) -> tuple[str, ...]:
    """Say what has changed; what undoes a run rests on nothing that was so when the run began."""
    if node.is_system_step and not node.preconditions:
        return ()
    return difference_of(node.preconditions, preconditions_of(node))


def _statements_of(work: Attempt) -> tuple[str, ...]:
    """Return what the agent says to be so, each with the call it rests on."""
    conversation = work.conversation
    if conversation is None or conversation.claim is None:
        return ()
    said: list[str] = []
    for one in conversation.claim.statements:
        call = conversation.call(one.evidence) if one.evidence else None
        rests_on = f"call {one.evidence}, {call_line(call)}" if call is not None else one.evidence or "no call"
        said.append(f"{one.text} (rests on {rests_on})")
    return tuple(said)


def _undo_of(effect: Effect) -> str:
    return "nothing is known that takes it back" if effect.is_outside else "the workspace is put back"


def _beside(state: RunState, node: StepState) -> tuple[str, ...]:
    """Say what runs beside the body with a way out of the sandbox: looks at resources, checks and the probe."""
    spec, observed = node.spec, node.spec.uses if node.effect.is_outside or node.spec.body.by_model else ()
    around = (one for one, _ in commands_around(state.plan))
    found = [one for one in around if one.kind is CommandKind.OBSERVE and one.name in observed]
    found += (one for one, _ in commands_of_step(spec, {}) if one.reaches_out)
    return tuple(f"{one.where} ({', '.join(ways_out(one))}): {one.text}" for one in found)


def _verdicts(node: StepState, work: Attempt) -> list[str]:
    said: list[str] = []
    for check, record in zip(node.spec.checks, work.checks, strict=True):
        answers = ((record.before, "before"), (record.after, "after"))
        verdicts = [f"{verdict} {when}" for verdict, when in answers if verdict is not None]
        if verdicts:
            said.append(f"check {check.name}: {', '.join(verdicts)}")
    return said


def _needs(state: RunState, node: StepState) -> list[str]:
    """Say of what the step needs how it stands and on what proof."""
    said: list[str] = []
    for name in node.needs[:_NEEDS_NAMED]:
        need = state.nodes[name]
        proof = f" on {need.proof}" if need.proof else ""
        members = f" ({len(need.members)} steps)" if need.members is not None else ""
        said.append(f"needs {name}{members}: {need.reason if need.reason == 'nothing_to_do' else need.status}{proof}")
    return said if len(node.needs) <= _NEEDS_NAMED else [*said, f"and {len(node.needs) - _NEEDS_NAMED} more it needs"]


def _rollback_point(state: RunState) -> str:
    """Name the last point the run can go back to."""
    if state.branch is None:
        return ""
    made = [node for node in state.nodes.values() if node.commit is not None]
    last = max(made, key=lambda node: node.verified_seq, default=None)
    return f"{state.branch.head[:12]}, " + ("the base of the run" if last is None else f"where {last.spec.id} left it")


def _like(node: StepState, decision: Decision) -> str:
    """Say which questions are of one kind: those of one group, or of the same programs, for the same rule."""
    if node.group is not None:
        return f"every step of the group {node.group} for which rule {decision.rule} asks"
    does = None if node.work is None or node.work.checkpoint is None else node.work.checkpoint.does
    programs = sorted({" ".join(words[:2]) for words in does.commands}) if does is not None else []
    doing = f" that runs {', '.join(programs)}" if programs else ""
    return f"every {node.effect} step{doing} for which rule {decision.rule} asks"
