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
from surefoot.core.kernel.failure_rules import fails
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.plan import Check, digest_of
from surefoot.core.plan_commands import PlanCommand, commands_of_plan
from surefoot.core.policy import BESIDE, strictest, ways_out, weigh_command
from surefoot.core.policy_types import Decision, Demand, Tier
from surefoot.core.recovery import question
from surefoot.core.state import CheckRecord, RunState, StepState, StepStatus
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
    if work.people.is_overdue:
        return fails(node, now, Diagnosis.EXPIRED, "nobody answered in time; that is neither consent nor denial")
    if work.people.answer is not None:
        return fails(node, now, Diagnosis.DENIED, f"not approved: {work.people.answer}")
    weighed = _asked(state) if name == COMMANDS else []
    never = never_allowed(weighed)
    if never:
        return fails(node, now, Diagnosis.DENIED, never)
    text = _commands_text(weighed) if name == COMMANDS else _baseline_text(state)
    raw = tuple(one.text for one, _ in weighed)  # two commands may look alike in the text that people are shown
    shown = f"{name.strip('()')} {digest_of((text, raw))}"
    if not text or work.people.approved == shown:
        return Proposal(ev.StepVerified(**node.at(now), proof=None))
    if state.pausing is not None:
        return HOLD
    demand = demand_of(weighed)
    given = state.approvals.get(name, {}).get(shown)
    by = " and ".join(given) if given is not None and is_satisfied(demand, given) else None
    if by is None and state.yes_by is not None and demand.role is None and demand.people == 1:
        by = f"{state.yes_by} (--yes)"
    if by is not None:
        return Proposal(ev.ApprovalRecorded(**node.at(now), by=by, shown=shown))
    question_asked = question(state, node, now, QuestionKind.CONFIRM, text, ("yes", "no"), shown)
    return Proposal(replace(question_asked, demand=demand))


def unanswered_before(state: RunState) -> list[tuple[Check, CheckRecord]]:
    """Return the acceptance checks that were asked before the first change and gave no answer."""
    pairs = zip(state.plan.accept, state.accept.records, strict=True)
    return [(check, record) for check, record in pairs if record.before is Verdict.INCONCLUSIVE]


def _commands_text(weighed: list[Weighed]) -> str:
    return "\n".join(["Shall the plan run this around its steps?", *lines_of(weighed)]) if weighed else ""


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
    return [(one, _weighed_for_model(state, one)) for one in new]


def _weighed_for_model(state: RunState, command: PlanCommand) -> Decision:
    """Weigh a command of a model; only a rule of the user's own lets it reach out unasked."""
    floor = _OF_MODEL if command.reaches_out else BESIDE
    return weigh_command(state.policy, command, state.phase.value, state.rung, floor)


def asks_person(weighed: Iterable[Weighed]) -> bool:
    """Tell whether one of the commands takes a person's word, which nothing said beforehand replaces."""
    return any(decision.tier is Tier.CONFIRM for _, decision in weighed)


def never_allowed(weighed: Iterable[Weighed]) -> str:
    """Say which of the commands is never allowed, and why; empty where none is."""
    return next(
        (
            f"never allowed: {one.where} runs {one.text!r}: {decision.reason} (rule {decision.rule})"
            for one, decision in weighed
            if decision.tier is Tier.NEVER
        ),
        "",
    )


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
