"""The policy decision for a command with its reason, and all rules by origin. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from surefoot.api.preview import facts_on, weigh_probe
from surefoot.core import policy_defaults
from surefoot.core.ids import StepId
from surefoot.core.plan import Plan, RunBody, Step
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.policy import (
    OPEN_RULES,
    SEALED_RUNG,
    UNCLEAR,
    UNKNOWN,
    Weighed,
    floor_of,
    raised_by_step,
    strictest,
    undeclared_of,
    weigh_outputs,
    weigh_parts,
)
from surefoot.core.policy_types import CommandFacts, Decision, Demand, Effect, Facts, Policy, Rule, Tier
from surefoot.core.record import record
from surefoot.core.short_text import listed
from surefoot.errors import UsageError
from surefoot.planfile import load_plan
from surefoot.settings import Settings, Source, load_settings

TEST_SCHEMA = "surefoot.policy-test/1"
SHOW_SCHEMA = "surefoot.policy/1"
SHIPPED = "ships with Surefoot"
EFFECT = "the effect class"


@record(kw_only=False)
class PolicyAnswer:
    """What decides, and why."""

    decision: Decision
    parts: tuple[Weighed, ...]
    facts: Facts
    sources: tuple[Source, ...]
    """The rules by their origin, in the order in which they are asked."""
    sealed: Decision | None = None
    """What is decided in a sealed lane, where no step is named."""
    probe: tuple[PlanCommand, Decision] | None = None
    """What the probe of a step that is named runs or requests, and what decides on it."""

    def origin_of(self, decision: Decision) -> str:
        """Say where the rule that decided stands."""
        for source in self.sources:
            if any(_is_by(rule, decision) for rule in source.rules):
                return source.file
        return SHIPPED if decision.rule in {UNCLEAR, UNKNOWN, policy_defaults.HARMLESS} else EFFECT


def _is_by(rule: Rule, decision: Decision) -> bool:
    """Tell whether the rule decided; one over values says in brackets which value it was."""
    is_told = rule.when and decision.reason.startswith(f"{rule.reason} (")
    return rule.name == decision.rule and (rule.reason == decision.reason or bool(is_told))


@record
class PolicyQuestion:
    """What is asked about."""

    command: str | None
    """The command; None: that of the step."""
    effect: Effect | None = None
    """The effect class of the step that would run it."""
    step: str | None = None
    plan: Path | None = None
    paths: tuple[str, ...] = ()
    """Files it would change."""
    root: Path
    """The repository whose settings hold."""
    outputs: tuple[str, ...] = ()
    """What it would put out, as `KEY=VALUE`."""


def policy_answer(asked: PolicyQuestion) -> PolicyAnswer:
    """Return what decides about a command, and why.

    Raises:
        UsageError: there is no such step, or nothing that could be asked about.
        PlanInvalid: the plan cannot be read.
        ConfigInvalid: a settings file cannot be read.
    """
    plan = Plan(goal="", steps=()) if asked.plan is None else load_plan(asked.plan).plan
    named = _step_of(asked, plan)
    step = named or Step(id=StepId(asked.step or "a-step"), body=RunBody(command=""))
    if asked.command is not None:  # takes the place of the body
        shell = next((one.shell for one in step.body.commands), "bash")
        step = replace(step, body=RunBody(command=asked.command, shell=shell))
    elif named is None or facts_on(step, plan).command is None:
        raise UsageError("no command was given; give one in quotes, or a plan and a step with a command or a check")
    step = step if asked.effect is None else replace(step, effect=asked.effect)
    settings = load_settings(asked.root)
    sources = rule_sources(settings, plan, asked.plan)
    policy = replace(settings.policy, raising=(*settings.policy.raising, plan.policy))
    if named is not None:
        parts, decision, facts = _weigh(policy, step, plan, asked, None)
        probe = weigh_probe(step, plan, policy, facts)
        if probe is not None:
            decision = strictest([decision, probe[1]], decision)
        return PolicyAnswer(decision, parts, facts, sources, probe=probe)
    # A command by itself is judged as in a step that has the network, and as in one that has no way out.
    parts, decision, facts = _weigh(policy, replace(step, network=True), plan, asked, SEALED_RUNG)
    _, sealed, _ = _weigh(policy, step, plan, asked, SEALED_RUNG)
    return PolicyAnswer(decision, parts, facts, sources, sealed)


def _step_of(asked: PolicyQuestion, plan: Plan) -> Step | None:
    if asked.plan is None or asked.step is None:
        return None
    found = next((step for step in plan.steps if step.id == asked.step), None)
    if found is None:
        known = listed(step.id for step in plan.steps)
        raise UsageError(f"there is no step {asked.step!r} in {str(asked.plan)!r}; its steps are {known}")
    return found


def _weigh(
    policy: Policy, step: Step, plan: Plan, asked: PolicyQuestion, rung: str | None
) -> tuple[tuple[Weighed, ...], Decision, Facts]:
    """Weigh the parts; without an effect class, what only looks needs no say."""
    is_named = _step_of(asked, plan) is not None
    paths = undeclared_of(asked.paths, step, plan) if is_named else asked.paths
    facts = replace(facts_on(step, plan, rung), paths=paths)
    floor = raised_by_step(floor_of(step, plan), step)
    parts = weigh_parts(policy, facts, floor)
    is_looking = all(part.is_harmless and part.decision == floor for part in parts)
    if asked.effect is None and not is_named and is_looking:
        floor = Decision(tier=Tier.AUTO, rule=policy_defaults.HARMLESS, reason=policy_defaults.HARMLESS_REASON)
        parts = tuple(replace(part, decision=floor) for part in parts)
    decision = raised_by_step(strictest([part.decision for part in parts], floor), step)
    valued = weigh_outputs(policy, facts, _outputs_of(asked)) if asked.outputs else None
    return parts, decision if valued is None else strictest([decision, valued], floor), facts


def _outputs_of(asked: PolicyQuestion) -> Mapping[str, str]:
    bad = next((one for one in asked.outputs if "=" not in one), None)
    if bad is not None:
        raise UsageError(f"{bad!r} is nothing that a step puts out; KEY=VALUE was expected, as in amount=1200")
    return {key: value for key, _, value in (one.partition("=") for one in asked.outputs)}


def rule_sources(settings: Settings, plan: Plan, path: Path | None) -> tuple[Source, ...]:
    """Return the rules that hold by their origin, in the order in which they are asked; `path` is the plan's file."""
    lowering = tuple(source for source in settings.sources if source.may_lower)
    raising = tuple(source for source in settings.sources if not source.may_lower)
    ships = Source(
        file=SHIPPED,
        rules=(*policy_defaults.COMMANDS, *OPEN_RULES, *policy_defaults.FILES, policy_defaults.CHECK_FILES),
        may_lower=False,
    )
    of_plan = () if not plan.policy else (Source(file=str(path), rules=plan.policy, may_lower=False),)
    return (*lowering, ships, *raising, *of_plan)


