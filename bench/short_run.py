"""What a run of two trivial steps takes of processor time: the program and every program it starts.

Seconds differ between machines and with their load, so the figure is told as a ratio to starts of the interpreter,
which are taken in turn with the runs.
"""

from __future__ import annotations

import compileall
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import surefoot
from bench.measuring import Goal, Section, Setting, median, spread
from bench.repository import make_repository

PLAN = """
goal: Write two files
steps:
  - {id: one, run: echo 1 > one.txt, writes: [one.txt]}
  - {id: two, needs: [one], run: echo 2 > two.txt, writes: [two.txt]}
"""


def _processor_s(*args: str, cwd: Path, home: Path) -> float:
    """Run Python with these arguments; return its processor time with that of all it waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = {**os.environ, "SUREFOOT_HOME": str(home)}
    subprocess.run([sys.executable, *args], cwd=cwd, env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(setting: Setting) -> Section:
    """Run in turn: the plan in a new repository with a new home, and the interpreter alone."""
    section = Section("Processor time of a run of two trivial steps", ("", "seconds"))
    bare, runs = list[float](), list[float]()
    # Without this an environment that writes no bytecode would compile all that is loaded, each time.
    compileall.compile_dir(Path(surefoot.__file__).parent, quiet=1)
    for _ in range(setting.size(12, 1)):
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            user, plan, home = Path(name, "user"), Path(name, "plan.yaml"), Path(name, "home")
            user.mkdir()
            make_repository(user, 10)
            plan.write_text(PLAN, "utf-8")
            bare.append(_processor_s("-c", "pass", cwd=user, home=home))
            runs.append(_processor_s("-m", "surefoot", "run", str(plan), cwd=user, home=home))
    ratios = [run / start for run, start in zip(runs, bare, strict=True)]
    section.rows += [("`python -c pass`", f"{median(bare):.3f}"), ("`surefoot run`, two steps", f"{median(runs):.3f}")]
    how = f"{len(ratios)} pairs, {spread(ratios)}"
    section.goals.append(
        Goal("processor time of a short run, in starts of Python", median(ratios), 50, 35, "", how=how)
    )
    return section
