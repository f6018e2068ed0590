"""What a tool is given to work with, and what it gives back.

Owns the seam between tools and the worker that uses them. Must never hold how a tool does its work. Read
`surefoot.tools.using` next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import Check, Plan, Prepare, Step
from surefoot.core.talking import Claim, Note, Role, Understanding
from surefoot.ports import Commands

TEXT_BYTES_MAX = 24_000
"""No tool tells a model more than this at once, in bytes of UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What one call has to work with. Paths count from `root`, which is where commands start."""

    root: Path
    """The lane's root; for a plan made for a folder of the repository, that folder in the lane."""
    commands: Commands
    """Runs commands in the lane, confined as those of the step."""
    role: Role
    """Who calls."""
    plan: Plan
    """The plan in force; before there is one, the goal with what the user gave and what was found out."""
    load: Callable[[BlobId], bytes]
    """Returns stored evidence."""
    step: Step | None = None
    """The step the call belongs to, if it belongs to one."""
    call: str = ""
    """The call's id, `TURN.NUMBER`."""
    writes: tuple[str, ...] = ()
    """Globs over files that may be changed, from the repository's root; none: nothing may be."""
    seen: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files whose content the model has seen, with its digest; by their paths as the model is shown them."""
    hidden: frozenset[BlobId] = frozenset()
    """Evidence of checks that are held back from agents."""
    references: Mapping[str, BlobId] = field(default_factory=dict[str, BlobId])
    """What `recall` brings back, by the words a brief names it with."""
    kept: tuple[StepId, ...] = ()
    """For planners: steps of the plan in force that were begun, and stand in every later one."""
    plan_text: str = ""
    """For planners: the plan in force as a plan file, where it has steps."""
    sockets: tuple[Path, ...] = ()
    """Sockets of the host that commands of the step may use."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further variables for commands of the step."""
    rung: str = "plain"
    """How well commands are confined."""
    timeout_s: float = 1800.0
    """No command takes longer."""
    mask: Callable[[str], str] = str
    """Returns a text as the model is shown it, with its secrets masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What came of a call."""

    ok: bool
    """Whether it did what was asked."""
    text: str
    """What the model is told."""
    whole: str | None = None
    """All of it, where the model is told less and it is not stored yet."""
    evidence: BlobId | None = None
    """All of it, where the model is told less and it is stored already."""
    is_misuse: bool = False
    """Whether the tool was used wrongly: its arguments, its scope, a file that has changed since it was read."""
    saw: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files whose content the model knows from here on, by path, with its digest; for deleted ones an empty one."""
    changed: tuple[str, ...] = ()
    """Paths that were changed, from the repository's root."""
    exit_code: int | None = None
    """For commands: their exit status."""
    note: Note | None = None
    """A fact to be kept."""
    proposal: str = ""
    """A change of the plan that is proposed."""
    claim: Claim | None = None
    """What the agent says, when it says that it is done."""
    understanding: Understanding | None = None
    """What was found out, in UNDERSTAND."""
    prepare: Prepare | None = None
    """How a lane is made usable, as it was found out."""
    accept: tuple[Check, ...] = ()
    """What must hold for the goal to be reached, as it was found out."""
    plan: Plan | None = None
    """The plan that was made."""
    plan_text: str | None = None
    """The plan as a plan file."""


def failed(text: str) -> ToolResult:
    """Return that the call could not do what was asked, though it was a proper one."""
    return ToolResult(ok=False, text=text)


def misused(text: str) -> ToolResult:
    """Return that the tool was used wrongly."""
    return ToolResult(ok=False, text=text, is_misuse=True)
