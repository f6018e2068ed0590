"""A run of one trivial step beside `git worktree add` of the same repository, in repositories of three sizes.

The run has a check, and an acceptance check, which is asked in a clean lane. Both are whole programs, taken in turn.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.measuring import Goal, Section, Setting, median, number, spread
from bench.repository import make_repository

PLAN = """
goal: One small change
steps:
  - {id: edit, run: echo changed > new.txt, checks: [{run: grep -q changed new.txt}]}
accept: [{run: test -s new.txt}]
"""
TIMES, BESIDE_S = {"must": 1.5, "aim": 1.1}, {"must": 0.8, "aim": 0.3}
"""How many times as long as `git worktree add` it may take, and how many seconds more."""
DELETING_S_MAX = 120


def worktree_s(repository: Path, place: Path) -> float:
    """Return what `git worktree add` takes; the worktree is removed again."""
    taken = _taken_s(repository, ["git", "worktree", "add", "--quiet", "--detach", str(place)])
    subprocess.run(["git", "worktree", "remove", "--force", str(place)], cwd=repository, check=True)
    return taken


def run_s(repository: Path, folder: Path) -> float:
    """Return what the run takes, and wait until its lanes are deleted, which goes on behind it."""
    plan, home = folder / "plan.yaml", folder / "home"
    plan.write_text(PLAN, "utf-8")
    command = [sys.executable, "-m", "surefoot", "run", str(plan)]
    taken = _taken_s(repository, command, SUREFOOT_HOME=str(home))
    until = time.monotonic() + DELETING_S_MAX
    while any(home.glob("runs/*/lanes*/*")) and time.monotonic() < until:
        time.sleep(0.1)
    return taken


def _taken_s(folder: Path, command: list[str], **env: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, env={**os.environ, **env}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def measure(setting: Setting) -> Section:
    """Take both in turn in each repository."""
    section = Section("A run of one trivial step", ("files", "`git worktree add`, s", "`surefoot run`, s", "rounds"))
    for files in (10,) if setting.quick else (10, 5_000, 50_000):
        rounds = min(setting.rounds, 3 if files > 10_000 else 5)
        adds, runs = _rounds(files, rounds)
        cells = [f"{median(each):.2f} ({spread(each)})" for each in (adds, runs)]
        section.rows.append((f"{files:,}", *cells, str(rounds)))
        most = {kind: TIMES[kind] * median(adds) + BESIDE_S[kind] for kind in TIMES}
        how = f"1.5 × and 1.1 × a worktree of {number(median(adds))} s, and 0.8 and 0.3 s; {rounds} pairs"
        goal = Goal(
            f"a run of one trivial step, {files:,} files", median(runs), most["must"], most["aim"], " s", how=how
        )
        section.goals.append(goal)
        sys.stderr.write(f"one step: {files} files done\n")
    section.notes.append(
        "The run has a check and an acceptance check, asked in a clean lane; it ends when the program ends. "
        "Deleting its lanes goes on behind it, and is waited for before the next pair."
    )
    return section


def _rounds(files: int, rounds: int) -> tuple[list[float], list[float]]:
    adds: list[float] = []
    runs: list[float] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        repository = Path(name) / "repository"
        repository.mkdir()
        make_repository(repository, files)
        for turn in range(rounds):
            own = Path(name) / f"round-{turn}"
            own.mkdir()
            adds.append(worktree_s(repository, own / "worktree"))
            runs.append(run_s(repository, own))
    return adds, runs
