"""When a step or a result needs approval, and what the approval rests on.

Tiers come from `surefoot.core.policy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.approval import is_satisfied, listed_paths
from surefoot.core.attempt import Attempt
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Diagnosis, QuestionKind, Verdict
from surefoot.core.kernel.approval_request import (
    approvals_of,
    ask,
    body_digest,
    is_repeated,
    shown_of,
    skipped_needs,
    taken_over,
)
from surefoot.core.kernel.approver_rules import consult
from surefoot.core.kernel.failure_rules import fails, refused
from surefoot.core.kernel.proof_rules import proof_of
from surefoot.core.kernel.proposal import Proposal, RuleResult
from surefoot.core.money import money
from surefoot.core.outputs import confidence_of
from surefoot.core.plan import Effect, Tier
from surefoot.core.plan_commands import probe_command
from surefoot.core.policy import (
    BESIDE,
    SEALED_RUNG,
    facts_before,
    floor_of,
    raised_by_step,
    strictest,
    undeclared_of,
    unnamed_of,
    weigh,
    weigh_command,
    weigh_outputs,
    weigh_step,
)
from surefoot.core.policy_types import Decision, Facts
from surefoot.core.proofs import Proof
from surefoot.core.state import QuestionState, RunState
from surefoot.core.step_state import StepState
from surefoot.core.system_steps import attempted_step
from surefoot.core.untrusted_text import in_line

_OF_RESULT = Decision(tier=Tier.AUTO, rule="result", reason="Its result lies within what the plan asks for.")
BUDGET_SHARE = 0.8
"""From this share of its limit on, a run asks before it spends more."""


def get_consent(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Get a person's consent to the body where the tier asks for it; None where nothing is needed."""
    if work.body_started or work.settled is not None or not node.spec.body.acts:
        return None
    if work.people.taken_by is not None or work.people.patch is not None:
        return None
    said = refused(node, work, now)
    if said is not None:
        return said
    decision = decision_before(state, node)
    if decision.tier is Tier.NEVER:
        return _forbidden(node, now, decision)
    skipped = skipped_needs(state, node)
    if skipped and decision.tier is not Tier.CONFIRM:
        decision = Decision(tier=Tier.CONFIRM, rule="skipped-need", reason="It rests on steps that were skipped.")
    if decision.tier is not Tier.CONFIRM and node.is_taken_back and is_repeated(node):
        reason = "Its effect was applied before its result was taken back, and would be repeated."
        decision = Decision(tier=Tier.CONFIRM, rule="repeated-effect", reason=reason)
    if decision.tier is not Tier.CONFIRM:
        return None
    shown = shown_of(state, node)
    return None if work.people.approved == shown else _approved_or_asked(state, node, decision, shown, now)


