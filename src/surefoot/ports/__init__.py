"""The protocols between the layers, with the plain records that go through them.

A run rests on four ports: `Clock`, and `Journal`, `Blobs` and `Claims` in `surefoot.ports.storage`. `surefoot.api.home`
chooses their implementations; each port has a suite in `tests/conformance` that every implementation passes. `Commands`
and `Model` are what checks, probes and agents ask of workers. Must never import anything but core and errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from surefoot.core.agent_types import Fault, Finish, Role, Usage
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.plan import Network
from surefoot.core.record import record

LOOKING = {"PYTHONSAFEPATH": "1"}
"""Variables of commands that only look at the world: Python loads no module from the folder they start in."""


@record
class CommandRequest:
    """One command to run in a lane."""

    text: str = ""
    """Shell text; used when `argv` is empty."""
    argv: tuple[str, ...] = ()
    """A program and its arguments, without a shell."""
    shell: str = "bash"
    """`bash` or `sh`."""
    cwd: str | None = None
    """Folder relative to the lane's root; None: the root. An absolute one lies outside the lane."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables on top of those every command of the lane gets."""
    timeout_s: float | None = None
    """The whole tree of the command is ended after this many seconds."""
    network: Network = False
    sockets: tuple[Path, ...] = ()
    confine: bool = True
    """False: outside the sandbox (bodies and checks that say so, and probes)."""
    writable: tuple[Path, ...] = ()
    """Folders it may write beside the lane, its scratch home and the run's clone."""
    shows_installers: bool = True
    """Whether, with the network, it may read the files that configure pip, uv and npm."""
    output_max: int | None = None
    """So many bytes of what it prints are stored at most."""


@record
class CommandOutcome:
    """How a command ended, with its output stored. Secrets are already masked."""

    exit_code: int | None
    """None when it was ended by a signal or never started."""
    signal: int | None = None
    timed_out: bool = False
    started: bool = True
    """False when the program could not be started at all."""
    tail: str = ""
    """The last few thousand characters of its output."""
    evidence: BlobId | None = None
    duration_s: float = 0.0

    @property
    def said(self) -> str:
        """Say in a few words how it ended."""
        if not self.started:
            return f"could not be started: {self.tail.strip()}"
        if self.timed_out:
            return f"time-out after {self.duration_s:.3g} s"
        if self.signal is not None:
            return f"ended by signal {self.signal}"
        return f"exit status {self.exit_code}"


class Commands(Protocol):
    """Runs commands in one lane and stores what they print."""

    @property
    def root(self) -> Path:
        """The lane's root folder."""
        ...

    async def run(self, request: CommandRequest) -> CommandOutcome:
        """Run a command to its end (time-out and cancellation end its whole tree)."""
        ...

    def store(self, content: bytes) -> BlobId:
        """Store evidence that is not a command's output; secrets are masked first."""
        ...

    def load(self, blob: BlobId) -> bytes:
        """Return stored evidence."""
        ...


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    def elapsed(self) -> float:
        """Return seconds since some moment, for durations: nobody can set this clock forward or back."""
        ...

    async def wait_until(self, due: float) -> None:
        """Wait until the time is `due`."""
        ...


@record
class Program:
    """The program that works on runs, as it names itself; handed in, so that a run can be repeated to the letter."""

    pid: int
    host: str
    is_root: bool
    random_text: Callable[[int], str]
    """Returns so many letters and digits that nobody can guess: for the ids of runs and engines."""
    boot: str = ""
    """Names the time since the machine was started; empty: not known."""


class Speaker(StrEnum):
    """Who says something to, or as, a model."""

    SYSTEM = "system"
    USER = "user"
    MODEL = "model"
    TOOL = "tool"


@record
class Called:
    """A tool call in a reply."""

    name: str
    arguments: Mapping[str, object] | None
    """What it is given; None where that is no JSON object."""
    raw: str
    """The arguments as the model wrote them."""
    provider_id: str
    """What the provider calls the call; made up where it says nothing."""


@record
class Message:
    """One thing said, in the order in which a model is told it."""

    speaker: Speaker
    text: str
    """It; for tools what came of the call."""
    calls: tuple[Called, ...] = ()
    """For the model: the tools it called."""
    provider_id: str = ""
    """For tools: the call this answers."""
    tool: str = ""
    """For tools: its name."""
    is_cache_end: bool = False
    """Whether everything up to here will be said again, so that the provider should keep it in its cache."""


@record
class ToolSpec:
    """A tool as a model is told of it."""

    name: str
    text: str
    """What it does, when to use it, and what it gives."""
    schema: Mapping[str, object]
    """JSON Schema of its arguments: an object."""


@record
class Asker:
    """The attempt whose conversation a request belongs to."""

    role: Role
    run: RunId
    step: StepId
    attempt: int


@record
class ModelRequest:
    """What a model is asked."""

    model: str
    """`provider:name`."""
    messages: tuple[Message, ...]
    """What was said so far, the system's words first."""
    tools: tuple[ToolSpec, ...] = ()
    needs_call: bool = False
    schema: Mapping[str, object] | None = None
    """JSON Schema that the reply's text has to follow; None: any text."""
    native_tools: bool = True
    """False: the tools are put to it as a schema of its reply."""
    asker: Asker | None = None
    """Who asks; scripts are told, and nobody else."""
    temperature: float | None = None
    """How freely it is to choose its words; None: as its provider has it."""
    whole_files: tuple[str, ...] = ()
    """The files that it may give whole, in place of any tool; what it gives is one call of `edit`."""
    output_tokens_max: int = 4096
    timeout_s: float = 300.0


@record
class ModelAnswer:
    """A reply that was given in full, as far as the provider says."""

    text: str
    """What it says beside its calls."""
    calls: tuple[Called, ...]
    finish: Finish
    usage: Usage
    """What the provider says it took; the cost is left at 0."""
    model: str
    """The model that answered, as the provider names it."""
    raw: bytes
    """The reply as the provider library holds it, with that library's name and version: to be kept, not to be read."""


@record
class ModelFault:
    """Why there is no usable reply."""

    fault: Fault
    text: str
    """What happened, and what to do, in a sentence or two; no secrets."""
    retry_after_s: float | None = None
    usage: Usage | None = None
    """What it took all the same, where the provider says so."""
    is_unbilled: bool = False
    """Whether it is known to have cost nothing."""
    said: str = ""
    """What of a reply had come."""


class Model(Protocol):
    """Asks models, each by its `provider:name`. Never tries again by itself."""

    async def ask(
        self, request: ModelRequest, on_text: Callable[[str], None] | None = None
    ) -> ModelAnswer | ModelFault:
        """Ask once. `on_text` is told what is written, piece by piece, while it is written; that asks for a stream."""
        ...

    async def close(self) -> None:
        """Let go of connections, and end what was started for the run."""
        ...
