"""`policy test` and `policy show`: decisions and rules, rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from surefoot.cli.lookup import root_of
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.plan import Plan
from surefoot.core.policy import Weighed
from surefoot.core.policy_types import Demand, Rule, Tier
from surefoot.core.short_text import counted, listed, shortened
from surefoot.planfile import load_plan
from surefoot.settings import Source, load_settings
from surefoot.views.lines import EMPTY, Line, Style, duration, one_line
from surefoot.views.policy_answer import (
    PolicyAnswer,
    PolicyQuestion,
    answer_document,
    policy_answer,
    rule_sources,
    rules_document,
)

_STYLES: dict[Tier, Style] = {Tier.AUTO: "good", Tier.LOG: "good", Tier.CONFIRM: "warn", Tier.NEVER: "bad"}
_PATTERNS_MOST = 3
_PATTERN_WIDTH = 40


def test(given: Given, screen: Screen) -> int:
    """Say what decides about a command, and why.

    Raises:
        UsageError: there is no such step, or nothing that could be asked about.
        PlanInvalid: the plan cannot be read.
        ConfigInvalid: a settings file cannot be read.
    """
    asked = PolicyQuestion(
        command=given.command,
        effect=given.effect,
        step=given.of_step,
        plan=given.in_plan,
        paths=given.paths,
        root=root_of(given.repo),
        outputs=given.put_out,
    )
    found = policy_answer(asked)
    if screen.is_json:
        screen.document(answer_document(asked, found))
    screen.show(_decision_lines(found))
    return 0


def show(plan: Path | None, repo: Path | None, screen: Screen) -> int:
    """List the rules that hold, in the order in which they are asked.

    Raises:
        PlanInvalid: the plan cannot be read.
        ConfigInvalid: a settings file cannot be read.
    """
    read = Plan(goal="", steps=()) if plan is None else load_plan(plan).plan
    sources = rule_sources(load_settings(root_of(repo)), read, plan)
    if screen.is_json:
        screen.document(rules_document(sources))
    screen.page(line for source in sources for line in _source_lines(source))
    return 0


def _decision_lines(found: PolicyAnswer) -> Iterator[Line]:
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
    return shortened(text, 100) or "what cannot be told"


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
        ("when", rule.when),
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
    return shortened(one_line(pattern), _PATTERN_WIDTH)
