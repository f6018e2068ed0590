"""Rules of a policy, in plan files and in settings alike.

Owns a rule's keys and how they fit together. Must never know which file a rule stands in: whether it may lower a tier
is not said here. Read `surefoot.core.policy` for what rules do.
"""

from __future__ import annotations

from surefoot.core.rules import Demand, Effect, Overdue, Rule, Tier
from surefoot.core.terms import Phase
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.tree import Items, Tree

CONDITION_KEYS = (
    *("commands", "paths", "resources", "hosts", "variables", "steps", "effects", "phases"),
    *("cost_usd_above", "lines_above", "confidence_below"),
)
DEMAND_KEYS = ("role", "people", "expires", "overdue", "next_role")
RULE_KEYS = ("name", "tier", "reason", *CONDITION_KEYS, *DEMAND_KEYS)


def read_rules(page: Page, node: Tree) -> tuple[Rule, ...] | None:
    """Read a list of rules, each with a name of its own."""
    if not isinstance(node, Items):
        page.flaw(node, f"found {described(node)}; a list of rules was expected; give each a name, a tier and a reason")
        return None
    rules: list[Rule] = []
    for item in node.items:
        fields = Fields.read(page, item, "a rule", RULE_KEYS)
        rule = None if fields is None else _read_rule(page, fields)
        if fields is None or rule is None:
            continue
        if any(rule.name == other.name for other in rules):
            text = f"a rule before is named {rule.name!r}, too; names of their own were expected; rename one"
            page.flaw(fields.at("name"), text)
        rules.append(rule)
    return tuple(rules)


def _read_rule(page: Page, fields: Fields) -> Rule | None:
    name = fields.need("name", page.text, None, "a name, which is shown with every decision,")
    tier = fields.need("tier", page.one_of(Tier), None, "what the rule says (auto, log, confirm, never)")
    reason = fields.need("reason", page.text, None, "why, in a sentence for the person who is asked,")
    demand = _read_demand(page, fields)
    texts = page.many(page.text)
    if name is None or tier is None or reason is None:
        return None
    if demand != Demand() and tier is not Tier.CONFIRM:
        first = next(key for key in DEMAND_KEYS if key in fields)
        text = f"`{first}` stands in a rule whose tier is {tier}; it belongs to `tier: confirm`; remove one of the two"
        page.flaw(fields.at(first), text)
    return Rule(
        name=name,
        tier=tier,
        reason=reason,
        commands=fields.take("commands", texts, ()),
        paths=fields.take("paths", texts, ()),
        resources=fields.take("resources", texts, ()),
        hosts=fields.take("hosts", texts, ()),
        variables=fields.take("variables", texts, ()),
        steps=fields.take("steps", texts, ()),
        effects=fields.take("effects", page.many(page.one_of(Effect)), ()),
        phases=fields.take("phases", page.many(page.one_of(Phase)), ()),
        cost_usd_above=fields.take("cost_usd_above", page.number, None),
        lines_above=fields.take("lines_above", page.count, None),
        confidence_below=fields.take("confidence_below", page.number, None),
        demand=demand,
    )


def _read_demand(page: Page, fields: Fields) -> Demand:
    demand = Demand(
        role=fields.take("role", page.text, None),
        people=fields.take("people", page.count, 1),
        expires_s=fields.take("expires", page.positive_s, None),
        overdue=fields.take("overdue", page.one_of(Overdue), Overdue.WAIT),
        next_role=fields.take("next_role", page.text, None),
    )
    if "overdue" in fields and demand.expires_s is None:
        page.flaw(fields.at("overdue"), "`overdue` stands without `expires`; a time was expected; add `expires`")
    if (demand.overdue is Overdue.HAND_ON) is not (demand.next_role is not None):
        text = "`overdue: hand_on` and `next_role` belong together; both were expected, or none; add the missing one"
        page.flaw(fields.at("overdue" if demand.next_role is None else "next_role"), text)
    return demand
