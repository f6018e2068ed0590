"""Starting, killing and asking the systems: each is programs that are started, and what those print."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.matrix.world import PATIENCE_S, POLL_S, TrialFailed, World


@dataclass(frozen=True, slots=True)
class Question:
    """What a system asks a person."""

    id: str
    """What an answer names."""
    text: str
    """What the person reads."""
    kind: str = "confirm"
    """`in_doubt` where it is asked what became of an effect."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a system stands when its program has ended."""

    state: str
    """`ended`, `waiting` (for a person), `failed`, `stuck` (nothing goes on by itself), `refused`, `answered`."""
    questions: Sequence[Question] = ()
    """What it asks."""
    told: str = ""
    """What it said about it, shortened."""


class System(Protocol):
    """One system on trial."""

    @property
    def name(self) -> str:
        """What the page calls it."""
        ...

    @property
    def packages(self) -> Sequence[str]:
        """What is installed, for the versions."""
        ...

    def is_installed(self) -> bool:
        """Tell whether it can be put on trial here."""
        ...

    def prepare(self, world: World, flow: str) -> bool:
        """Put into the folder what a user would write; tell whether there is such a flow."""
        ...

    def command(self, world: World, flow: str, verb: str, told: Sequence[str]) -> list[str]:
        """Return the program that starts (`run`), goes on with (`resume`) or answers (`answer`) the flow."""
        ...

    def read(self, world: World, verb: str, status: int, out: str, err: str) -> Standing:
        """Return how the system stands, from a program that ended."""
        ...


@dataclass(slots=True)
class Engine:
    """A program of a system that runs."""

    system: System
    world: World
    verb: str
    child: subprocess.Popen[bytes]
    base: Path

    def wait_stopped(self, where: str, name: str) -> None:
        """Wait until an effect stands where it was told to."""
        while not self.world.is_stopped(where, name):
            if self.child.poll() is not None:
                raise TrialFailed(f"{self.system.name} ended before {name}: {self.wait()}")
            time.sleep(POLL_S)

    def kill(self) -> None:
        """End the program alone; what it started lives on."""
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def kill_all(self) -> None:
        """End the program and all it started, as when a container is killed."""
        with suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.world.clear()
        self.child.wait()

    def wait(self) -> Standing:
        """Wait for its end, and return how the system stands."""
        try:
            status = self.child.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired as late:
            self.kill_all()
            raise TrialFailed(f"{self.system.name} did not come to an end in {PATIENCE_S:.0f} s") from late
        out, err = (self.base.with_suffix(end).read_text("utf-8", "replace") for end in (".out", ".err"))
        return self.system.read(self.world, self.verb, status, out, err)


@dataclass(frozen=True, slots=True)
class Trial:
    """One flow of one system in one world."""

    system: System
    """What is on trial."""
    world: World
    """Where its effects go."""
    flow: str
    """Which of its flows."""

    def start(self, verb: str, *told: str) -> Engine:
        """Start a program of the system, in a process group of its own."""
        command = self.system.command(self.world, self.flow, verb, told)
        output = self.world.folder / "output"
        output.mkdir(exist_ok=True)
        base = output / f"{len(list(output.iterdir())) // 2:02d}-{verb}"
        # Into files, not pipes: what a killed program left behind would keep a reader waiting.
        with base.with_suffix(".out").open("wb") as out, base.with_suffix(".err").open("wb") as err:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                cwd=self.world.folder,
                env=_environment(self.world),
            )
        return Engine(self.system, self.world, verb, child, base)

    def do(self, verb: str, *told: str) -> Standing:
        """Run a program of the system to its end."""
        return self.start(verb, *told).wait()


def _environment(world: World) -> dict[str, str]:
    own = {"SUREFOOT_HOME": world.folder / "home", "PREFECT_HOME": world.folder / "prefect", "HOME": world.folder}
    return os.environ | {name: str(path) for name, path in own.items()}
