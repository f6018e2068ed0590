"""The reader of checks, and the names of checks without one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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
    unnamed: list[int] = []
    taken: set[str] = set()
    for item in node.items:
        fields = Fields.read(page, item, table.said, table.names, LATER_KEYS)
        check = None if fields is None else _read_check(page, fields)
        if fields is None or check is None:
            continue
        if "name" not in fields:
            unnamed.append(len(checks))
        elif check.name in taken:
            text = f"a check before is named {check.name!r}, too; names of their own were expected; rename one"
            page.flaw(fields.at("name"), text)
        else:
            taken.add(check.name)
        checks.append(check)
    for index in unnamed:
        checks[index] = replace(checks[index], name=_free_name(checks[index].name, taken))
    return tuple(checks)


def _read_check(page: Page, fields: Fields) -> Check | None:
    table = TABLES["check"]
    ask: CheckQuestion | None = read_kind(page, fields, table)
    if ask is None:
        return None
    values: dict[str, Any] = {"name": _name_of(ask), **read_values(page, fields, table.keys)}
    return Check(ask=ask, **values)


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
