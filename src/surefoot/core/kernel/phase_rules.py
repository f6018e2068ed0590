"""The rules of UNDERSTAND, PLAN, and the reviewer in VALIDATE, for goals in words.

Before anything is changed a goal passes these gates: a record of what is known, the baseline, a plan that was checked,
shown and adopted. Nothing here changes the state.
"""

from __future__ import annotations

from dataclasses import replace

from surefoot.core import events as ev
from surefoot.core.agent_changes import told_agents
from surefoot.core.approval import is_satisfied
from surefoot.core.attempt import Attempt
from surefoot.core.claim_check import ungrounded, unproven
from surefoot.core.event_words import Diagnosis, QuestionKind
from surefoot.core.file_order import waits_of
from surefoot.core.graph import build_graph
from surefoot.core.ids import StepId
from surefoot.core.kernel.failure_rules import expired, fails
from surefoot.core.kernel.monitor_rules import say_each
from surefoot.core.kernel.plan_adoption import flaw_of_plan
from surefoot.core.kernel.plan_question import words_of
from surefoot.core.kernel.proposal import HOLD, Proposal, RuleResult
from surefoot.core.kernel.replan_rules import giving_up, words_of_amendment
from surefoot.core.kernel.requirement_rules import judge_made_plan
from surefoot.core.kernel.surrounding_commands import (
    Weighed,
    asks_person,
    commands_of_model,
    demand_of,
    lines_of,
    never_allowed,
)
from surefoot.core.plan import Plan, Step, digest_of
from surefoot.core.policy_types import Effect, Tier
from surefoot.core.recovery import question
from surefoot.core.state import RunState
from surefoot.core.step_state import FINAL, StepState, StepStatus
from surefoot.core.system_steps import BASELINE, COMMANDS, PLANNING, REVIEWING, UNDERSTANDING, system_step_of
from surefoot.core.tool_payload import Planned, ProposedAmendment, Understood
from surefoot.core.ways_on import EDIT

SHORT_STEPS_MAX = 2


def next_system_step(state: RunState, name: StepId, now: float) -> Proposal | None:
    """Return the start of a system step's next attempt; None where it is under way, done, or waits."""
    node = state.nodes.get(name)
    if node is None:
        new = ev.StepStarted(at=now, step=name, attempt=1, spec=system_step_of(name))
        return Proposal(new) if state.pausing is None else None
    is_idle = node.status is StepStatus.PENDING and node.due is None and node.work is None
    if state.pausing is not None or not is_idle:
        return None
    return Proposal(ev.StepStarted(at=now, step=name, attempt=node.next_attempt))


def is_done(state: RunState, name: StepId) -> bool:
    """Tell whether a system step was done."""
    node = state.nodes.get(name)
    return node is not None and node.status is StepStatus.VERIFIED


def failure_of(state: RunState, name: StepId) -> str | None:
    """Say why a system step cannot be done; None where it can still be."""
    node = state.nodes.get(name)
    if node is None or node.status not in (StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED):
        return None
    return f"{node.spec.title.lower()}: {node.reason}"


def plan_move(state: RunState, now: float) -> Proposal | None:
    """Return the next thing PLAN needs for a goal in words, once the baseline is known; None where it waits."""
    made = state.proposal
    if made is None:
        return None
    if not is_done(state, PLANNING) and not is_short(made.plan):
        return None
    graph, _ = build_graph(made.plan.steps)
    assert graph is not None
    by = "the short way: few steps that stand alone and can all be undone"
    if is_done(state, PLANNING):
        names = dict.fromkeys(name for people in state.approvals.get(PLANNING, {}).values() for name in people)
        by = " and ".join(names) or "nobody had to"
    given = state.plan.limits  # only a person sets these
    limits = replace(
        made.plan.limits, wall_s=given.wall_s, cost_usd=given.cost_usd, tokens=given.tokens, requests=given.requests
    )
    event = ev.PlanAdopted(
        at=now,
        revision=state.revision + 1,
        plan=replace(made.plan, limits=limits),
        text=made.text,
        by=by,
        changes=changes_of(state, made.plan),
        waits=waits_of(made.plan, graph),
    )
    return Proposal(event)


