"""W4: how long a program takes to go on with a run of which 4,000 steps are done.

The clock runs in a fresh program, so that what is loaded on first use counts.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import surefoot
from bench.measuring import Goal, Section, Setting, median, run_module, spread
from bench.participants.surefoot_runs import nothing
from surefoot import Plan, Step, StepArgument

RUN = "20260101-opened"


def plan_to(done: int, last: Callable[[StepArgument], Awaitable[object]]) -> Plan:
    """Return a chain of `done` steps and one more, whose body is `last`."""
    steps = [Step(f"step-{at}", nothing, needs=[f"step-{at - 1}"] if at else []) for at in range(done)]
    return Plan(goal="Be opened late", steps=[*steps, Step("new", last, needs=[f"step-{done - 1}"])])


def prepare(folder: Path, done: int) -> None:
    """Do the run's first steps, and die before the one that is left."""

    async def die(_: StepArgument) -> None:
        os._exit(0)

    surefoot.run(plan_to(done, die), home=folder, run_id=RUN)


def go_on(folder: Path, done: int) -> float:
    """Go on with the run; return the seconds until its first new step began."""
    begun_at: list[float] = []

    async def begin(_: StepArgument) -> None:
        begun_at.append(time.perf_counter())

    plan = plan_to(done, begin)
    opened_at = time.perf_counter()
    report = surefoot.run(plan, home=folder, run_id=RUN)
    assert report["outcome"] == "completed"
    return begun_at[0] - opened_at


def measure(setting: Setting) -> Section:
    """Measure how long opening takes, with and without a snapshot of the state."""
    done = setting.size(4000, 20)
    taken: list[float] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        origin = Path(name) / "origin"
        run_module("bench.opening", "prepare", str(origin), str(done))
        for turn in range(setting.rounds):
            copy = Path(name) / f"copy-{turn}"
            shutil.copytree(origin, copy)
            taken.append(run_module("bench.opening", "go_on", str(copy), str(done))["seconds"])
            shutil.rmtree(copy)
    section = Section("W4: going on late", ("", "seconds"))
    section.rows.append((f"journal with {done} done steps, opened to first new step", f"{median(taken):.3f}"))
    section.notes.append("In a fresh program; what Surefoot loads on first use counts, the interpreter does not.")
    section.goals.append(
        Goal("W4 open to first new step", median(taken), 0.3, 0.1, " s", how=f"rounds {spread(taken)}")
    )
    return section


if __name__ == "__main__":
    act, where, steps = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if act == "prepare":
        sys.stdout.write('{"seconds": 0}\n')
        sys.stdout.flush()
        prepare(where, steps)
    else:
        sys.stdout.write(json.dumps({"seconds": go_on(where, steps)}) + "\n")
