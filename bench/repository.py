"""W6: real steps in git repositories of 5,000 and 50,000 files, with workspace and sandbox.

What the same two commands take without Surefoot is taken off; the rest is Surefoot's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import surefoot
from bench.measuring import Goal, Section, Setting, median, number, run_module, spread
from surefoot import Check, Plan, Step

FILES_A_FOLDER = 100
AUTHOR = {"GIT_AUTHOR_NAME": "Bench", "GIT_AUTHOR_EMAIL": "bench@localhost"}
COMMITTER = {"GIT_COMMITTER_NAME": "Bench", "GIT_COMMITTER_EMAIL": "bench@localhost"}


def make_repository(folder: Path, files: int) -> None:
    """Make a repository with that many small files, all different, in folders of a hundred."""
    stream = [b"commit refs/heads/main\ncommitter Bench <bench@localhost> 1767225600 +0000\ndata 4\nbase\n"]
    for number_ in range(files):
        content = f"line one of file {number_}\nline two\n".encode()
        path = f"folder-{number_ // FILES_A_FOLDER:04}/file-{number_:06}.txt"
        stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "fast-import", "--quiet", content=b"".join(stream))
    _git(folder, "reset", "--quiet", "--hard", "main")


def _git(folder: Path, *args: str, content: bytes = b"") -> None:
    env = {**os.environ, **AUTHOR, **COMMITTER}
    subprocess.run(["git", *args], cwd=folder, check=True, input=content, env=env)


def commands(number_: int) -> tuple[str, str]:
    """Return what a step runs, and what checks it."""
    path = f"folder-{number_ // FILES_A_FOLDER:04}/file-{number_:06}.txt"
    return f"echo changed >> {path}", f"grep -q changed {path}"


def plan_of(steps: int) -> Plan:
    """Return a chain of edits."""
    made: list[Step] = []
    for at in range(steps):
        body, check = commands(at)
        needs = [made[-1].id] if made else []
        made.append(Step(f"edit-{at}", run=body, needs=needs, checks=[Check(run=check, name="changed")]))
    return Plan(goal="Edit one file after the other", steps=made)


def alone_s(folder: Path) -> float:
    """Return what body and check of a step take when bash runs them by itself."""
    taken: list[float] = []
    for _ in range(10):
        begun = time.perf_counter()
        for command in commands(0):
            subprocess.run(["bash", "-eo", "pipefail", "-c", command], cwd=folder, check=True)
        taken.append(time.perf_counter() - begun)
    _git(folder, "reset", "--quiet", "--hard", "main")
    return median(taken)


def overhead(files: int, steps: int) -> dict[str, float]:
    """Run the plan and return what a step costs beyond its commands, and what starting and ending the run costs."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        home, repository = Path(name) / "home", Path(name) / "repository"
        repository.mkdir()
        make_repository(repository, files)
        commands_s = alone_s(repository)
        begun = time.perf_counter()
        report = surefoot.run(plan_of(1), home=home, repo=repository)
        single_s = time.perf_counter() - begun
        begun = time.perf_counter()
        report = surefoot.run(plan_of(steps + 1), home=home, repo=repository)
        whole_s = time.perf_counter() - begun
        assert report["outcome"] == "completed", report["findings"]
        rung = float(report["rung"] == "bubblewrap")
    per_step = (whole_s - single_s) / steps - commands_s
    return {"overhead_ms": per_step * 1e3, "first_s": single_s, "commands_ms": commands_s * 1e3, "confined": rung}


def measure(setting: Setting) -> Section:
    """Measure both sizes; the large one less often, because making and checking it out takes long."""
    columns = ("files", "overhead per step, ms", "body and check alone, ms", "a run of one step, s", "rounds")
    section = Section("W6: real steps, workspace and sandbox on", columns)
    steps = setting.size(100, 2)
    sizes = ((20, 1, 5000, 5000),) if setting.quick else ((5000, 3, 150, 60), (50_000, 1, 500, 250))
    for files, rounds, must, aim in sizes:
        figures = [run_module("bench.repository", str(files), str(steps)) for _ in range(rounds)]
        taken = [one["overhead_ms"] for one in figures]
        alone, first = (median([one[name] for one in figures]) for name in ("commands_ms", "first_s"))
        shown = f"{number(median(taken))} ({spread(taken)})"
        section.rows.append((f"{files:,}", shown, number(alone), number(first), str(rounds)))
        goal = Goal(f"W6 overhead per step, {files:,} files", median(taken), must, aim, " ms", how=f"{rounds} rounds")
        section.goals.append(goal)
        sys.stderr.write(f"real steps: {files} files done\n")
        if not all(one["confined"] for one in figures):
            section.notes.append("Commands were not confined by bubblewrap, which is not usable here.")
    section.notes.append(
        f"Chains of {steps} steps; a run of one step is taken off, so that making and ending the run does not count. "
        "Body and check are taken off as bash runs them by itself: starting the sandbox counts as overhead. Each step "
        "is one synced commit in the journal and one durable git commit."
    )
    return section


if __name__ == "__main__":
    sys.stdout.write(json.dumps(overhead(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