def is_short(plan: Plan) -> bool:
    """Tell whether a plan is so small and harmless that it needs neither a planner nor a person."""
    steps = plan.steps
    if not 0 < len(steps) <= SHORT_STEPS_MAX:
        return False
    return all(not step.needs and step.for_each is None and _is_harmless(step) for step in steps)


def _is_harmless(step: Step) -> bool:
    return (
        step.effect in (Effect.READ, Effect.REVERSIBLE)
        and not step.reaches_out
        and not step.env_from
        and not step.unproved
    )


def wants_planner(state: RunState) -> bool:
    """Tell whether a planner has to make the plan."""
    made = state.proposal
    return made is None or not (is_done(state, PLANNING) or is_short(made.plan))


def show_outcome(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Show a person what a system step came to, where it takes their word, and go on as they say."""
    ended = None if work.conversation is None else work.conversation.ended
    found = None if ended is None else ended.payload
    if isinstance(found, ProposedAmendment):
        return _show_amendment(state, node, work, found, now)
    if not isinstance(found, Understood | Planned):
        return None
    if (flawed := _judged_plan(state, node, work, found, now)) is not None:
        return flawed
    commands = commands_of_model(state, found.commands) if work.people.edited is None else []
    never = never_allowed(commands)
    if never:
        return fails(node, now, Diagnosis.VERIFICATION, never)
    if isinstance(found, Planned):
        what, rests_on = "the plan", repr(found.made.plan)
        lines = words_of(state, found.made.plan, changes_of(state, found.made.plan))
        lines += ["Beside the steps it runs:", *lines_of(commands)] if commands else []
    else:
        asked = [(one, decision) for one, decision in commands if decision.tier is Tier.CONFIRM]
        if not asked:
            return None
        what, rests_on = "what is to run beside the steps", repr((found.prepare, found.accept))
        lines = ["A model wants this to run beside the steps, from now on. Shall it?", *lines_of(asked)]
    said_no = _refused(node, work, what, now)
    if said_no is not None:
        return said_no
    shown = f"{what} {digest_of(rests_on)}"
    return _consent_to_outcome(state, node, shown, "\n".join(lines), commands, now)


def _judged_plan(
    state: RunState, node: StepState, work: Attempt, found: Understood | Planned, now: float
) -> RuleResult:
    """Fail a plan that cannot be carried out, or leaves a requirement out; a plan that a person edited may do that."""
    flaw = flaw_of_plan(found.made.plan) if isinstance(found, Planned) else None
    if flaw is not None:
        return fails(node, now, Diagnosis.MALFORMED, flaw)
    if found.made is None or work.people.edited is not None:
        return None
    return judge_made_plan(state, node, found.made.plan, now)


def _show_amendment(
    state: RunState, node: StepState, work: Attempt, offered: ProposedAmendment, now: float
) -> RuleResult:
    """Show a person what the planner wants changed, unless they have said yes to such things beforehand."""
    finding = giving_up(offered)
    if finding is not None and finding not in state.reported:
        return Proposal(ev.FindingReported(at=now, finding=finding))
    if not offered.operations:
        return None
    found, lines = words_of_amendment(state, offered)
    if found.objections:
        return fails(node, now, Diagnosis.MALFORMED, "; ".join(told_agents(found)))
    if (uncovered := judge_made_plan(state, node, found.plan, now)) is not None:
        return uncovered
    commands = commands_of_model(state, offered.commands)
    said_no = _refused(node, work, "the change of the plan", now)
    if never := never_allowed(commands):
        return fails(node, now, Diagnosis.VERIFICATION, never)
    if said_no is not None:
        return said_no
    lines += ["Beside the steps it runs:", *lines_of(commands)] if commands else []
    shown = f"the change {digest_of(repr(offered.operations))}"
    needs_person = bool(found.wideners)
    return _consent_to_outcome(state, node, shown, "\n".join(lines), commands, now, needs_person=needs_person)


def _refused(node: StepState, work: Attempt, what: str, now: float) -> Proposal | None:
    """Fail the attempt where a person said no; with a reason it is made anew, with that as its lesson."""
    people = work.people
    if people.is_overdue:
        return expired(node, now)
    if people.answer == "no":
        return fails(node, now, Diagnosis.DENIED, f"{what} was not approved")
    if people.answer is not None:
        return fails(node, now, Diagnosis.VERIFICATION, f"{what} was not approved: {people.answer}")
    return None


def _consent_to_outcome(
    state: RunState,
    node: StepState,
    shown: str,
    text: str,
    commands: list[Weighed],
    now: float,
    *,
    needs_person: bool = False,
) -> RuleResult:
    """Get a person's consent to what a system step came to, unless they gave it."""
    assert node.work is not None
    people = node.work.people
    given, demand = state.approvals.get(node.spec.id, {}).get(shown), demand_of(commands)
    if people.edited is not None or people.approved == shown or (given is not None and is_satisfied(demand, given)):
        return None
    if state.pausing is not None:
        return HOLD
    is_plan = node.spec.id == PLANNING
    paused = pause_for_plan(state, now) if is_plan else None
    if paused is not None:
        return paused
    # What a model wants to run beyond the sandbox was in nobody's mind when they said yes to the goal.
    if state.yes_by is not None and not needs_person and not asks_person(commands):
        return Proposal(ev.ApprovalRecorded(**node.at(now), by=f"{state.yes_by} (--yes)", shown=shown))
    options = ("yes", "no", EDIT) if is_plan else ("yes", "no")
    event = question(state, node, now, QuestionKind.CONFIRM, text, options, shown)
    return Proposal(replace(event, demand=demand))


def pause_for_plan(state: RunState, now: float) -> Proposal | None:
    """Return the pause for a plan that is all that was asked for; None: it was not, or has been."""
    goal_options = state.created.goal_options
    if goal_options is None or not goal_options.plan_only or state.has_shown_plan or state.pausing is not None:
        return None
    text = f"The plan is made, as was asked for; `surefoot resume {state.created.run}` goes on with it"
    return Proposal(ev.LimitReached(at=now, limit="plan", text=text))


def changes_of(state: RunState, plan: Plan) -> tuple[str, ...]:
    """Say, line by line, how a plan differs from the one in force."""
    if not state.revision:
        return ()
    before = {step.id: step for step in state.plan.steps}
    after = {step.id: step for step in plan.steps}
    added = [f"new: {name}" for name in after if name not in before]
    gone = [f"not done any more: {name}" for name in before if name not in after]
    other = [f"different: {name}" for name in after if name in before and after[name] != before[name]]
    kept = [name for name in before if name in after]
    moved = kept != [name for name in after if name in before]
    return (*added, *gone, *other, *(["the order of the steps"] if moved else []))


def compare_claim(state: RunState, node: StepState, work: Attempt, now: float) -> RuleResult:
    """Report what an agent claims and the journal does not bear out; usually that fails nothing, as checks decide."""
    conversation = work.conversation
    if conversation is None or conversation.claim is None or (state.has_workspace and work.changes is None):
        return None
    changed = () if work.changes is None else (*work.changes.changed, *work.changes.undeclared)
    wrong = ungrounded(conversation.claim, conversation, changed, work.absent)
    checks = [*node.spec.checks, *state.plan.accept]  # of these an agent may know those that are not held back
    asked = {one.ask.runs for one in checks if one.ask.runs is not None and not one.held_back}
    bare = unproven(conversation.claim, conversation, asked)
    at = (work.observed_at,)
    found = say_each(state, node, "ungrounded_claim", wrong, now, at)
    return found or say_each(state, node, "unproven_claim", bare, now, at)


def is_over(state: RunState, name: StepId) -> bool:
    """Tell whether a system step is done, or cannot be."""
    node = state.nodes.get(name)
    return node is not None and node.status in FINAL


def objections_of(state: RunState) -> tuple[str, ...]:
    """Return what the reviewer has against the result."""
    node = state.nodes.get(REVIEWING)
    return () if node is None or node.claim is None else node.claim.objections


def ends_badly(state: RunState) -> str | None:
    """Say why a run cannot begin: what it would run was refused, or a goal is not understood; None where it can."""
    return next(filter(None, (failure_of(state, name) for name in (COMMANDS, UNDERSTANDING, BASELINE, PLANNING))), None)
