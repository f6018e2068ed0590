"""The reader of services, and the rules for their names."""

from __future__ import annotations

from surefoot.core.plan import Service
from surefoot.core.plan_schema import TABLES
from surefoot.core.regex import regex
from surefoot.planfile.fields import Page, described
from surefoot.planfile.readers import checked, made, read_keys, read_values
from surefoot.planfile.tree import Table, Tree

_read_name = checked(
    regex(r"[A-Za-z][A-Za-z0-9_-]{0,49}").fullmatch,
    "{} cannot name a service; letters, digits, _ and - were expected; choose another name",
)


def read_services(page: Page, node: Tree) -> tuple[Service, ...] | None:
    """Read the services by their names."""
    if not isinstance(node, Table):
        text = f"found {described(node)}; services by their names were expected; write them as {{db: {{run: …}}}}"
        page.flaw(node, text)
        return None
    found: dict[str, Service] = {}
    for key, value in node.entries:
        name, fields = _read_name(page, key), read_keys(page, value, "service")
        values = {} if fields is None else read_values(page, fields, TABLES["service"].keys)
        service: Service | None = made(Service, {"name": name, **values}) if name else None
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
