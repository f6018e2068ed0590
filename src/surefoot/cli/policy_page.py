"""`policy test` and `policy show`: what decides, and why.

Owns how a decision and the rules behind it look, as text and as JSON. Must never run what it is asked about. Read
`surefoot.core.policy` for how a tier comes about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from surefoot.api.weighing import facts_on, weigh_probe
from surefoot.cli.lookup import root_of
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core import shipped
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
    weigh_parts,
)
from surefoot.core.rules import CommandFacts, Decision, Demand, Facts, Policy, Rule, Tier
from surefoot.errors import UsageError
from surefoot.planfile import load_plan
from surefoot.settings import Settings, Source, load_settings
from surefoot.views.lines import EMPTY, Line, Style, counted, duration, listed, one_line

TEST_SCHEMA = "surefoot.policy-test/1"
SHOW_SCHEMA = "surefoot.policy/1"
SHIPPED = "ships with Surefoot"
EFFECT = "the effect class"
_STYLES: dict[Tier, Style] = {Tier.AUTO: "good", Tier.LOG: "good", Tier.CONFIRM: "warn", Tier.NEVER: "bad"}
_PATTERNS_MOST = 3
_PATTERN_WIDTH = 40


@dataclass(frozen=True, slots=True)
class _Found:
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
            if any((rule.name, rule.reason) == (decision.rule, decision.reason) for rule in source.rules):
                return source.file
        return SHIPPED if decision.rule in {UNCLEAR, UNKNOWN, shipped.HARMLESS} else EFFECT


def test(given: Given, screen: Screen) -> int:
    """Say what decides about a command, and why.

    Raises:
        UsageError: there is no such step, or nothing that could be asked about.
        PlanInvalid: the plan cannot be read.
        ConfigInvalid: a settings file cannot be read.
    """
    found = _judge(given)
    if screen.is_json:
        screen.document(_document(given, found))
    screen.show(_decision_lines(found))
    return 0


def show(plan: Path | None, repo: Path | None, screen: Screen) -> int:
    """List the rules that hold, in the order in which they are asked.

    Raises:
        PlanInvalid: the plan cannot be read.
        ConfigInvalid: a settings file cannot be read.
    """
    sources = _sources(
        load_settings(root_of(repo)), Plan(goal="", steps=()) if plan is None else load_plan(plan).plan, plan
    )
    if screen.is_json:
        listed_sources = [
            {**asdict(source), "rules": [_rule_document(one) for one in source.rules]} for source in sources
        ]
        screen.document({"schema": SHOW_SCHEMA, "sources": listed_sources})
    screen.page(line for source in sources for line in _source_lines(source))
    return 0


def _judge(given: Given) -> _Found:
    plan = Plan(goal="", steps=()) if given.in_plan is None else load_plan(given.in_plan).plan
    step = _asked_about(given, plan)
    settings = load_settings(root_of(given.repo))
    sources = _sources(settings, plan, given.in_plan)
    policy = replace(settings.policy, raising=(*settings.policy.raising, plan.policy))
    if _step_of(given, plan) is not None:
        parts, decision, facts = _weigh(policy, step, plan, given, None)
        probe = weigh_probe(step, plan, policy, facts)
        if probe is not None:
            decision = strictest([decision, probe[1]], decision)
        return _Found(decision, parts, facts, sources, probe=probe)
    # A command by itself is judged as in a step that has the network, and as in one that has no way out.
    parts, decision, facts = _weigh(policy, replace(step, network=True), plan, given, SEALED_RUNG)
    _, sealed, _ = _weigh(policy, step, plan, given, SEALED_RUNG)
    return _Found(decision, parts, facts, sources, sealed)


def _asked_about(given: Given, plan: Plan) -> Step:
    """Return the step of the plan, or one made for the command; a command that is given takes the body's place."""
    step = _step_of(given, plan) or Step(id=StepId(given.of_step or "a-step"), body=RunBody(command=""))
    if given.command is not None:
        shell = step.body.shell if isinstance(step.body, RunBody) else "bash"
        step = replace(step, body=RunBody(command=given.command, shell=shell))
    elif _step_of(given, plan) is None or facts_on(step, plan).command is None:
        raise UsageError(
            "there is no command to ask about; give one in quotes, or a plan and a step that runs one or checks by one"
        )
    return step if given.effect is None else replace(step, effect=given.effect)


def _step_of(given: Given, plan: Plan) -> Step | None:
    if given.in_plan is None or given.of_step is None:
        return None
    found = next((step for step in plan.steps if step.id == given.of_step), None)
    if found is None:
        known = listed(step.id for step in plan.steps)
        raise UsageError(f"there is no step {given.of_step!r} in {str(given.in_plan)!r}; its steps are {known}")
    return found


def _weigh(
    policy: Policy, step: Step, plan: Plan, given: Given, rung: str | None
) -> tuple[tuple[Weighed, ...], Decision, Facts]:
    """Weigh the parts; without an effect class, what only looks needs no say."""
    is_named = _step_of(given, plan) is not None
    paths = undeclared_of(given.paths, step, plan) if is_named else given.paths
    facts = replace(facts_on(step, plan, rung), paths=paths)
    floor = raised_by_step(floor_of(step, plan), step)
    parts = weigh_parts(policy, facts, floor)
    is_looking = all(part.is_harmless and part.decision == floor for part in parts)
    if given.effect is None and not is_named and is_looking:
        floor = Decision(tier=Tier.AUTO, rule=shipped.HARMLESS, reason=shipped.HARMLESS_REASON)
        parts = tuple(replace(part, decision=floor) for part in parts)
    return parts, raised_by_step(strictest([part.decision for part in parts], floor), step), facts


