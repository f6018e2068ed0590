"""What workers, checks and probes ask of each other, as protocols and plain records.

Owns the seams between the layers. Must never import anything but the core. Read `surefoot.workers` next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from surefoot.core.ids import BlobId
from surefoot.core.plan import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """One command to run in a lane."""

    text: str = ""
    """Shell text; used when `argv` is empty."""
    argv: tuple[str, ...] = ()
    """A program and its arguments, without a shell."""
    shell: str = "bash"
    """`bash` or `sh`."""
    cwd: str | None = None
    """Folder relative to the lane's root; None: the root."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables on top of those every command of the lane gets."""
    timeout_s: float | None = None
    """The whole tree of the command is ended after this many seconds."""
    network: Network = False
    """How far the command's network reaches."""
    sockets: tuple[Path, ...] = ()
    """Sockets of the host it may use."""
    confine: bool = True
    """False: outside the sandbox (bodies and checks that say so, and probes)."""
    writable: tuple[Path, ...] = ()
    """Folders it may write beside the lane, its scratch home and the run's clone."""
    output_max: int | None = None
    """So many bytes of what it prints are stored at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutcome:
    """How a command ended, with its output stored. Secrets are already masked."""

    exit_code: int | None
    """None when it was ended by a signal or never started."""
    signal: int | None = None
    """The signal that ended it."""
    timed_out: bool = False
    """Whether it was ended because its time was over."""
    started: bool = True
    """False when the program could not be started at all."""
    tail: str = ""
    """The last few thousand characters of its output."""
    evidence: BlobId | None = None
    """The whole output."""
    duration_s: float = 0.0
    """How long it ran."""

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

    async def wait_until(self, due: float) -> None:
        """Wait until the time is `due`."""
        ...
