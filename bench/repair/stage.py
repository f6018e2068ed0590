"""What a run of cases works on: one repository with a folder for each, and a plan with an agent step for each."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.repair.cases import Case
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, Check, Plan, RetryPolicy, Step

GOAL = "Repair the faulty functions of this repository, each so that it does what its docstring says."
_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Bench"), ("EMAIL", "bench@localhost"), ("DATE", "2024-01-01T00:00:00+00:00"))
}
_CHECK_S = 60.0
_STEP_S = 1800.0


def build(cases: Sequence[Case], folder: Path) -> None:
    """Make the repository, with one commit."""
    for case in cases:
        for name, content in case.files.items():
            path = folder / case.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
    for words in (["init", "-q", "-b", "main", "--template="], ["add", "-A"], ["commit", "-qm", "Faulty functions"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True, env={**os.environ, **_WHO})


def plan_of(cases: Sequence[Case], *, attempts: int, turns: int) -> Plan:
    """Return the plan: no step needs another, and none that fails keeps the others from being tried."""
    retry = RetryPolicy(maximum_attempts=attempts, initial_interval_s=0.0)
    return Plan(goal=GOAL, steps=tuple(_step(case, retry, turns) for case in cases))


def _step(case: Case, retry: RetryPolicy, turns: int) -> Step:
    path = f"{case.name}/{case.path}"
    told = (
        f"The function `{case.function}` in `{path}` has a fault. Find it and repair it, so that the function does "
        f"what its docstring says. Change nothing else. `{case.visible}`, run in `{case.name}`, tells whether it is "
        "right as far as its visible tests go."
    )
    checks = [_check("visible", case.visible, case)]
    if case.held_back:
        checks.append(_check("held back", case.held_back, case, held_back=True))
    return Step(
        id=StepId(case.name),
        body=AgentBody(instructions=told, turns_max=turns),
        writes=(path,),
        checks=tuple(checks),
        retry=retry,
        timeout_s=_STEP_S,
    )


def _check(name: str, command: str, case: Case, *, held_back: bool = False) -> Check:
    return Check(
        name=name,
        ask=CommandCheck(command=command),
        expect=Expect.FAIL_TO_PASS,
        cwd=case.name,
        timeout_s=_CHECK_S,
        held_back=held_back,
    )
