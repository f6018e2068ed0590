"""The reader of checks, and the names of checks without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from surefoot.core.check_kinds import CheckQuestion
from surefoot.core.plan import Check
from surefoot.core.plan_schema import TABLES
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
        fields = Fields.read(page, item, table.said, table.names, LATER_KEYS)
        check = None if fields is None else _read_check(page, fields)
        if fields is None or check is None:
            continue
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
        if not check.name:
            found[index] = replace(check, name=_free_name(_name_of(check.ask), taken))
    return tuple(found)


def _read_check(page: Page, fields: Fields) -> Check | None:
    table = TABLES["check"]
    ask: CheckQuestion | None = read_kind(page, fields, table)
    if ask is None:
        return None
    return Check(ask=ask, **read_values(page, fields, table.keys))


def _name_of(ask: CheckQuestion) -> str:
    """Make a name that says what is asked."""
    name = " ".join(ask.label.split())
    return name if len(name) <= _NAME_LENGTH_MAX else name[: _NAME_LENGTH_MAX - 1] + "…"


def _free_name(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free
