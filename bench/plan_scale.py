"""Long plans: what checking 10,000 steps takes, and whether a step costs the same in a plan of 1,000 and of 10,000.

A step of a run does nothing, so that only Surefoot's own cost is seen. The figures are processor time of a program of
its own, without what the same program needs before its first step.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import surefoot
from bench.measuring import Goal, Section, Setting, median, number, run_module, spread
from bench.participants.surefoot_runs import nothing
from bench.repository import make_repository
from surefoot import Plan, Step

SHAPES = ("free", "chain", "layers")
LAYER = 100
"""Steps that stand beside each other where a plan has layers."""
PARALLEL = 4


def needs_of(shape: str, at: int) -> list[int]:
    """Return the steps that one step needs: none, the one before, or two of the layer before."""
    if shape == "chain":
        return [at - 1] if at else []
    first = at // LAYER * LAYER - LAYER
    return sorted({at - LAYER, first + (at + 7) % LAYER}) if shape == "layers" and first >= 0 else []


def plan_text(shape: str, steps: int) -> str:
    """Return a plan file with commands, files and checks."""
    lines = ["goal: Be long", "steps:"]
    for at in range(steps):
        needs = ", ".join(f"step-{need:05}" for need in needs_of(shape, at))
        lines += [f"  - id: step-{at:05}", *([f"    needs: [{needs}]"] if needs else [])]
        lines += [f"    run: echo {at} > out/{at:05}.txt", f"    writes: [out/{at:05}.txt]"]
        lines += [f'    checks: [{{run: "test -s out/{at:05}.txt"}}]']
    return "\n".join([*lines, ""])


def run_steps(shape: str, steps: int) -> dict[str, float]:
    """Run such a plan with steps that do nothing; return the processor time of a step, and the peak of the program."""
    names = [f"step-{at}" for at in range(steps)]
    made = [Step(name, nothing, needs=[names[need] for need in needs_of(shape, at)]) for at, name in enumerate(names)]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        surefoot.run(Plan(goal="Be warm", steps=[Step("one", nothing)]), home=Path(name))
        begun = time.process_time()
        report = surefoot.run(Plan(goal="Be long", steps=made, parallel=PARALLEL), home=Path(name))
        taken = time.process_time() - begun
    assert report["outcome"] == "completed"
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"step_ms": taken * 1000 / steps, "peak_kib": float(peak_kib)}


def _checked_s(folder: Path, shape: str, steps: int) -> tuple[float, float]:
    """Check a plan; return processor time and wall time of the whole program."""
    plan = folder / f"{shape}.yaml"
    plan.write_text(plan_text(shape, steps), "utf-8")
    env = {**os.environ, "SUREFOOT_HOME": str(folder / "home")}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "surefoot", "check", str(plan)]
    subprocess.run(command, cwd=folder / "user", env=env, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, time.perf_counter() - begun


def measure(setting: Setting) -> Section:
    """Check long plans, and run plans of three lengths in turn."""
    sizes = [setting.size(1_000, 10), setting.size(3_000, 20), setting.size(10_000, 30)]
    section = Section(f"Plans of up to {sizes[-1]:,} steps", ("", *(f"{size:,} steps" for size in sizes)))
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        (Path(name) / "user").mkdir()
        make_repository(Path(name) / "user", 10)
        for shape in SHAPES:
            taken = [_checked_s(Path(name), shape, size) for size in sizes]
            cells = [f"{processor:.2f} ({wall:.2f})" for processor, wall in taken]
            section.rows.append((f"`check`, {shape}: processor time (wall), s", *cells))
            goal = f"`check` of {sizes[-1]:,} steps, {shape}"
            section.goals.append(Goal(goal, taken[-1][0], 5, 3, " s", how="processor time"))
    for shape in SHAPES:
        rounds = [
            [run_module("bench.plan_scale", shape, str(size)) for size in sizes] for _ in range(min(setting.rounds, 3))
        ]
        steps = [[one["step_ms"] for one in turn] for turn in rounds]
        section.rows.append(
            (f"run, {shape}: processor time per step, ms", *(number(median(each)) for each in zip(*steps, strict=True)))
        )
        peaks = [median([turn[at]["peak_kib"] for turn in rounds]) / 1024 for at in range(len(sizes))]
        section.rows.append((f"run, {shape}: peak of the program, MiB", *(number(peak) for peak in peaks)))
        ratios = [turn[-1] / turn[0] for turn in steps]
        name = f"cost of a step, {sizes[-1]:,} over {sizes[0]:,} steps, {shape}"
        section.goals.append(Goal(name, median(ratios), 1.3, 1.1, "×", how=f"rounds {spread(ratios)}"))
    section.notes.append(
        f"free: no step needs another; chain: each needs the one before; layers: {LAYER} beside each other, each needs "
        f"two of the layer before. {PARALLEL} steps at once. `check` is the whole program; its plans have commands, "
        "files and checks."
    )
    return section


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run_steps(sys.argv[1], int(sys.argv[2]))) + "\n")
