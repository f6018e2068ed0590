"""A probe that takes its time, beside a step that has nothing to do with it.

Read `tests/core/test_kernel_doubt.py` for effects in doubt, and for what waits all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

PLAN = """
goal: Probe slowly
limits: {parallel: 2}
steps:
  - id: effect
    run: "true"
    effect: idempotent
    probe: {run: "touch HOME/began; until test -e HOME/go; do sleep 0.02; done; exit 1"}
  - {id: other, run: echo b > b.txt, writes: [b.txt], checks: [{file: b.txt, contains: b}]}
"""


def test_a_slow_probe_holds_up_no_other_lane(stage: Stage) -> None:
    """The other step is verified before the probe answers: only then is the probe let go."""
    plan = stage.plan(PLAN.replace("HOME", str(stage.home)))
    with stage.begin("run", plan, "--yes", "--run-id", "20260101-abc123") as program:
        program.hear("verified")
        assert stage.states() == {"effect": "running", "other": "verified"}
        (stage.home / "go").touch()
        assert program.wait().code == 0
