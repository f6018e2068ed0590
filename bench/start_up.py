"""What `surefoot status` takes to start, beyond the interpreter's own start."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import surefoot
from bench.measuring import Goal, Section, Setting, median, spread
from bench.participants.surefoot_runs import chain_plan

RUN = "20260101-status"


def _taken_s(*args: str, home: Path) -> float:
    begun = time.perf_counter()
    env = {**os.environ, "SUREFOOT_HOME": str(home)}
    subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL, env=env)
    return time.perf_counter() - begun


def measure(setting: Setting) -> Section:
    """Start both in turn and compare."""
    section = Section("Start of `surefoot status`", ("", "seconds"))
    status, bare = list[float](), list[float]()
    # Without this an environment that writes no bytecode would compile all that is loaded, each time.
    compileall.compile_dir(Path(surefoot.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        surefoot.run(chain_plan(3), home=Path(name), run_id=RUN)
        for _ in range(setting.size(15, 2)):
            bare.append(_taken_s("-c", "pass", home=Path(name)))
            status.append(_taken_s("-m", "surefoot", "status", RUN, home=Path(name)))
    beyond = [one - two for one, two in zip(status, bare, strict=True)]
    section.rows += [("`python -c pass`", f"{median(bare):.3f}"), ("`surefoot status`", f"{median(status):.3f}")]
    how = f"{len(beyond)} pairs, {spread(beyond)}"
    section.goals.append(Goal("`surefoot status` beyond the interpreter", median(beyond), 0.3, 0.3, " s", how=how))
    return section
