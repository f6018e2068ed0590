"""How near the order of steps comes to the best: real graphs with known times, through the real engine.

Each step is an async function that sleeps in virtual time, so that an hour passes in no time and the makespan is exact;
journal, kernel and engine are the real ones. A graph is a JSON file with `steps` (`id`, `needs`, `seconds`) and
`bounds.workers.N.best_known`. Read `surefoot.core.priorities` for what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.api.home import Home
from surefoot.api.python_plans import Plan, Step, run_plan
from surefoot.core.event_words import Outcome
from surefoot.testing import VirtualClock, simulated_home
from surefoot.workers.run_context import Function, StepArgument

FOLDER_VARIABLE = "BENCH_DAGS"
WORKERS = (2, 4, 8)
MUST = 1.05
"""How many times the best known makespan a replay may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedStep:
    """One step of a graph."""

    id: str
    """Its id."""
    needs: tuple[str, ...]
    """Ids of those it needs."""
    seconds: float
    """How long it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedGraph:
    """Steps that take a known time."""

    name: str
    """What to call it."""
    steps: tuple[TimedStep, ...]
    """In the order of the plan."""
    best_s: dict[int, float] = field(default_factory=dict[int, float])
    """The shortest makespan known, by workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of one graph with so many workers."""

    graph: str
    """Its name."""
    steps: int
    """How many it has."""
    workers: int
    """How many steps ran at once."""
    makespan_s: float
    """How long all of it took."""
    best_s: float
    """The shortest known."""

    @property
    def ratio(self) -> float:
        """Return how many times the best it took."""
        return self.makespan_s / self.best_s if self.best_s > 0 else 1.0

    def cells(self) -> tuple[str, ...]:
        """Return the row of the table."""
        times = (f"{self.makespan_s:.1f}", f"{self.best_s:.1f}", f"{self.ratio:.4f}")
        return (self.graph, str(self.steps), str(self.workers), *times)


COLUMNS = ("graph", "steps", "workers", "makespan (s)", "best known (s)", "ratio")


def read_graphs(folder: Path) -> list[TimedGraph]:
    """Return the graphs of a folder."""
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> TimedGraph:
    told = json.loads(path.read_text("utf-8"))
    steps = tuple(TimedStep(id=s["id"], needs=tuple(s["needs"]), seconds=float(s["seconds"])) for s in told["steps"])
    best = {int(workers): float(bounds["best_known"]) for workers, bounds in told["bounds"]["workers"].items()}
    return TimedGraph(name=path.stem, steps=steps, best_s=best)


def replay(graph: TimedGraph, workers: int, home: Home, *, with_estimates: bool = True) -> float:
    """Carry the graph out with so many workers and return its makespan in virtual seconds."""

    def lasting(seconds: float) -> Function:
        async def wait(_: StepArgument) -> None:
            await asyncio.sleep(seconds)

        return wait

    longest_s = max((s.seconds for s in graph.steps), default=0)
    steps = [
        Step(
            s.id,
            lasting(s.seconds),
            needs=s.needs,
            estimate_s=s.seconds if with_estimates else None,
            timeout_s=longest_s + 60,
        )
        for s in graph.steps
    ]
    home.clock = clock = VirtualClock()
    began = clock.now()
    report = clock.run(run_plan(Plan(goal=graph.name, steps=steps, parallel=workers), home=home))
    assert report["outcome"] == Outcome.COMPLETED, f"{graph.name} ended {report['outcome']}: {report['reason']}"
    return clock.now() - began


def replay_all(graphs: Sequence[TimedGraph], workers: Sequence[int] = WORKERS) -> Iterator[Replay]:
    """Replay each graph with each number of workers, each in a home of its own."""
    for graph, count in itertools.product(graphs, workers):
        with simulated_home(VirtualClock()) as home:
            makespan_s = replay(graph, count, home)
        yield Replay(
            graph=graph.name, steps=len(graph.steps), workers=count, makespan_s=makespan_s, best_s=graph.best_s[count]
        )


def folder_of(named: str | None) -> Path | None:
    """Return the folder of graphs, named here or by the environment; None where there is none."""
    name = named or os.environ.get(FOLDER_VARIABLE)
    return Path(name) if name and any(Path(name).glob("*.json")) else None


HOW_TO_NAME = f"No graphs to replay: name a folder of them, `python -m bench.dags FOLDER`, or set ${FOLDER_VARIABLE}."


def main(arguments: Sequence[str] | None = None) -> list[Replay]:
    """Replay the graphs of a folder, print a table, and return its rows."""
    parser = argparse.ArgumentParser(prog="python -m bench.dags", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", nargs="?", help=f"the folder of graphs (default: ${FOLDER_VARIABLE})")
    folder = folder_of(parser.parse_args(arguments).folder)
    if folder is None:
        print(HOW_TO_NAME, file=sys.stderr)  # noqa: T201 - a command that talks to a person
        return []
    rows: list[Replay] = []
    line = "{:<52} {:>6} {:>8} {:>13} {:>15} {:>8}"
    print(line.format(*COLUMNS))  # noqa: T201
    for row in replay_all(read_graphs(folder)):
        rows.append(row)
        print(line.format(*(cell[-52:] for cell in row.cells())), flush=True)  # noqa: T201
    worst = max(rows, key=lambda row: row.ratio)
    verdict = "met" if worst.ratio <= MUST else "missed"
    print(f"worst: {worst.ratio:.4f} ({worst.graph}, {worst.workers} workers); must be at most {MUST}: {verdict}")  # noqa: T201
    return rows


if __name__ == "__main__":
    main()
