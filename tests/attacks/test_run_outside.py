"""A step that writes the script which a check, a probe or `observe` runs outside the sandbox.

Read `tests/workers/test_run_outside.py` for the ways in which a command names a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Stage

WAITS = 4
RUN = "20260101-abc123"
PLAN = """
goal: Be looked at from outside
limits: {resources: {world: {observe: ./observe.sh}}}
accept: [{run: ./accept.sh, confine: false}]
steps:
  - id: write
    run: |
      printf '#!/bin/sh\\ntouch PWNED; exit 1' > SCRIPT; chmod +x SCRIPT
    WRITES
  - {id: send, needs: [write], run: 'true', effect: idempotent, uses: [world], probe: {run: sh probe.sh}, tier: log}
"""
WRITES = {
    "observe.sh": "writes: [observe.sh]",
    "accept.sh": "writes: [accept.sh]",
    "probe.sh": "writes: [probe.sh]",
}
FIRST, *OTHERS = WRITES


@pytest.mark.parametrize("script", [FIRST, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHERS)])
def test_a_script_that_runs_outside_is_shown_before_it_does(stage: Stage, pwned: Path, script: str) -> None:
    """Though the plan says that the step writes it, and the script was not there before."""
    plan = PLAN.replace("SCRIPT", script).replace("WRITES", WRITES[script]).replace("PWNED", str(pwned))
    said = stage.run(plan, "--allow", "send")
    assert (said.code, stage.states()["write"], pwned.exists()) == (WAITS, "waiting", False)
    assert f"runs outside the sandbox: {script}" in said.out


def test_a_yes_to_the_words_of_a_check_is_none_to_the_script_that_its_step_writes(stage: Stage, pwned: Path) -> None:
    """The body is asked about before, for its check has a way out; the script is not there yet."""
    plan = PLAN.replace("SCRIPT", "check.sh").replace("WRITES", "checks: [{run: ./check.sh, confine: false}]")
    stage.run(plan.replace("PWNED", str(pwned)))
    stage.say("answer", f"{RUN}.1", "yes")
    said = stage.say("resume")
    assert (said.code, pwned.exists()) == (WAITS, False)
    assert "runs outside the sandbox: check.sh" in said.out
