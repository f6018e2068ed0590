"""How a person's consent is got before an effect.

Owns when a step has to be asked about, what a person is shown, and what an approval rests on. Must never lower a tier.
Read `surefoot.core.policy` next.
"""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.core import events as ev
from surefoot.core.kernel.proposal import Proposal
from surefoot.core.outputs import outputs_for
from surefoot.core.plan import CallBody, Effect, RunBody, Step, Tier, digest_of
from surefoot.core.policy import tier_of, ways_out
from surefoot.core.recovery import question
from surefoot.core.state import QuestionState, RunState, StepState, StepStatus
from surefoot.core.terms import QuestionKind


def ask_consent(state: RunState, node: StepState, now: float) -> Proposal | None:
    """Return what gets a person's consent to the step, where its tier asks for it; None where nothing is needed."""
    skipped = _skipped_needs(state, node)
    if tier_of(node.spec, state.plan) is not Tier.CONFIRM and not skipped:
        return None
    shown = _shown(state, node)
    by = _approved_by(state, node, shown)
    if by is not None:
        return Proposal(ev.ApprovalRecorded(at=now, step=node.spec.id, attempt=node.attempt, by=by, shown=shown))
    text = _package(node.spec, skipped, state.rung if state.has_workspace else "", is_repeated=_is_repeated(node))
    return Proposal(question(state, node, now, QuestionKind.CONFIRM, text, ("yes", "no"), shown))


def allowed_meanwhile(state: RunState, node: StepState, asked: QuestionState, now: float) -> Proposal | None:
    """Answer what was asked before a person allowed it by name, or all of its kind."""
    if state.pausing is not None:
        return None
    shown = asked.asked.shown
    by = _approved_by(state, node, shown) if asked.asked.about is QuestionKind.CONFIRM else None
    if by is None:
        return None
    return Proposal(ev.QuestionAnswered(at=now, question=asked.asked.question, answer="yes", by=by))


def _is_repeated(node: StepState) -> bool:
    return (node.applied or node.applied_before) and node.spec.effect is Effect.IRREVERSIBLE


def _skipped_needs(state: RunState, node: StepState) -> tuple[str, ...]:
    """Return what an effect outside the workspace would rest on, though it was skipped."""
    if not node.spec.effect.is_outside:
        return ()
    needs = [state.nodes[name] for name in node.needs]
    needs += [state.nodes[member] for need in needs for member in need.members or ()]
    return tuple(need.spec.id for need in needs if need.status is StepStatus.SKIPPED and need.reason != "nothing_to_do")


def _shown(state: RunState, node: StepState) -> str:
    """Name what an approval rests on: the step as it will be done, and what it needs as it stands."""
    needs = tuple((name, state.nodes[name].status.value, state.nodes[name].commit) for name in node.needs)
    outputs = sorted((name, sorted(values.items())) for name, values in outputs_for(state, node).items())
    return digest_of((repr(node.spec), needs, *outputs))


def _approved_by(state: RunState, node: StepState, shown: str) -> str | None:
    earlier = state.approvals.get(node.spec.id, {}).get(shown)
    if earlier is not None:
        return earlier
    if _is_repeated(node) or _skipped_needs(state, node):
        return None
    if node.spec.id in state.allowed:
        return f"{state.allowed[node.spec.id]} (--allow)"
    if state.yes_by is not None and node.spec.effect is not Effect.IRREVERSIBLE:
        return f"{state.yes_by} (--yes)"
    return None


def _package(spec: Step, skipped: Sequence[str], rung: str, *, is_repeated: bool) -> str:
    """Return what a person is shown before saying yes."""
    lines = [f"Step {spec.id}{': ' + spec.title if spec.title else ''}", f"  does:   {describe_body(spec)}"]
    lines.append(f"  effect: {spec.effect}" + (" (cannot be undone)" if spec.effect is Effect.IRREVERSIBLE else ""))
    if spec.why:
        lines.append(f"  why:    {spec.why}")
    lines += [f"  {way}" for way in ways_out(spec)]
    if rung and isinstance(spec.body, RunBody | CallBody) and spec.confine:
        lines.append(f"  sandbox: {rung}")
    if is_repeated:
        lines.append("  its effect has been applied before; this would apply it once more")
    if skipped:
        lines.append(f"  rests on skipped steps: {', '.join(skipped)}")
    restored = "nothing is known that takes it back" if spec.effect.is_outside else "the workspace is put back"
    lines.append(f"  undo:   {spec.undo or restored}")
    return "\n".join([*lines, "Do it?"])


def describe_body(spec: Step) -> str:
    """Say what the body is, in one line or its own words."""
    body = spec.body
    for name in ("command", "function", "name", "question"):
        if hasattr(body, name):
            return str(getattr(body, name))
    raise AssertionError(body)
