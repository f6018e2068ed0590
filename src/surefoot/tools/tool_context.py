"""`Tool`, the context of one tool call, and the result of a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from pathlib import Path

from surefoot.core.agent_types import Role
from surefoot.core.event_words import Absent
from surefoot.core.failure_words import with_cure
from surefoot.core.ids import BlobId
from surefoot.core.plan import Step
from surefoot.core.record import record
from surefoot.core.tool_payload import Payload
from surefoot.core.tool_table import ToolState
from surefoot.ports import CommandOutcome, CommandRequest, Commands
from surefoot.threads import in_thread
from surefoot.tools.argument_schema import Shape
from surefoot.tools.arguments import Arguments
from surefoot.tools.pagination import head_and_tail

TEXT_BYTES_MAX = 24_000
"""No tool tells a model more than this at once, in bytes of UTF-8."""


@record
class ToolContext:
    """What one call has to work with. Paths count from `root`, which is where commands start."""

    root: Path
    """The lane's root; for a plan made for a folder of the repository, that folder in the lane."""
    folder: str = ""
    """That folder, from the root of the repository; empty: the root itself."""
    commands: Commands
    """Runs commands in the lane, confined as those of the step; stores and returns evidence."""
    template: CommandRequest
    """A command of the step without its text: variables, network, sockets, confinement."""
    rung: str = "plain"
    step: Step
    role: Role
    call: str = ""
    """The call's id, `TURN.NUMBER`."""
    state: ToolState | None = None
    mask: Callable[[str], str] = str
    """Returns a text as the model is shown it, with its secrets masked."""


@record
class ToolResult:
    """What came of a call."""

    ok: bool
    text: str
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
    payload: Payload | None = None
    absent: Absent | None = None
    """What the call was about, and is not there. Monitors go by this, and not by words."""


Perform = Callable[[Arguments, ToolContext], Awaitable[ToolResult]]


def on_thread(work: Callable[[Arguments, ToolContext], ToolResult]) -> Perform:
    """Return what carries out a call on a thread; a call that is cancelled is waited for, as it may write."""

    async def perform(arguments: Arguments, context: ToolContext) -> ToolResult:
        return await in_thread(work, arguments, context)

    return perform


def plain_values(arguments: Arguments) -> str:
    """Return the texts and numbers of a call, for tools whose calls need no better summary."""
    return " ".join(str(value) for value in arguments.values() if isinstance(value, str | int | float))


@record
class Tool:
    """All there is to say of a tool, but for its row in `surefoot.core.tool_table`."""

    text: str
    """What models are told: what it does, when to use it, what it gives."""
    schema: Shape
    perform: Perform
    summary: Callable[[Arguments], str] = plain_values
    """Says what a call does, whatever its arguments are."""
    command: str = ""
    """The argument that is a shell command; empty: none is."""
    question: str = ""
    """The argument that is a question to a person; empty: none is."""
    options: str = ""
    """The argument with the answers that the question takes; empty: none has them."""
    for_role: Mapping[Role, tuple[str, Shape]] = field(default_factory=dict[Role, tuple[str, Shape]])
    """Text and schema for roles that are told of it in another way."""
    basic: tuple[str, Shape] | None = None
    """Text and schema for models without native tools: few and flat arguments; None: as for all."""
    from_basic: Callable[[Mapping[str, object]], Mapping[str, object]] = dict
    """Returns arguments in that form as the tool takes them, and others as they are."""
    takes_names: bool = False
    """Whether a path without its folder stands for the only file of that name."""


def failed(text: str) -> ToolResult:
    """Return that the call could not do what was asked, though it was a proper one."""
    return ToolResult(ok=False, text=text)


def not_there(text: str) -> ToolResult:
    """Return that what the call names does not exist."""
    return ToolResult(ok=False, text=text, absent=Absent.NAMED)


def misused(text: str) -> ToolResult:
    """Return that the tool was used wrongly."""
    return ToolResult(ok=False, text=text, is_misuse=True)


def told(outcome: CommandOutcome, commands: Commands, bytes_max: int, cure: str = "") -> ToolResult:
    """Return how a command ended, with beginning and end of what it printed."""
    out = b"" if outcome.evidence is None else commands.load(outcome.evidence)
    text = out.decode("utf-8", "replace").rstrip()
    shown = head_and_tail(text, bytes_max)
    said = with_cure(outcome.said, cure)
    if outcome.timed_out:
        said += "; all it had started was ended. Give a longer `timeout_s`, or run less at once"
    return ToolResult(
        ok=outcome.exit_code == 0,
        text=f"{said}\n{shown or '(no output)'}" if outcome.started else said,
        evidence=None if shown == text else outcome.evidence,
        exit_code=outcome.exit_code,
    )
