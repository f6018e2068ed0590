"""The same with real runs: a plan with a step for each case, the worker as its body, in the sandbox."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.truth.cases import Case
from surefoot.api import Home, Options, report
from surefoot.api.engagement import Source, create_run, engage
from surefoot.core.bodies.command_body import RunBody
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Check, Compare, Limits, Plan, RetryPolicy, Step

HERE = Path(__file__).parent
RUN = "20260101-truth0"
SEED = 7_000
"""The seed of the first candidate; others than those of the trials."""
BETWEEN_SEEDS = 1_000
"""Between the seeds of two runs."""
HIDDEN_S = 30
_FILE = "solution.py"
_EXAMPLES_S = 3
"""Some of the faults are loops without an end."""
_CHECK_S, _COMPARE_S, _STEP_S = 20.0, 120.0, 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the step of a case ended."""

    name: str
    is_design: bool
    state: str
    proof: str | None
    is_right: bool
    """Whether what it left passes the hidden tests."""
    missed: int
    """How many small changes were not noticed, and are told apart where there is a comparison."""
    missed_around: int
    """The same of other lines of the function, of which `around` were changed."""
    around: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RealRun:
    """One run over all cases."""

    best_of: int
    seed: int
    """The first candidate's."""
    ended: tuple[Ended, ...]
    taken_s: float


def perform(cases: Sequence[Case], best_of: int, folder: Path, seed: int = SEED) -> RealRun:
    """Let Surefoot carry out the plan, and judge what it left. The run, and its home, stay in the folder."""
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    repository = folder / "repository"
    _build(cases, repository)
    return asyncio.run(_perform(cases, best_of, folder, seed))


async def _perform(cases: Sequence[Case], best_of: int, folder: Path, seed: int) -> RealRun:
    began = time.monotonic()
    options, plan = Options(by="bench"), plan_of(cases, best_of, seed)
    with Home(folder / "home") as home:
        await engage(
            home, create_run(home, plan, Source(repository=folder / "repository"), run_id=RUN, options=options), options
        )
        steps = {step["id"]: step for step in report(home, RunId(RUN))["steps"]}
    ended: list[Ended] = []
    for case in cases:
        step = steps[case.name]
        mutation = step["mutation"]
        one = Ended(
            name=case.name,
            is_design=case.is_design,
            state=step["state"],
            proof=step["proof"],
            is_right=step["state"] == "verified" and is_right(case, folder / "repository", f"surefoot/{RUN}"),
            missed=0 if mutation is None else len(mutation["survivors"]),
            missed_around=0 if mutation is None else len(mutation["missed_around"]),
            around=0 if mutation is None else mutation["around"],
        )
        ended.append(one)
    return RealRun(best_of=best_of, seed=seed, ended=tuple(ended), taken_s=time.monotonic() - began)


def plan_of(cases: Sequence[Case], best_of: int, seed: int = SEED) -> Plan:
    """Return the plan: the visible tests are the checks; with `best_of` candidates are compared on made inputs."""
    return Plan(
        goal="Repair the faulty functions, each so that it does what its docstring says.",
        steps=tuple(_step(case, best_of, seed) for case in cases),
        limits=Limits(parallel=2),
    )


def _step(case: Case, best_of: int, seed: int) -> Step:
    check = Check(
        name="visible",
        ask=CommandCheck(command=f"timeout {_EXAMPLES_S} python3 examples.py"),
        expect=Expect.FAIL_TO_PASS,
        cwd=case.name,
        timeout_s=_CHECK_S,
    )
    comparing = f"python3 ../comparer.py {_FILE} examples.py {case.function}"
    return Step(
        id=StepId(case.name),
        body=RunBody(command=f"python3 ../repairer.py {_FILE} examples.py $(({seed} + ${{SUREFOOT_CANDIDATE:-1}}))"),
        cwd=case.name,
        writes=(f"{case.name}/{_FILE}",),
        checks=(check,),
        retry=RetryPolicy(maximum_attempts=1),
        probe_checks=True,
        best_of=best_of,
        compare=Compare(run=comparing, timeout_s=_COMPARE_S) if best_of > 1 else None,
        timeout_s=_STEP_S,
    )


def _build(cases: Sequence[Case], folder: Path) -> None:
    """Make the repository, with one commit."""
    folder.mkdir(parents=True)
    for tool in ("repairer.py", "comparer.py"):
        shutil.copy(HERE / tool, folder / tool)
    for case in cases:
        (folder / case.name).mkdir()
        (folder / case.name / _FILE).write_text(case.text, "utf-8")
        (folder / case.name / "examples.py").write_text(case.visible, "utf-8")
    who = ["-c", "user.name=Bench", "-c", "user.email=bench@localhost"]
    for words in (
        ["init", "-q", "-b", "main", "--template="],
        ["add", "-A"],
        [*who, "commit", "-qm", "Faulty functions"],
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True)


def is_right(case: Case, repository: Path, branch: str) -> bool:
    """Tell whether the file on the run branch passes the hidden tests."""
    asked = ["git", "-C", str(repository), "show", f"{branch}:{case.name}/{_FILE}"]
    text = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    folder = repository.parent / "judged" / case.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).write_text(text, "utf-8")
    (folder / "hidden.py").write_text(case.hidden, "utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "hidden.py"], cwd=folder, capture_output=True, timeout=HIDDEN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
