"""The records of a confined command: `Rung`, `CommandSpec`, `CommandResult`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from surefoot.core.plan import Network
from surefoot.core.record import record


class Rung(StrEnum):
    """How well commands are confined on this machine."""

    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"
    PLAIN = "plain"


@record
class CommandSpec:
    """One command, complete: nothing is taken from the engine's own environment."""

    argv: tuple[str, ...]
    """The program (searched on the `PATH` of `env`) and its arguments."""
    cwd: Path
    """The folder it starts in. On the bubblewrap rung it must be visible there."""
    env: Mapping[str, str]
    """Its whole environment; `TMPDIR` and `SUREFOOT_EFFECT` are added."""
    timeout_s: float | None
    """After so many seconds the whole tree is ended; None: never."""
    writable: tuple[Path, ...] = ()
    """Folders and files it may write: lane, run clone, scratch home. Missing ones are left out."""
    readable: tuple[Path, ...] = ()
    """Folders and files it needs where the rung hides things; read-only, also below a writable one."""
    hidden: tuple[Path, ...] = ()
    """Folders and files that are shown empty, but for what of them is writable or readable by its own path. Where the
    rung is Landlock the content of files there is refused; on the plain rung they stay open."""
    network: Network = False
    """How far its network reaches: that of the host, only the servers on the host's loopback, or nothing beyond it."""
    sockets: tuple[Path, ...] = ()
    """Sockets of the host it needs, shown at their own paths."""
    confine: bool = True
    """False: run on the plain rung, whatever this machine offers."""
    namespaces: tuple[int, ...] = ()
    """Descriptors of the namespaces of a network it shares with others, on the rungs that have such; see `LaneNetwork`.
    """
    output_max: int | None = None
    """So many bytes from the beginning of its output are kept at most; None: all. `tail` is kept in any case."""
    output_end_max: int = 0
    """Where more is printed than that, so many bytes of the end are kept, too, after a line that says what is missing.
    """
    mark: str = ""
    """Value of `SUREFOOT_EFFECT` in its environment, by which `sweep` finds left-overs. Unique among what runs."""


@record
class CommandResult:
    """How a command ended. When this exists, nothing of the command runs any more."""

    exit_code: int | None
    """None when a signal ended it, or it never started."""
    signal: int | None
    """The signal that ended the program itself."""
    timed_out: bool
    """Whether it was ended because its time was over."""
    interrupted: bool
    """Whether its guard was ended from outside, so that how the command ended is not known."""
    output: Path
    """All it wrote to standard output and standard error, masked: the spool file the caller named."""
    tail: str
    """The last 4,000 characters of that, or the reason why it could not be started."""
    duration_s: float
    """How long it ran."""
    started: bool
    """False when the program could not be started at all."""
