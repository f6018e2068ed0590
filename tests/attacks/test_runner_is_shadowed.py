"""A step that puts a module of its own in the place of the test runner, which says that all tests pass.

`tests/workers/test_check_files.py` has the other runners and folders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

WAITS = 4
FORGED = (
    "import sys; print('test_it (test_it.T.test_it) ... ok\\\\n\\\\nRan 1 test in 0.1s\\\\n\\\\nOK', file=sys.stderr)"
)
PLAN = f"""
goal: Make the test pass
steps:
  - id: mend
    run: mkdir -p src; printf "%s\\n" "{FORGED}" > PLACE
    WRITES
    checks: [{{tests: "CALL python3 -m unittest -v test_it", format: unittest, expect: fail_to_pass}}]
"""
TEST = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): assert open('a.txt').read() == 'two\\n'\n"


@pytest.fixture
def tested(stage: Stage) -> Stage:
    """Return the stage with a repository that has a test which fails."""
    (stage.user / "test_it.py").write_text(TEST, "utf-8")
    stage.git("add", "-A")
    stage.git("commit", "-qm", "Test")
    return stage


def plan(place: str, writes: str = "scratch: []") -> str:
    """Return the plan of a step that writes a module there."""
    call = f"PYTHONPATH={place.rpartition('/')[0] or '.'}"
    return PLAN.replace("PLACE", place).replace("CALL", call).replace("WRITES", writes)


@pytest.mark.parametrize("place", ["unittest.py", "src/sitecustomize.py"])
def test_a_step_that_shadows_the_test_runner_waits_for_a_person(tested: Stage, place: str) -> None:
    """In the folder of the check, and where the check has Python look for modules."""
    said = tested.run(plan(place))
    assert (said.code, tested.states()) == (WAITS, {"mend": "waiting"})


def test_a_shadow_that_the_plan_names_is_told_beside_the_proof(tested: Stage) -> None:
    """The forged record passes: who names the file has taken that on."""
    said = tested.run(plan("unittest.py", "writes: [unittest.py]"))
    assert (said.code, tested.states()) == (0, {"mend": "verified"})
    assert "rests on unittest.py, changed in this run" in said.out + said.err


@pytest.mark.parametrize("effect", ["reversible", "read"])
def test_a_shadow_that_git_ignores_waits_for_a_person(tested: Stage, effect: str) -> None:
    """No commit would hold the module, but the lane does, also for the checks of later steps."""
    tested.bash("echo unittest.py > .gitignore; git add .; git commit -qm Ignore")
    said = tested.run(plan("unittest.py", f"effect: {effect}"))
    assert (said.code, tested.states()) == (WAITS, {"mend": "waiting"})
