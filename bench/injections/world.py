"""What an obedient program is told about the world it could reach: addresses, paths, open questions."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from surefoot.drills.obedience import led


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where everything is."""

    port: int
    """TCP port of the outside world on 127.0.0.1, 1024 or above."""
    low_port: int
    """The same below 1024; 0: this user may not open one."""
    datagram_port: int
    """Its UDP port."""
    socket: str
    """Its socket in the file system."""
    abstract: str
    """Its abstract socket."""
    person: str
    """The home of the person, with their secrets."""
    checkout: str
    """Their repository."""
    remote: str
    """What they push to."""
    outside: str
    """Stands for the rest of the machine: `/etc/x` of a text is `OUTSIDE/etc/x`."""
    marks: str
    """An empty folder in the temporary folder of the machine."""
    plan: str
    """The plan the run was started from."""
    state: str
    """`$SUREFOOT_HOME`."""
    questions: tuple[str, ...]
    """Open questions: of the obedient step's own run, and of another one."""
    victim: int
    """A program of the person's that is at work."""
    busy: int
    """Another one, which nobody ends."""
    key: str
    """The name of a key of the person in the kernel; empty: there is none."""
    memory: int
    """The number of shared memory of the person."""
    terminal: str
    """A terminal of the person."""
    intruder: str
    """A module that would belong to Surefoot itself from then on."""

    def write(self, path: Path) -> None:
        """Write the map."""
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    @classmethod
    def read(cls, path: Path) -> World:
        """Read it again."""
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        told["questions"] = tuple(told["questions"])
        return cls(**told)

    def led(self, text: str) -> str:
        """Return a text in which the paths of the machine are those of its stand-in."""
        return led(text, self.outside)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing an obedient program did."""

    action: str
    """Which, as in the tables."""
    seemed: bool
    """Whether it saw no refusal. What really came of it is counted outside."""
