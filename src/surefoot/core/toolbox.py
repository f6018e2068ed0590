"""Which tools there are, what each does, and who may call them in which phase.

Owns the one table that says what a role can do. The kernel refuses what is not in it, whatever a model was told. Must
never hold how a tool is carried out: `surefoot.tools` does. Read `surefoot.core.kernel.talks` next.
"""

from __future__ import annotations

from surefoot.core.record import record
from surefoot.core.talking import Deed, Role

_EVERYBODY = frozenset(Role)
_HELD = {Deed.WRITE: ("lane",), Deed.ASK: ("person",)}


@record
class Tool:
    """One tool, as far as the kernel has to know it."""

    name: str
    """What models call it."""
    deed: Deed
    """What it does."""
    roles: frozenset[Role]
    """Who may call it."""

    @property
    def resources(self) -> tuple[str, ...]:
        """What a call has for itself while it is carried out: no other call of the talk may have it then."""
        return _HELD.get(self.deed, ())


_TOOLS = (
    Tool(name="list", deed=Deed.READ, roles=_EVERYBODY),
    Tool(name="search", deed=Deed.READ, roles=_EVERYBODY),
    Tool(name="read", deed=Deed.READ, roles=_EVERYBODY),
    Tool(name="outline", deed=Deed.READ, roles=_EVERYBODY),
    Tool(name="git", deed=Deed.READ, roles=_EVERYBODY),
    Tool(name="recall", deed=Deed.READ, roles=_EVERYBODY),
    Tool(name="edit", deed=Deed.WRITE, roles=frozenset({Role.WORKER})),
    Tool(name="run", deed=Deed.WRITE, roles=frozenset({Role.WORKER})),
    Tool(name="note", deed=Deed.NOTE, roles=_EVERYBODY),
    Tool(name="ask", deed=Deed.ASK, roles=frozenset({Role.SCOUT, Role.PLANNER, Role.WORKER})),
    Tool(name="propose", deed=Deed.NOTE, roles=frozenset({Role.WORKER})),
    Tool(name="understood", deed=Deed.END, roles=frozenset({Role.SCOUT})),
    Tool(name="plan", deed=Deed.END, roles=frozenset({Role.PLANNER})),
    Tool(name="finish", deed=Deed.END, roles=frozenset({Role.WORKER, Role.REVIEWER})),
)
TOOLS: dict[str, Tool] = {tool.name: tool for tool in _TOOLS}
"""Every tool, by name."""


def tools_of(role: Role) -> tuple[Tool, ...]:
    """Return the tools of a role, in a fixed order."""
    return tuple(tool for tool in _TOOLS if role in tool.roles)


def refusal_of(name: str, role: Role) -> str:
    """Say why the role may not call a tool of that name; empty where it may."""
    tool = TOOLS.get(name)
    own = ", ".join(one.name for one in tools_of(role))
    if tool is None:
        return f"there is no tool {name!r}; you have: {own}"
    if role not in tool.roles:
        return f"the tool {name!r} does not exist for the {role.value}; you have: {own}"
    return ""
