"""What the caller's own code has to say to an approval request, and how far its word counts.

The code is asked first, and sees what a person would see. Its no always counts. Its yes counts as one person's, but
never where a rule demands a role or several people, where an effect that cannot be undone would be repeated, or where
an effect rests on steps that were skipped. What a rule never allows is not asked about at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.approval import Package
from surefoot.core.approval_metrics import SHOULD_PROCEED
from surefoot.core.event_words import ApproverWord, Finding, Severity
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.outputs import confidence_of
from surefoot.core.policy_types import Facts
from surefoot.core.state import QuestionState, RunState
from surefoot.core.step_state import StepState


def consult(state: RunState, node: StepState, asked: QuestionState, facts: Facts, now: float) -> RuleResult:
    """Ask the caller's code about a question, or let its answer count; hold while it thinks; None: people are asked."""
    package, said = asked.asked.package, asked.by_approver
    if asked.is_with_approver:
        return HOLD
    if package is None or asked.is_late(now):
        return None
    if said is None:
        return _ask(state, node, asked, package, facts, now) if state.approver else None
    why_not = _why_not(asked, package, said)
    remark = next((one for one in _remarks(node, said, why_not) if one not in state.reported), None)
    if remark is not None:
        return Proposal(ev.FindingReported(at=now, finding=remark))
    if said.word is ApproverWord.ASK or why_not:
        return None
    answer = ev.QuestionAnswered(
        at=now,
        question=said.question,
        answer="yes" if said.word is ApproverWord.PROCEED else "no",
        by=said.approver,
        via=SHOULD_PROCEED,
        reason=said.reason,
    )
    return Proposal(answer)


def _ask(
    state: RunState, node: StepState, asked: QuestionState, package: Package, facts: Facts, now: float
) -> Proposal:
    question, approver = asked.asked.question, state.approver
    facts = replace(facts, confidence=_stated(node, package))
    if package.trees is not None:
        facts = replace(facts, command=None, paths=package.changed, lines=package.lines)
    command = do.AskApprover(
        **node.in_lane,
        question=question,
        approver=approver,
        text=asked.asked.text,
        package=package,
        facts=facts,
        is_shell=bool(asked.asked.call) or bool(node.spec.body.commands),
        threshold=state.policy.confidence,
    )
    return Proposal(ev.ApproverAsked(**node.at(now), question=question, approver=approver), command)


def _stated(node: StepState, package: Package) -> float | None:
    """Return how sure whoever does the work says to be; of an agent only its own word counts."""
    if node.spec.body.by_model and (node.work is None or confidence_of(node.work.outputs) is None):
        return None
    return package.confidence


def _why_not(asked: QuestionState, package: Package, said: ev.ApproverAnswered) -> str:
    """Say why a yes does not count; empty: the answer counts as it is."""
    demand = asked.demand
    if said.word is not ApproverWord.PROCEED:
        return ""
    if demand.role is not None:
        return f"rule {package.rule} wants somebody with the role {demand.role}"
    if demand.people > 1:
        return f"rule {package.rule} wants {demand.people} people"
    if package.is_repeated:
        return "its effect has been applied before, and this would apply it once more"
    return f"it rests on skipped steps: {', '.join(package.skipped)}" if package.skipped else ""


def _remarks(node: StepState, said: ev.ApproverAnswered, why_not: str) -> Iterator[Finding]:
    begun = f"Question {said.question}: {said.approver}"
    if said.fault:
        text = f"{begun} gave no answer that counts ({said.fault}), so a person is asked."
        yield Finding(kind="approver-failed", severity=Severity.WARNING, text=text, step=node.spec.id)
    if why_not:
        text = f"{begun} said proceed, but {why_not}. So people are asked."
        yield Finding(kind="approver-not-enough", severity=Severity.NOTE, text=text, step=node.spec.id)
