"""W5: what a finished step leaves in memory, and the peak of a long run.

Linux only; elsewhere it says so.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from pathlib import Path

import surefoot
from bench.measuring import Goal, Section, Setting, median, number, run_module, spread
from bench.participants.surefoot_runs import chain, nothing
from surefoot import Plan, Step, StepArgument

STATM = Path("/proc/self/statm")
WARM_UP = 200
"""Steps before the first reading: what is loaded and cached once is no step's."""


def resident_bytes() -> int:
    """Return the program's resident size."""
    return int(STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(steps: int) -> dict[str, float]:
    """Run a chain and return the growth per finished step, and the peak."""
    sizes: list[int] = []

    async def note(_: StepArgument) -> None:
        sizes.append(resident_bytes())

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        (Path(name) / "warm").mkdir()
        chain(Path(name) / "warm", 3)
        noting = {min(WARM_UP, steps // 2), steps - 1}
        made = [
            Step(f"step-{at}", note if at in noting else nothing, needs=[f"step-{at - 1}"] if at else [])
            for at in range(steps)
        ]
        report = surefoot.run(Plan(goal="Stay small", steps=made), home=Path(name))
        assert report["outcome"] == "completed"
    per_step = (sizes[1] - sizes[0]) / (max(noting) - min(noting))
    return {"per_step_bytes": per_step, "peak_kib": float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)}


def measure(setting: Setting) -> Section:
    """Measure the growth per finished step."""
    section = Section("W5: memory", ("", "per finished step", "peak of the program"))
    if not STATM.exists():
        section.notes.append("Not measured: the size of a program is read from /proc, which is not here.")
        return section
    steps = setting.size(10_000, 60)
    figures = [run_module("bench.memory", str(steps)) for _ in range(min(setting.rounds, 2))]
    per_step = [one["per_step_bytes"] / 1000 for one in figures]
    peak = median([one["peak_kib"] for one in figures]) / 1024
    section.rows.append((f"chain of {steps} steps", f"{number(median(per_step))} kB", f"{number(peak)} MiB"))
    section.notes.append(f"{len(figures)} rounds. The peak holds the plan, the reading of it, and the final report.")
    goal = Goal("W5 memory per finished step", median(per_step), 1, 0.2, " kB", how=f"rounds {spread(per_step)}")
    section.goals.append(goal)
    return section


if __name__ == "__main__":
    sys.stdout.write(json.dumps(growth(int(sys.argv[1]))) + "\n")