def answer_document(asked: PolicyQuestion, found: PolicyAnswer) -> Mapping[str, object]:
    """Return the answer as plain data."""
    command = found.facts.command or CommandFacts()
    return {
        "schema": TEST_SCHEMA,
        "tier": found.decision.tier,
        "rule": found.decision.rule,
        "reason": found.decision.reason,
        "origin": found.origin_of(found.decision),
        "demand": asdict(found.decision.demand),
        "sealed": None if found.sealed is None else _decision_document(found.sealed),
        "probe": None if found.probe is None else {"text": found.probe[0].text, **_decision_document(found.probe[1])},
        "command": asked.command,
        "effect": found.facts.effect,
        "parts": [
            {"command": None if part.words is None else list(part.words), **_decision_document(part.decision)}
            for part in found.parts
        ],
        "unclear": command.unclear,
        "writes": list(command.writes),
        "hosts": list(command.hosts),
        "variables": list(command.variables),
    }


def _decision_document(decision: Decision) -> Mapping[str, object]:
    return {"tier": decision.tier, "rule": decision.rule, "reason": decision.reason}


def rules_document(sources: Iterable[Source]) -> Mapping[str, object]:
    """Return the rules by their origin as plain data."""
    told = [{**asdict(source), "rules": [_rule_document(one) for one in source.rules]} for source in sources]
    return {"schema": SHOW_SCHEMA, "sources": told}


def _rule_document(rule: Rule) -> Mapping[str, object]:
    """Return a rule as data, without conditions it does not have."""
    found: dict[str, object] = asdict(rule)
    demand = found.pop("demand")
    said = {key: value for key, value in found.items() if value not in (None, (), False)}
    return said if rule.demand == Demand() else {**said, "demand": demand}
