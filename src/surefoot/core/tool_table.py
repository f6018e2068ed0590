"""The table of tools: what each does, who may call it, and what of the state its calls are given.

The kernel refuses what is not in this table, whatever a model was told. A new tool is a row here and a module in
`surefoot.tools`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field

from surefoot.core.agent_types import Role, ToolKind
from surefoot.core.amendments import Operation
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import Plan
from surefoot.core.record import record


@record
class EditableFiles:
    """What a call needs that changes files."""

    writes: tuple[str, ...]
    """Globs over files that may be changed, from the root of the repository; none: nothing may be changed."""
    denied: tuple[str, ...] = ()
    """Globs over files that may not be changed all the same."""
    seen: Mapping[str, str]
    """Files whose content the model has seen, by path, with the digest of the content."""


@record
class StoredTexts:
    """What a call needs that brings back what was said before."""

    texts: Mapping[str, BlobId]
    """Stored texts, by the names that stand for them in a brief."""
    hidden: tuple[BlobId, ...] = ()
    """Evidence of checks that are held back from agents."""


@record
class PlanInForce:
    """What a call needs that makes a plan."""

    plan: Plan
    """The plan in force; before there is one, the goal with what the user gave and what was found out."""
    is_stopped: bool = False
    """Whether the plan was stopped as wrong: then checks may go with their steps, once a person agrees."""
    fixed: Mapping[StepId, tuple[str, str]] = field(default_factory=dict[StepId, tuple[str, str]])
    """Steps that stand so that they cannot be edited, or dropped: why not; empty where they can be."""
    refused: tuple[tuple[tuple[Operation, ...], str], ...] = ()
    """Changes that agents have proposed and that were refused, each with the reason."""


ToolState = EditableFiles | StoredTexts | PlanInForce


@record
class ToolRow:
    """One tool, as far as the kernel has to know it."""

    name: str
    kind: ToolKind
    roles: frozenset[Role]
    state: type[ToolState] | None = None
    """What of the state its calls are given."""
    basic: frozenset[Role] = frozenset()
    """The roles that are told of it also where a model has no native tools: small models do better with few."""
    sees_unnoted: bool = False
    """Whether it shows what stands in files without noting which."""
    leads_astray: bool = False
    """Whether an agent does without it once its goal was restated."""


def _end(name: str, *roles: Role, state: type[ToolState] | None = None) -> ToolRow:
    return ToolRow(name=name, kind=ToolKind.END, roles=frozenset(roles), state=state, basic=frozenset(roles))


RECALL = "recall"
_EVERYBODY = frozenset(Role)
_WORKER = frozenset({Role.WORKER})
_READERS = frozenset({Role.SCOUT, Role.PLANNER, Role.REPLANNER})
_ROWS = (
    ToolRow(name="list", kind=ToolKind.READ, roles=_EVERYBODY),
    ToolRow(name="search", kind=ToolKind.READ, roles=_EVERYBODY, basic=_READERS, sees_unnoted=True),
    ToolRow(name="read", kind=ToolKind.READ, roles=_EVERYBODY, basic=_EVERYBODY),
    ToolRow(name="outline", kind=ToolKind.READ, roles=_EVERYBODY, sees_unnoted=True),
    ToolRow(name="symbols", kind=ToolKind.READ, roles=_EVERYBODY, sees_unnoted=True),
    ToolRow(name="git", kind=ToolKind.READ, roles=_EVERYBODY, basic=frozenset({Role.REVIEWER}), sees_unnoted=True),
    ToolRow(name=RECALL, kind=ToolKind.READ, roles=_EVERYBODY, state=StoredTexts),
    ToolRow(name="edit", kind=ToolKind.WRITE, roles=_WORKER, state=EditableFiles, basic=_WORKER),
    ToolRow(name="run", kind=ToolKind.WRITE, roles=_WORKER, basic=_WORKER, sees_unnoted=True, leads_astray=True),
    ToolRow(name="note", kind=ToolKind.NOTE, roles=_EVERYBODY, leads_astray=True),
    ToolRow(name="ask", kind=ToolKind.ASK, roles=_READERS | _WORKER),
    ToolRow(name="propose", kind=ToolKind.NOTE, roles=_WORKER, state=PlanInForce, leads_astray=True),
    _end("understood", Role.SCOUT, state=PlanInForce),
    _end("plan", Role.PLANNER, state=PlanInForce),
    _end("amend", Role.REPLANNER, state=PlanInForce),
    _end("finish", Role.WORKER, Role.REVIEWER),
)
TOOLBOX: Mapping[str, ToolRow] = {row.name: row for row in _ROWS}
LEADS_ASTRAY = frozenset(row.name for row in _ROWS if row.leads_astray)
SEES_UNNOTED = frozenset(row.name for row in _ROWS if row.sees_unnoted)


def tools_of(role: Role) -> tuple[ToolRow, ...]:
    """Return the tools of a role, in a fixed order."""
    return tuple(row for row in _ROWS if role in row.roles)


def basic_tools_of(role: Role, *, has_stubs: bool = False) -> tuple[ToolRow, ...]:
    """Return the few tools that a model without native tools is told of; `recall` once there is something to recall."""
    return tuple(row for row in _ROWS if role in row.basic or (has_stubs and row.name == RECALL))


def refusal_of(name: str, role: Role, without: Collection[str] = ()) -> str:
    """Say why the role may not call a tool of that name; empty where it may. `without` names what was taken away."""
    row = TOOLBOX.get(name)
    own = ", ".join(one.name for one in tools_of(role) if one.name not in without)
    if name in without:
        return f"the tool {name!r} was taken away, because an earlier attempt left the goal; you have: {own}"
    if row is None:
        return f"there is no tool {name!r}; you have: {own}"
    if role not in row.roles:
        return f"the tool {name!r} does not exist for the {role.value}; you have: {own}"
    return ""