def _sources(settings: Settings, plan: Plan, path: Path | None) -> tuple[Source, ...]:
    lowering = tuple(source for source in settings.sources if source.may_lower)
    raising = tuple(source for source in settings.sources if not source.may_lower)
    ships = Source(
        file=SHIPPED, rules=(*shipped.COMMANDS, *OPEN_RULES, *shipped.FILES, shipped.CHECK_FILES), may_lower=False
    )
    of_plan = () if not plan.policy else (Source(file=str(path), rules=plan.policy, may_lower=False),)
    return (*lowering, ships, *raising, *of_plan)


def _document(given: Given, found: _Found) -> Mapping[str, object]:
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
        "command": given.command,
        "effect": found.facts.effect,
        "parts": [
            {
                "command": None if part.words is None else list(part.words),
                **_decision_document(part.decision),
            }
            for part in found.parts
        ],
        "unclear": command.unclear,
        "writes": list(command.writes),
        "hosts": list(command.hosts),
        "variables": list(command.variables),
    }


def _decision_document(decision: Decision) -> Mapping[str, object]:
    return {"tier": decision.tier, "rule": decision.rule, "reason": decision.reason}


def _decision_lines(found: _Found) -> Iterator[Line]:
    decision = found.decision
    origin = found.origin_of(decision)
    yield Line(f"{decision.tier:<8} {_MEANINGS[decision.tier]}", _STYLES[decision.tier], hang=9, styled=8)
    yield Line(f"{'rule':<8} {decision.rule} ({origin})", "head", hang=9, styled=4)
    yield Line(f"{'why':<8} {one_line(decision.reason)}", "head", hang=9, styled=3)
    demands = list(_demands(decision.demand))
    if demands:
        yield Line(f"{'demands':<8} {'; '.join(demands)}", "head", hang=9, styled=7)
    sealed = found.sealed
    if sealed is not None and (sealed.tier, sealed.rule) != (decision.tier, decision.rule):
        text = f"{'sealed':<8} {sealed.tier} ({sealed.rule}), where the step has no way out of its lane"
        yield Line(text, "head", hang=9, styled=6)
    if found.probe is not None:
        command, said = found.probe
        text = f"{'probe':<8} {said.tier} ({said.rule}): {_short(command.text)}"
        yield Line(text, "head", hang=9, styled=5)
    if len(found.parts) > 1:
        yield EMPTY
        yield Line("Its parts, of which the strictest decides:")
        for part in found.parts:
            said = part.decision
            text = f"  {said.tier:<8} {_part_text(part)}  ({said.rule})"
            yield Line(text, _STYLES[said.tier], hang=11, styled=10)


_MEANINGS = {
    Tier.AUTO: "it runs, and is not mentioned",
    Tier.LOG: "it runs, and the journal says so",
    Tier.CONFIRM: "a person is asked first",
    Tier.NEVER: "it does not run, and nobody is asked",
}


def _part_text(part: Weighed) -> str:
    if part.words is None:
        return "the files it changes"
    text = one_line(" ".join(word if word and " " not in word else repr(word) for word in part.words))
    return (text if len(text) <= 100 else text[:99] + "…") or "what cannot be told"


def _demands(demand: Demand) -> Iterator[str]:
    if demand.people > 1:
        yield f"{demand.people} different people"
    if demand.role is not None:
        yield f"the role {demand.role}"
    if demand.expires_s is not None:
        then = {"wait": "then it goes on waiting", "stop": "then the step is stopped"}.get(
            demand.overdue, f"then it is handed on to {demand.next_role}"
        )
        yield f"an answer within {duration(demand.expires_s)}, {then}"


def _source_lines(source: Source) -> Iterator[Line]:
    can = "may lower a tier" if source.may_lower else "can only raise a tier"
    note = f" ({counted(len(source.rules), 'rule')}, {can}; the first that matches decides)"
    yield Line(f"{source.file}{note}", "head", styled=len(source.file))
    width = max(len(rule.name) for rule in source.rules)
    for rule in source.rules:
        text = f"  {rule.tier:<8} {rule.name:<{width}}  {one_line(rule.reason)}"
        yield Line(text, _STYLES[rule.tier], hang=13 + width, styled=10)
        for condition in _conditions(rule):
            yield Line(f"  {'':<8} {'':<{width}}  {condition}", "dim", hang=15 + width)
    yield EMPTY


def _conditions(rule: Rule) -> Iterator[str]:
    """Say when a rule holds, in short; what it demands as well."""
    texts: tuple[tuple[str, Iterable[str]], ...] = (
        ("commands", rule.commands),
        ("paths", rule.paths),
        ("resources", rule.resources),
        ("hosts", rule.hosts),
        ("variables", rule.variables),
        ("steps", rule.steps),
        ("effects", rule.effects),
        ("phases", rule.phases),
    )
    for name, values in texts:
        if values:
            yield f"{name}: {listed(map(_short, values), _PATTERNS_MOST)}"
    for name in ("cost_usd_above", "lines_above", "confidence_below"):
        if getattr(rule, name) is not None:
            yield f"{name}: {getattr(rule, name):g}"
    if rule.reaches_others:
        yield "reaches others: outside the sandbox the effect counts as irreversible"
    demands = list(_demands(rule.demand))
    if demands:
        yield f"demands: {'; '.join(demands)}"


def _short(pattern: str) -> str:
    text = one_line(pattern)
    return text if len(text) <= _PATTERN_WIDTH else text[: _PATTERN_WIDTH - 1] + "…"


def _rule_document(rule: Rule) -> Mapping[str, object]:
    """Return a rule as data, without conditions it does not have."""
    found: dict[str, object] = asdict(rule)
    demand = found.pop("demand")
    said = {key: value for key, value in found.items() if value not in (None, (), False)}
    return said if rule.demand == Demand() else {**said, "demand": demand}
