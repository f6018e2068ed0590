"""Policy decisions for a plan before it runs: every command of every step is weighed ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from surefoot.api.home import home_folder
from surefoot.core.event_words import Finding, Phase, Severity
from surefoot.core.graph import Graph
from surefoot.core.graph_state import policy_of
from surefoot.core.ids import StepId
from surefoot.core.leftover_files import finding_of, products_of
from surefoot.core.plan import Plan, Step, Tier
from surefoot.core.plan_commands import PlanCommand, commands_around, commands_of_step
from surefoot.core.policy import facts_before, raising_rule, strictest, weigh_command, weigh_step
from surefoot.core.policy_types import CommandFacts, Decision, Facts, Policy
from surefoot.core.review import AskPoint, Review, review
from surefoot.core.system_steps import COMMANDS
from surefoot.masking import Masker
from surefoot.sandbox import detect_rung
from surefoot.settings import load_settings
from surefoot.workers.preconditions import commands_of, probe_of, texts_of, with_facts
from surefoot.workers.preflight import missing, plan_in_lanes
from surefoot.workspace import ignored_among


def look_over(
    plan: Plan, root: Path, places: Mapping[StepId, str], file: Path | None = None, graph: Graph | None = None
) -> Review:
    """Look a plan over for the repository at `root`, with the rules that will hold there and what this machine has.

    `file` is the plan file; `graph` is that of its steps, where it is known already.

    Raises:
        ConfigInvalid: the settings cannot be read.
    """
    settings = load_settings(root)
    policy, rung, agents = policy_of(plan, settings.policy), detect_rung().value, settings.workers.known
    facts = {step.id: facts_on(step, plan, rung) for step in plan.steps if step.body.acts}
    decisions = _decisions_on(plan, policy, rung, facts)
    # Steps that count as irreversible whatever they declare, each with the rule that recognised them.
    named = ((step.id, _raised_by(step, facts[step.id].command, rung)) for step in plan.steps if step.body.acts)
    raised = {step: rule for step, rule in named if rule}
    reviewed = review(plan, graph=graph, checkout=str(root), places=places, decisions=decisions, raised=raised)
    masker = Masker()
    secrets = [_secret_in(step, places) for step in plan.steps if _holds_key(step, plan, masker)]
    around = [(one, weigh_command(policy, one, Phase.PLAN.value, rung)) for one in with_facts(commands_around(plan))]
    never = [never_run(one, decision) for one, decision in around if decision.tier is Tier.NEVER]
    asks = [_ask_point(one, decision) for one, decision in around if decision.tier is Tier.CONFIRM]
    folder = None if file is None else file.resolve().parent
    missed = [
        one if one.step is None else replace(one, place=places.get(one.step))
        for one in missing(plan, root, folder, home_folder(), agents=agents)
    ]
    in_sight = plan_in_lanes(plan, file, root)
    found = (*secrets, *never, *missed, *in_sight, *_undeclared_products(plan, root, places))
    return replace(reviewed, findings=(*reviewed.findings, *found), asks=(*asks, *reviewed.asks))


def _undeclared_products(plan: Plan, root: Path, places: Mapping[StepId, str]) -> Iterator[Finding]:
    """Yield what steps will make where git ignores it and the plan hands it to nobody."""
    made = {step.id: tuple(products_of(step, plan)) for step in plan.steps}
    every = [path for paths in made.values() for path in paths]
    ignored = ignored_among(root / plan.folder, every) if every else frozenset[str]()
    for step in plan.steps:
        finding = finding_of(plan, step, [path for path in made[step.id] if path in ignored])
        if finding is not None:
            yield replace(finding, place=places.get(step.id))


def never_run(command: PlanCommand, decision: Decision) -> Finding:
    """Return the finding that a command beside the bodies of steps is never allowed."""
    text = (
        f"{command.where} will not be run: {decision.reason} Take it out, or see `surefoot policy show` "
        f"(rule {decision.rule})"
    )
    return Finding(kind="never-allowed", severity=Severity.PROBLEM, text=text, step=command.step)


def _ask_point(command: PlanCommand, decision: Decision) -> AskPoint:
    reason = f"{decision.reason[0].lower()}{decision.reason[1:].rstrip('.')}"
    return AskPoint(step=COMMANDS, why=f"{command.where}: {reason} (rule {decision.rule})", approve="--yes")


def _holds_key(step: Step, plan: Plan, masker: Masker) -> bool:
    """Tell whether a key of a known form stands in what the step runs or is given."""
    beside = (one.text for one, _ in commands_of_step(step, plan.env))
    texts = (*(text for text, _ in texts_of(step)), *beside, *step.env.values(), *plan.env.values())
    return any(masker.text(text) != text for text in texts)


def _secret_in(step: Step, places: Mapping[StepId, str]) -> Finding:
    text = "What looks like a key stands in it, and the journal keeps plans. Put it in a variable, named in env_from."
    place = places.get(step.id)
    return Finding(kind="secret-in-plan", severity=Severity.WARNING, text=text, step=step.id, place=place)


def facts_on(step: Step, plan: Plan, rung: str | None = None) -> Facts:
    """Return what is known of a step before it is done, its checks included, on this machine's rung or another one."""
    rung = rung or detect_rung().value
    does = commands_of(step, plan.env)
    return facts_before(step, Phase.EXECUTE.value, does, rung, raised_by=_raised_by(step, does, rung))


def weigh_probe(
    step: Step, plan: Plan, policy: Policy, facts: Facts, rung: str | None = None
) -> tuple[PlanCommand, Decision] | None:
    """Return what the step's probe runs or requests, and what decides on it; None where no probe will be asked.

    `facts` are those of the step: an effect that was recognised counts.
    """
    probe = probe_of(step, plan.env) if facts.effect.is_outside else None
    if probe is None:
        return None
    return probe, weigh_command(policy, probe, Phase.EXECUTE.value, rung or detect_rung().value)


def _raised_by(step: Step, does: CommandFacts | None, rung: str) -> str:
    """Name the rule by which a step counts as irreversible; what an agent runs is looked at call by call."""
    return raising_rule(step, does, rung) if step.body.acts and not step.body.by_model else ""


def _decisions_on(plan: Plan, policy: Policy, rung: str, facts: Mapping[StepId, Facts]) -> Mapping[StepId, Decision]:
    """Return, for each step that a person is asked about or that is never allowed, what decides on it and why."""
    found: dict[StepId, Decision] = {}
    for step in plan.steps:
        if not step.body.acts:
            continue
        decision = weigh_step(step, plan, policy, facts[step.id])
        probed = weigh_probe(step, plan, policy, facts[step.id], rung)
        if probed is not None:
            decision = strictest([decision, probed[1]], decision)
        if decision.tier in (Tier.CONFIRM, Tier.NEVER):
            found[step.id] = decision
    return found