def get_consent_to_checks(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Get a person's consent before the first check, where that check may be what a rule asks about.

    Checks that are asked before the body run in the sandbox as a rule, where they can do no harm.
    """
    if work.body_started or work.checkpoint is None or not node.spec.body.acts:
        return None
    early = [check for check in node.spec.checks if check.expect is not Expect.PASS]
    if not early:
        return None
    said = weigh(state.policy, _facts(state, node), BESIDE).tier
    is_open = state.rung != SEALED_RUNG or any(check.reaches_out for check in early)
    is_early = said is Tier.NEVER or (said is Tier.CONFIRM and is_open)
    return get_consent(state, node, work, now) if is_early else None


def review_result(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Get a person's consent to what the body made, where a rule asks for it.

    An effect outside is done by now; of what its body made only files that are run outside the sandbox are asked about.
    """
    if work.people.patch is not None:
        return apply_patch(node, work, now)
    changes = work.changes
    if changes is None or not node.spec.body.acts or work.transplant is not None:  # it was decided on when it was made
        return None
    decision = _of_result(state, node, changes, work.outputs)
    if decision is None:
        return None
    if work.people.taken_by is not None:
        return taken_over(state, node, now)
    if work.people.is_patched or work.people.by_hand is not None:
        return None
    said = refused(node, work, now)
    if said is not None:
        return said
    if decision.tier is Tier.NEVER:
        return _forbidden(node, now, decision)
    if decision.tier is not Tier.CONFIRM:
        return None
    return _ask_about_result(state, node, changes, decision, now)


def apply_patch(node: StepState, work: Attempt, now: float) -> Proposal:
    """Make the lane hold what a person's patch says, or the one from which they want the attempt to begin."""
    diff = work.people.start or work.people.patch
    assert diff is not None
    assert work.checkpoint is not None
    command = do.ApplyPatch(**node.in_lane, commit=work.checkpoint.commit, scratch=node.spec.uncommitted, diff=diff)
    return Proposal(ev.PatchRequested(**node.at(now), diff=diff), command)


def review_confidence(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Get a person's consent to what an agent made that is not proved as the settings ask, or is not sure of."""
    changes = work.changes
    if not node.spec.body.by_model or node.spec.effect is not Effect.REVERSIBLE:
        return None
    if changes is None or not changes.changed or work.people.is_patched or work.people.by_hand is not None:
        return None
    if work.transplant is not None or (work.is_choice and node.chosen_by):  # it was decided on
        return None
    decision = _weak_proof(state, node, work) or _weak_confidence(state, node, work)
    return None if decision is None else _ask_about_result(state, node, changes, decision, now)


def _weak_proof(state: RunState, node: StepState, work: Attempt) -> Decision | None:
    """Say that the result is proved less strongly than the settings ask for; None: it is strong enough."""
    wanted, found = state.policy.proof, proof_of(state, node, work)
    if not wanted or (found is not None and Proof(found).is_at_least(Proof(wanted))):
        return None
    missed = () if work.mutants is None else (*work.mutants.survivors, *work.mutants.missed_around)
    where = "".join(f"; no check notices line {one.line} of {one.path} changed" for one in missed[:1])
    reason = f"Its proof is {found or 'none'}, and {wanted} is asked for{in_line(where)}."
    return Decision(tier=Tier.CONFIRM, rule="agent-proof", reason=reason)


def _weak_confidence(state: RunState, node: StepState, work: Attempt) -> Decision | None:
    """Say that the agent is not sure enough of what no check proves; None: it is, or one does."""
    stated, wanted = confidence_of(work.outputs), state.policy.confidence
    if (stated or 0.0) >= wanted or _is_proved_red_to_green(node, work):
        return None
    said = "does not state how sure it is" if stated is None else f"is {stated:.0%} sure of its result"
    reason = f"The agent {said}, less than {wanted:.0%}, and no check that was red before proves it."
    return Decision(tier=Tier.CONFIRM, rule="agent-confidence", reason=reason)


def _is_proved_red_to_green(node: StepState, work: Attempt) -> bool:
    pairs = zip(node.spec.checks, work.checks, strict=True)
    return any(
        check.expect is Expect.FAIL_TO_PASS and (record.before, record.after) == (Verdict.FAILED, Verdict.PASSED)
        for check, record in pairs
    )


def _ask_about_result(
    state: RunState, node: StepState, changes: ev.ChangesObserved, decision: Decision, now: float
) -> Proposal | None:
    shown = f"result {body_digest(state, node)} {changes.digest or changes.tree}"
    given = approvals_of(state, node).get(shown)
    if given is not None and is_satisfied(decision.demand, given):
        return None
    return _approved_or_asked(state, node, decision, shown, now)


def allowed_meanwhile(state: RunState, node: StepState, asked: QuestionState, now: float) -> Proposal | None:
    """Answer what was asked before a person allowed it by name, or all of its kind; the caller's code comes first."""
    question = asked.asked
    if state.pausing is not None or question.about is not QuestionKind.CONFIRM or question.package is None:
        return None
    said = consult(state, node, asked, _facts(state, node), now)
    if said is not None:
        return said if isinstance(said, Proposal) else None
    if question.package.difference or asked.is_late(now):
        return None
    by = _approved_by(state, node, replace(question, demand=asked.demand))
    if by is None:
        return None
    return Proposal(ev.QuestionAnswered(at=now, question=question.question, answer="yes", by=by, via="beforehand"))


def _forbidden(node: StepState, now: float, decision: Decision) -> Proposal:
    return fails(node, now, Diagnosis.DENIED, decision.refusal)


def _approved_or_asked(state: RunState, node: StepState, decision: Decision, shown: str, now: float) -> Proposal:
    proposal = ask(state, node, now, decision, shown)
    question = proposal.event
    assert isinstance(question, ev.QuestionAsked)
    # Approval given beforehand holds for the preconditions of then; where they have changed, exactly this counts.
    has_shifted = question.package is not None and question.package.difference
    was_seen = question.shown in approvals_of(state, node)
    by = None if has_shifted and not was_seen else _approved_by(state, node, question, options=not state.approver)
    if by is None:
        return proposal
    return Proposal(ev.ApprovalRecorded(**node.at(now), by=by, shown=shown))


def decision_before(state: RunState, node: StepState) -> Decision:
    """Weigh what the body will do; how much say a person has before it does."""
    spec, work = node.spec, node.work
    assert work is not None
    does = None if work.checkpoint is None else work.checkpoint.does
    # So it is with most functions: there is nothing that a rule could be held against.
    if does is None and not state.policy.own and not state.policy.raising:
        decision = raised_by_step(floor_of(spec, state.plan), spec)
    else:
        decision = weigh_step(spec, state.plan, state.policy, _facts(state, node))
    if spec.probe is not None and node.effect.is_outside:
        # What the probe runs or requests was read at the checkpoint.
        known = None if work.checkpoint is None else work.checkpoint.probe
        probe = known or probe_command(spec)
        if probe is not None:
            said = weigh_command(state.policy, probe, state.phase.value, state.rung)
            decision = strictest([decision, said], decision)
    return _near_budget(state, node, decision)


def _near_budget(state: RunState, node: StepState, decision: Decision) -> Decision:
    """Ask before more is spent, once most of what the run may cost is."""
    limit = state.plan.limits.cost_usd
    spent = state.cost_usd
    if limit is None or not spent or spent < BUDGET_SHARE * limit or decision.tier in (Tier.CONFIRM, Tier.NEVER):
        return decision
    if node.spec.effect is Effect.READ:
        return decision
    reason = f"The run has cost {money(spent)} of the {money(limit)} that its plan allows."
    return Decision(tier=Tier.CONFIRM, rule="budget-nearly-spent", reason=reason)


def _of_result(
    state: RunState, node: StepState, changes: ev.ChangesObserved, outputs: Mapping[str, str]
) -> Decision | None:
    """Weigh what the body made; what it did was weighed before it ran. None where no rule has a say in it."""
    is_weighed = bool(changes.changed or changes.check_files) and node.spec.effect is Effect.REVERSIBLE
    # What git ignores stays in the lane after a step that only reads, too.
    is_weighed = is_weighed or (bool(changes.check_files) and node.spec.effect is Effect.READ)
    paths = undeclared_of(changes.changed, node.spec, state.plan)
    valued = weigh_outputs(state.policy, replace(_facts(state, node), paths=paths, lines=changes.lines), outputs)
    if not is_weighed and not changes.run_outside:
        return valued
    decision = _OF_RESULT
    if is_weighed:
        judged = unnamed_of(changes.check_files, node.spec, state.plan)
        facts = replace(
            _facts(state, node),
            command=None,
            paths=tuple(dict.fromkeys((*paths, *judged))),
            check_files=judged,
            lines=changes.lines,
            confidence=confidence_of(outputs),
        )
        decision = weigh(state.policy.about_results, facts, _OF_RESULT)
    # Files that are run outside the sandbox, beside bodies, are asked about whatever else is said about the result.
    if changes.run_outside and decision.tier not in (Tier.CONFIRM, Tier.NEVER):
        outside = listed_paths(changes.run_outside)
        reason = f"It changes what a check, a probe or `observe` runs outside the sandbox: {outside}."
        decision = Decision(tier=Tier.CONFIRM, rule="run-outside", reason=reason)
    return decision if valued is None else strictest([valued, decision], _OF_RESULT)


def _facts(state: RunState, node: StepState) -> Facts:
    work = node.work
    does = None if work is None or work.checkpoint is None else work.checkpoint.does
    return facts_before(
        node.spec, state.phase.value, does, state.rung, cost_usd=state.cost_usd, raised_by=node.raised_by
    )


def _approved_by(state: RunState, node: StepState, question: ev.QuestionAsked, *, options: bool = True) -> str | None:
    """Say who has approved this beforehand, by what they saw, by its kind, or by an option, if `options` count."""
    demand = question.demand
    given = approvals_of(state, node, question.call).get(question.shown)
    if given is not None and is_satisfied(demand, given):
        return " and ".join(given)
    is_repeated = question.package is not None and question.package.is_repeated
    if is_repeated or skipped_needs(state, node):
        return None
    given = state.likes.get(question.like)
    if given is not None and is_satisfied(demand, given):
        return f"{' and '.join(given)} (all like it)"
    if demand.role is not None or demand.people > 1 or not options:
        return None
    step = attempted_step(node.spec.id)
    if step in state.allowed:
        return f"{state.allowed[step]} (--allow)"
    # What an agent wants to run was in nobody's mind when they said yes to the plan.
    if state.yes_by is not None and node.effect is not Effect.IRREVERSIBLE and not question.call:
        return f"{state.yes_by} (--yes)"
    return None
