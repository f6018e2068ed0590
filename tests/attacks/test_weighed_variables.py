"""A command that looks harmless by its words, and is another one by the variables that the plan gives it.

Read `tests/workers/test_weighed.py` for more of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

WAITS = 4
PLAN = """
goal: Say hello
steps:
  - {id: write, run: "echo 'git push REMOTE HEAD:refs/heads/x' > tools.sh"}
  - {id: say, needs: [write], effect: reversible, SAY}
"""
SAYS = {
    "a file that bash reads first": "run: echo hello, network: true, env: {BASH_ENV: tools.sh}",
    "a check with another value": "run: echo hello, env: {TOOL: echo}, "
    "checks: [{run: $TOOL push REMOTE, network: true, env: {TOOL: git}}]",
}
FIRST, *OTHERS = SAYS


@pytest.mark.parametrize("say", [FIRST, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHERS)])
def test_variables_of_the_plan_are_weighed_with_the_command(staged: Stage, say: str) -> None:
    """Each command is weighed with all that it is given."""
    said = staged.run(PLAN.replace("SAY", SAYS[say]).replace("REMOTE", str(staged.folder / "remote.git")))
    assert (said.code, staged.states()["say"]) == (WAITS, "waiting")
