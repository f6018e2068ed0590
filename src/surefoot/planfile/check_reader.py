"""The reader of checks, and the names of checks without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from surefoot.core.check_kinds import CheckQuestion
from surefoot.core.plan import Check
from surefoot.core.plan_schema import TABLES, names_of
from surefoot.core.short_text import shortened
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.readers import read_kind, read_values
from surefoot.planfile.tree import Items, Tree

LATER_KEYS = ("sockets",)
_NAME_LENGTH_MAX = 60


def read_checks(page: Page, node: Tree) -> tuple[Check, ...] | None:
    """Read a list of checks and give each a name of its own."""
    if not isinstance(node, Items):
        page.flaw(node, f"found {described(node)}; a list of checks was expected; begin each with `-`")
        return None
    table = TABLES["check"]
    checks: list[Check] = []
    for item in node.items:
        fields = Fields.read(page, item, table.said, names_of("check"), LATER_KEYS)
        ask: CheckQuestion | None = None if fields is None else read_kind(page, fields, table)
        if fields is None or ask is None:
            continue
        check = Check(ask=ask, **read_values(page, fields, table.keys))
        if check.name and any(check.name == other.name for other in checks):
            text = f"a check before is named {check.name!r}, too; names of their own were expected; rename one"
            page.flaw(fields.at("name"), text)
        checks.append(check)
    return with_names(checks)


def with_names(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks with a name for each that has none: one that says what is asked."""
    found = list(checks)
    taken = {check.name for check in found}
    for index, check in enumerate(found):
        if check.name:
            continue
        said = free = shortened(" ".join(check.ask.label.split()), _NAME_LENGTH_MAX)
        number = 1
        while free in taken:
            number += 1
            free = f"{said}-{number}"
        taken.add(free)
        found[index] = replace(check, name=free)
    return tuple(found)
