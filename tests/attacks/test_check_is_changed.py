"""A step that changes the program of a check instead of doing its work.

`tests/workers/test_check_files.py` has all the ways in which a check names a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

WAITS = 4
FILES = {"check.sh": "#!/bin/sh\\ngrep -q two a.txt\\n", "Makefile": "test:\\n\\tgrep -q two a.txt\\n"}
PLAN = """
goal: Replace one by two
accept: [{run: ./check.sh}]
steps:
  - id: edit
    run: printf '#!/bin/sh\\nexit 0\\n' > check.sh; printf 'test:\\n\\ttrue\\n' > Makefile
    WRITES
    checks: [{run: CHECK, expect: fail_to_pass}]
"""


@pytest.fixture
def checked(stage: Stage) -> Stage:
    """Return the stage with a repository whose script and Makefile check its work."""
    for name, text in FILES.items():
        stage.bash(f"printf '{text}' > {name}; chmod +x {name}")
    stage.git("add", "-A")
    stage.git("commit", "-qm", "Check")
    return stage


def plan(check: str, writes: str = "scratch: []") -> str:
    """Return the plan with this check, and with what the step says to write."""
    return PLAN.replace("CHECK", check).replace("WRITES", writes)


@pytest.mark.parametrize("check", ["./check.sh", "make test"])
def test_a_step_that_rewrites_its_own_check_waits_for_a_person(checked: Stage, check: str) -> None:
    """Though the check passes after it and failed before."""
    said = checked.run(plan(check))
    assert (said.code, checked.states()) == (WAITS, {"edit": "waiting"})


def test_a_verified_step_that_changed_its_check_is_flagged(checked: Stage) -> None:
    """The plan names the file, so nobody is asked; but the proof says so, and so does acceptance."""
    checked.run(plan("./check.sh", "writes: [check.sh, Makefile]"))
    report = checked.say("report", "--json").json
    checks = [*report["steps"][0]["checks"], *report["accept"]]
    assert [(one["verdict"], one["flags"]) for one in checks] == [("passed", ["changed-by-step"])] * 2
