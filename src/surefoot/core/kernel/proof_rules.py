"""The rules of how strongly a result is proved, and of trying out whether its checks notice small changes of it."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.attempt import Attempt
from surefoot.core.check_kinds import ChangedCheck
from surefoot.core.empty_checks import is_untouched, why_empty
from surefoot.core.event_words import Applied, Verdict
from surefoot.core.kernel.check_rules import place
from surefoot.core.kernel.proposal import Proposal, RuleResult
from surefoot.core.plan import Check
from surefoot.core.proofs import Proof, is_by_checks, proof_by
from surefoot.core.queue import has_result
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.core.verdicts import CheckRecord, is_red_before, proves


def proof_of(state: RunState, node: StepState, work: Attempt) -> str | None:
    """Return what a result is proved by; None: by a person's answer."""
    pairs: list[tuple[Check, CheckRecord]] = list(zip(node.spec.checks, work.checks, strict=True))
    proving = [(check, record) for check, record in pairs if _proves(state, node, work, check, record)]
    if proving:
        return _proof_by_checks(node, work, proof_by(proving))
    said = None if work.transplant is None else work.transplant.proof
    if not node.spec.body.acts or work.people.by_hand is not None:
        return None
    if work.transplant is not None and not is_by_checks(said):
        return said  # what was said of it then, and no more
    if node.spec.body.by_model:
        return Proof.CLAIM
    return Proof.PROBE if work.settled == Applied.APPLIED else Proof.EXIT_STATUS


def _proof_by_checks(node: StepState, work: Attempt, found: Proof) -> str:
    """Return the strongest proof that checks give: what they prove by themselves is `found`."""
    mutants, said = work.mutants, None if work.transplant is None else work.transplant.proof
    if is_agreed(node, work) and not (mutants is not None and mutants.is_open):
        return Proof.AGREEMENT
    if mutants is not None and mutants.is_proof and not _is_disputed(node, work):
        return Proof.MUTATION
    return said if said is not None and is_by_checks(said) and Proof(said).is_at_least(found) else found


def is_agreed(node: StepState, work: Attempt) -> bool:
    """Tell whether the result is that of a candidate with which all others agree, as that was made."""
    people = work.people
    return work.is_choice and node.is_agreed and not people.is_patched and people.by_hand is None


def _is_disputed(node: StepState, work: Attempt) -> bool:
    """Tell whether the result was chosen among candidates that do not all agree: its checks leave open what is right.

    Small changes of it cannot show otherwise: a wrong result is as easily noticed when it is changed as a right one.
    """
    return work.is_choice and not node.is_agreed


def _proves(state: RunState, node: StepState, work: Attempt, check: Check, record: CheckRecord) -> bool:
    return proves(check, record) and not _is_empty(state, node, work, check)


def _is_empty(state: RunState, node: StepState, work: Attempt, check: Check) -> bool:
    """Tell whether the check would have passed without the step."""
    if why_empty(check, node.spec, state.plan):
        return True
    if work.changes is None or work.changes.lane_changed:
        return False
    return is_untouched(check, node.spec, state.plan, work.changed)


def wants_mutation(state: RunState, node: StepState) -> bool:
    """Tell whether small changes of what the step writes are to be tried."""
    return node.spec.probe_checks or state.policy.probe_checks


def try_mutants(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Find out whether the checks notice small changes of the result, now that they have passed."""
    if not wants_mutation(state, node) or work.mutants is not None or work.transplant is not None:
        return None
    if work.lane is None or not has_result(node) or work.tree == work.base_tree:
        return None
    known = [
        (record.took_s, index)
        for index, (check, record) in enumerate(zip(node.spec.checks, work.checks, strict=True))
        if _can_notice(check, record)
    ]
    if not known:
        return None
    assert work.base_tree is not None
    assert work.tree is not None
    if work.lane_tree != work.tree:  # the lane of a candidate that was chosen holds it only once something is asked
        return place(node, work, work.tree, now)
    order = [index for _, index in sorted(known)]
    command = do.TryMutants(
        **node.in_lane,
        spec=node.spec,
        base_tree=work.base_tree,
        tree=work.tree,
        changed=work.changed,
        checks=tuple(node.spec.checks[index] for index in order),
        before=tuple(work.checks[index].before_results for index in order),
        took_s=tuple(work.checks[index].took_s for index in order),
        services=state.plan.services_of(node.spec),
    )
    return Proposal(ev.MutationRequested(**node.at(now)), command)


def _can_notice(check: Check, record: CheckRecord) -> bool:
    is_sound = record.after is Verdict.PASSED and not record.is_flaky and not is_red_before(check, record)
    return is_sound and not check.reaches_out and not isinstance(check.ask, ChangedCheck)
