"""The world outside of a trial: a ledger with one line an effect, and orders where an effect shall stop."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EFFECT = Path(__file__).with_name("effect.sh")
PATIENCE_S = 60.0
POLL_S = 0.02


class TrialFailed(Exception):
    """Raised when a trial could not be carried out, which says nothing about the system."""


@dataclass(frozen=True, slots=True)
class World:
    """The folder of one trial."""

    folder: Path
    """Everything of the trial is below it; the system keeps its own state there, too."""

    @classmethod
    def make(cls, folder: Path) -> World:
        """Make the folder with an empty ledger."""
        (folder / "orders").mkdir(parents=True)
        (folder / "workspace").mkdir()
        (folder / "workspace" / "words.txt").write_text("ten\n", encoding="utf-8")
        (folder / "ledger").touch()
        shutil.copy(EFFECT, folder / "effect.sh")
        return cls(folder)

    def order(self, where: str, name: str) -> None:
        """Let the effect stop once, `before` or `after` it is performed."""
        (self.folder / "orders" / f"{where}-{name}").touch()

    def is_stopped(self, where: str, name: str) -> bool:
        """Tell whether an effect stands where it was told to."""
        return (self.folder / "orders" / f"stopped-{where}-{name}").exists()

    def slow_down(self) -> None:
        """Make each effect take two seconds from now on, so that two engines meet in it."""
        (self.folder / "slow").touch()

    def release(self) -> None:
        """Let every stopped effect go on, and wait until no process of an effect is left."""
        (self.folder / "release").touch()
        deadline = time.monotonic() + PATIENCE_S
        while self.left_over():
            if time.monotonic() > deadline:
                raise TrialFailed("an effect that was let go did not end")
            time.sleep(POLL_S)

    def left_over(self) -> list[int]:
        """Return the processes that are at an effect of this trial."""
        return _at_work(str(self.folder / "effect.sh"))

    def clear(self) -> None:
        """End whatever still works for this trial."""
        for pid in _at_work(str(self.folder)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def performed(self) -> Counter[str]:
        """Return how often each effect was performed."""
        return Counter((self.folder / "ledger").read_text("utf-8").split())


def _at_work(text: str) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            if int(entry.name) != os.getpid() and any(word.startswith(text) for word in words):
                found.append(int(entry.name))
    return found
