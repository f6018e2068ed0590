"""What the measurements share: running cells, medians, goals, and the shape of a result."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CELL_TIMEOUT_S = 900
SYNCS = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?f(?:data)?sync$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Setting:
    """How much is measured."""

    rounds: int
    """How often each figure is taken; at least five but for a smoke run."""
    quick: bool
    """Whether this is a smoke run: tiny sizes, no peers, figures that mean nothing."""

    def size(self, full: int, smoke: int) -> int:
        """Return a size: the one that counts, or the smoke run's."""
        return smoke if self.quick else full


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure with what was set for it; lower is better unless `is_floor`."""

    name: str
    """What was measured."""
    value: float
    """The figure."""
    must: float
    """What it must reach."""
    aim: float
    """What it should reach."""
    unit: str = ""
    """Written behind each number."""
    is_floor: bool = False
    """Whether higher is better."""
    how: str = ""
    """What the figure rests on, in a few words."""

    def reaches(self, goal: float) -> bool:
        """Tell whether the figure is as good as that."""
        return self.value >= goal if self.is_floor else self.value <= goal

    def cells(self) -> tuple[str, ...]:
        """Return the row of the goal table."""
        sign = "≥" if self.is_floor else "≤"

        def told(goal: float) -> str:
            return f"{sign} {number(goal)}{self.unit} {'met' if self.reaches(goal) else 'missed'}"

        return (self.name, f"{number(self.value)}{self.unit}", told(self.must), told(self.aim), self.how)


@dataclass(frozen=True, slots=True)
class Bars:
    """Figures to be drawn: for each group the value of each participant."""

    groups: dict[str, dict[str, float]]
    """Group to participant to value."""
    unit: str
    """What the axis counts."""
    title: str
    """What stands above them."""
    name: str = ""
    """Which picture of the page it is; empty: the one at its head."""


@dataclass(slots=True)
class Section:
    """What one measurement found."""

    title: str
    """A heading."""
    columns: Sequence[str] = ()
    """The head of the table."""
    rows: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    """The table."""
    notes: list[str] = field(default_factory=list[str])
    """Sentences below it: how it was taken, what was not measured."""
    goals: list[Goal] = field(default_factory=list[Goal])
    """Figures for which something was set."""
    bars: Bars | None = None
    """What the plot shows of it."""


Measurement = Callable[[Setting], Section]


def number(value: float) -> str:
    """Return a number with three figures that count."""
    if value == 0:
        return "0"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(values: Sequence[float]) -> str:
    """Return the smallest and the largest of several figures."""
    return f"{number(min(values))}-{number(max(values))}"


def median(values: Sequence[float]) -> float:
    """Return the middle figure."""
    return statistics.median(values)


def versions(packages: Sequence[str]) -> str:
    """Return the packages with their versions."""
    return ", ".join(f"{name} {_version(name)}" for name in packages)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def run_module(module: str, *args: str) -> dict[str, float]:
    """Run a module in a program of its own and return the figures it prints as JSON in its last line."""
    return _figures([sys.executable, "-m", module, *args])


def count_syncs(module: str, *args: str) -> int | None:
    """Run a module below strace and return how often it synced a file; None where there is no strace."""
    strace = shutil.which("strace")
    if strace is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "counts"
        command = [strace, "-f", "-c", "-o", str(table), "-e", "trace=fsync,fdatasync"]
        _figures([*command, sys.executable, "-m", module, *args])
        return sum(int(count) for count in SYNCS.findall(table.read_text("utf-8")))


def _figures(command: Sequence[str]) -> dict[str, float]:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=CELL_TIMEOUT_S)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[2:])} ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])
