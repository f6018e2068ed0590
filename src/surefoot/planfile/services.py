"""Services of a plan file.

Owns a service's keys and the rules for its name. Must never start one. Read `surefoot.planfile.loading` next.
"""

from __future__ import annotations

import re

from surefoot.core.plan import Service
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.tree import Table, Tree

SERVICE_KEYS = ("run", "ready", "stop", "cwd", "env", "network", "timeout")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}")


def read_services(page: Page, node: Tree) -> tuple[Service, ...] | None:
    """Read the services by their names."""
    if not isinstance(node, Table):
        text = f"found {described(node)}; services by their names were expected; write them as {{db: {{run: …}}}}"
        page.flaw(node, text)
        return None
    found: dict[str, Service] = {}
    for key, value in node.entries:
        name = _read_name(page, key)
        service = None if name is None else _read_service(page, name, value)
        if service is None:
            continue
        twin = found.setdefault(service.port_variable, service)
        if twin.name == service.name and twin is not service:
            page.flaw(key, f"`{name}` stands here a second time; each name once was expected; remove one")
        elif twin is not service:
            text = (
                f"the port of {service.name!r} would stand in {service.port_variable}, as that of {twin.name!r} does; "
                "names that differ in letters or digits were expected; rename one"
            )
            page.flaw(key, text)
    return tuple(found.values())


def _read_name(page: Page, node: Tree) -> str | None:
    name = page.text(node)
    if name is not None and _NAME.fullmatch(name) is None:
        page.flaw(node, f"{name!r} cannot name a service; letters, digits, _ and - were expected; choose another name")
        return None
    return name


def _read_service(page: Page, name: str, node: Tree) -> Service | None:
    fields = Fields.read(page, node, "a service", SERVICE_KEYS)
    if fields is None:
        return None
    return Service(
        name=name,
        run=fields.need("run", page.text, "", "the command that is the service"),
        ready=fields.take("ready", page.text, None),
        stop=fields.take("stop", page.text, None),
        cwd=fields.take("cwd", page.inner, None),
        env=fields.take("env", page.variables, dict[str, str]()),
        network=fields.take("network", page.flag, default=False),
        timeout_s=fields.take("timeout", page.positive_s, 60.0),
    )
