"""The reader of policy rules, in plan files and settings alike."""

from __future__ import annotations

from surefoot.core.plan_schema import DEMAND, TABLES
from surefoot.core.policy_types import Demand, Overdue, Rule, Tier
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.readers import made, read_keys, read_values
from surefoot.planfile.tree import Items, Tree


def read_rules(page: Page, node: Tree) -> tuple[Rule, ...] | None:
    """Read a list of rules, each with a name of its own."""
    if not isinstance(node, Items):
        page.flaw(node, f"found {described(node)}; a list of rules was expected; give each a name, a tier and a reason")
        return None
    rules: list[Rule] = []
    for item in node.items:
        fields = read_keys(page, item, "rule")
        rule = None if fields is None else _read_rule(page, fields)
        if fields is None or rule is None:
            continue
        if rule.name and any(rule.name == other.name for other in rules):
            text = f"a rule before is named {rule.name!r}, too; names of their own were expected; rename one"
            page.flaw(fields.at("name"), text)
        rules.append(rule)
    return tuple(rules)


def _read_rule(page: Page, fields: Fields) -> Rule | None:
    demand = Demand(**read_values(page, fields, DEMAND.keys))
    if "overdue" in fields and demand.expires_s is None:
        page.flaw(fields.at("overdue"), "`overdue` stands without `expires`; a time was expected; add `expires`")
    if (demand.overdue is Overdue.HAND_ON) is not (demand.next_role is not None):
        text = "`overdue: hand_on` and `next_role` belong together; both were expected, or none; add the missing one"
        page.flaw(fields.at("overdue" if demand.next_role is None else "next_role"), text)
    rule: Rule | None = made(Rule, {**read_values(page, fields, TABLES["rule"].keys), "demand": demand})
    if rule is not None and rule.when and rule.tier not in (Tier.CONFIRM, Tier.NEVER):
        wrong = f"`when` stands in a rule whose tier is {rule.tier}"
        page.flaw(fields.at("when"), f"{wrong}; it can only raise: `tier: confirm` or `never` was expected; change it")
    if rule is not None and demand != Demand() and rule.tier is not Tier.CONFIRM:
        first = next(key.name for key in DEMAND.keys if key.name in fields)
        wrong = f"`{first}` stands in a rule whose tier is {rule.tier}"
        page.flaw(fields.at(first), f"{wrong}; it belongs to `tier: confirm`; remove one of the two")
    return rule
