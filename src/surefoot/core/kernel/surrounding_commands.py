"""The approval of the commands that a plan runs beside its bodies.

`prepare`, services, `observe`, acceptance checks and commands for the items of groups run before a step could ask about
them, so a system step asks about all of them before the first runs. Those of a model's plan are weighed with the plan,
where a way out of the sandbox is reason enough to ask. Probes and checks of a person's steps are weighed with their
step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.approval import is_satisfied
from surefoot.core.attempt import Attempt
from surefoot.core.event_words import Diagnosis, QuestionKind, Verdict
from surefoot.core.ids import StepId
from surefoot.core.kernel.failure_rules import fails, refused
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.plan import Check, digest_of
from surefoot.core.plan_commands import PlanCommand, commands_of_plan, ways_out
from surefoot.core.policy import BESIDE, strictest, weigh_command
from surefoot.core.policy_types import Decision, Demand, Tier
from surefoot.core.recovery import question
from surefoot.core.state import CheckRecord, RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.system_steps import BASELINE, COMMANDS
from surefoot.core.untrusted_text import barred, exact, in_line

_OF_MODEL = Decision(
    tier=Tier.CONFIRM, rule="model-reaches-out", reason="A model wants it, and it has a way out of the sandbox."
)

Weighed = tuple[PlanCommand, Decision]
"""A command, and what decides on it."""


def needs_approval(state: RunState) -> bool:
    """Tell whether a rule asks about the commands around the steps, and nobody has approved them yet."""
    node = state.nodes.get(COMMANDS)
    is_done = node is not None and node.status is StepStatus.VERIFIED
    return bool(state.created.commands) and not is_done and bool(_asked(state))


def decide_surrounding_commands(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Get a person's consent to the commands around the steps, or to a run without a baseline."""
    name = node.spec.id
    if name not in (COMMANDS, BASELINE):
        return None
    said = refused(node, work, now)
    if said is not None:
        return said
    weighed = _asked(state) if name == COMMANDS else []
    never = never_allowed(weighed)
    if never:
        return fails(node, now, Diagnosis.DENIED, never)
    if name == COMMANDS:
        text = "\n".join(["Shall the plan run this around its steps?", *lines_of(weighed)]) if weighed else ""
    else:
        text = _baseline_text(state)
    raw = tuple(one.text for one, _ in weighed)  # two commands may look alike in the text that people are shown
    shown = f"{name.strip('()')} {digest_of((text, raw))}"
    if not text or work.people.approved == shown:
        return Proposal(ev.StepVerified(**node.at(now), proof=None))
    if state.pausing is not None:
        return HOLD
    demand = demand_of(weighed)
    by = _approved_by(state, name, shown, demand)
    if by is not None:
        return Proposal(ev.ApprovalRecorded(**node.at(now), by=by, shown=shown))
    question_asked = question(state, node, now, QuestionKind.CONFIRM, text, ("yes", "no"), shown)
    return Proposal(replace(question_asked, demand=demand))


def _approved_by(state: RunState, name: StepId, shown: str, demand: Demand) -> str | None:
    """Say who has approved this beforehand; None where nobody has."""
    given = state.approvals.get(name, {}).get(shown)
    if given is not None and is_satisfied(demand, given):
        return " and ".join(given)
    is_enough = state.yes_by is not None and demand.role is None and demand.people == 1
    return f"{state.yes_by} (--yes)" if is_enough else None


def unanswered_before(state: RunState) -> list[tuple[Check, CheckRecord]]:
    """Return the acceptance checks that were asked before the first change and gave no answer."""
    pairs = zip(state.plan.accept, state.accept.records, strict=True)
    return [(check, record) for check, record in pairs if record.before is Verdict.INCONCLUSIVE]


def _baseline_text(state: RunState) -> str:
    """Ask whether to go on without a baseline, with what each check said."""
    lines = [
        "Shall the run go on without a baseline? What fails in the end could not be told from what failed before.",
        "No answer before the first change:",
    ]
    for check, record in unanswered_before(state):
        lines += [f"acceptance check {check.name!r}:", *(f"  | {line}" for line in record.text.splitlines())]
    return "\n".join(lines)


def _asked(state: RunState) -> list[Weighed]:
    """Return the commands around the steps that a rule asks about or never allows."""
    weighed = [(one, weigh_command(state.policy, one, state.phase.value, state.rung)) for one in state.created.commands]
    return [(one, decision) for one, decision in weighed if decision.tier in (Tier.CONFIRM, Tier.NEVER)]


def commands_of_model(state: RunState, found: Iterable[PlanCommand]) -> list[Weighed]:
    """Return what a model wants to run beside bodies that the plan in force does not have, with what decides on it."""
    known = {replace(one, does=None) for one, _ in commands_of_plan(state.plan)}
    new = [one for one in found if replace(one, does=None) not in known]
    weighed: list[Weighed] = []
    for one in new:
        floor = _OF_MODEL if one.reaches_out else BESIDE  # only a rule of the user's own lets it reach out unasked
        weighed.append((one, weigh_command(state.policy, one, state.phase.value, state.rung, floor)))
    return weighed


def asks_person(weighed: Iterable[Weighed]) -> bool:
    """Tell whether one of the commands takes a person's word, which nothing said beforehand replaces."""
    return any(decision.tier is Tier.CONFIRM for _, decision in weighed)


def never_allowed(weighed: Iterable[Weighed]) -> str:
    """Say which of the commands is never allowed, and why; empty where none is."""
    for one, decision in weighed:
        if decision.tier is Tier.NEVER:
            return f"never allowed: {one.where} runs {one.text!r}: {decision.reason} (rule {decision.rule})"
    return ""


def demand_of(weighed: Iterable[Weighed]) -> Demand:
    """Return what the rules demand of an answer about these commands."""
    return strictest([BESIDE, *(decision for _, decision in weighed)], BESIDE).demand


def lines_of(weighed: Iterable[Weighed]) -> Iterator[str]:
    """Say of each command where the plan has it, what it runs, how it reaches out, and which rule asks."""
    for one, decision in weighed:
        ways = ", ".join(ways_out(one))
        yield in_line(f"{one.where} ({ways}):" if ways else f"{one.where}:")
        yield from barred(exact(one.text), 2)
        if decision.tier is Tier.CONFIRM:
            yield f"  {decision.reason} (rule {decision.rule})"
