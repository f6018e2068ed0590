"""Which changed files a plan runs outside the sandbox.

Read `tests/attacks/test_run_outside.py` for what becomes of such a file.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, Limits, Plan, RunBody, Step
from surefoot.core.probe_kinds import Probe, RunProbe
from surefoot.workers.run_outside import run_outside

STEP = Step(id=StepId("it"), body=RunBody(command="true"))
PLAN = Plan(goal="nothing", steps=(STEP,))
CHANGED = ("check.sh", "sub/check.sh", "tools/look.py", "Makefile", "package.json", "a.txt", "build/")


def checked(text: str, *, confine: bool = False, cwd: str | None = None) -> Step:
    """Return the step with a check."""
    check = Check(name="it", ask=CommandCheck(command=text), expect=Expect.PASS, confine=confine, cwd=cwd)
    return replace(STEP, checks=(check,))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("./check.sh", ["check.sh"]),
        ("sh check.sh", ["check.sh"]),
        ("cd sub && ./check.sh a.txt", ["check.sh", "sub/check.sh"]),
        ("python3 -W ignore tools/look.py", ["tools/look.py"]),
        ("python3 -m tools.look", ["tools/look.py"]),
        ("timeout 5 bash -c 'source check.sh'", ["check.sh"]),
        ("make -s test", ["Makefile"]),
        ("npm test", ["package.json"]),
        ("build/app --selftest", ["build/"]),
        ("bash $SCRIPT", list(CHANGED)),
        ("npm view shop@1.2 version", []),
        ("grep -q two a.txt", []),
        ("curl -T a.txt https://h/", []),
    ],
)
def test_a_file_that_a_check_runs_outside_is_found_by_its_words(text: str, found: list[str]) -> None:
    """A file that it only reads is not meant."""
    assert list(run_outside(PLAN, checked(text), CHANGED)) == found


def test_what_runs_in_the_sandbox_is_not_meant() -> None:
    """It can do no more than the step."""
    assert run_outside(PLAN, checked("./check.sh", confine=True), CHANGED) == ()


def test_a_check_starts_in_its_own_folder() -> None:
    """Below that of the plan."""
    step = checked("./check.sh", cwd="sub")
    assert "sub/check.sh" in run_outside(PLAN, step, CHANGED)
    assert run_outside(replace(PLAN, folder="sub"), checked("./check.sh"), CHANGED) == ("sub/check.sh",)


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, limits=Limits(observed={"db": "./check.sh"})),
        replace(PLAN, accept=checked("./check.sh").checks),
        replace(PLAN, steps=(replace(STEP, probe=Probe(ask=RunProbe(command="./check.sh"))),)),
        replace(PLAN, steps=(STEP, checked("./check.sh"))),
    ],
    ids=["observe", "acceptance", "probe", "check of another step"],
)
def test_all_that_runs_beside_bodies_counts(plan: Plan) -> None:
    """Whichever step it belongs to."""
    assert run_outside(plan, STEP, CHANGED) == ("check.sh",)
