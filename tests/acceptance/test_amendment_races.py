"""An amendment that races the verification of the step it changes: whichever comes first, the journal has one story."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import RUN

if TYPE_CHECKING:
    from tests.acceptance.conftest import Stage
    from tests.programs import Ended

PLAN = """
goal: Write
steps:
  - {id: first, run: echo 1 > first.txt}
  - id: raced
    needs: [first]
    run: echo old > raced.txt
    checks:
      - {run: touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; test -e raced.txt}
  - {id: last, needs: [first], run: echo 3 > last.txt}
"""
OTHER = "amend: [{replace: {id: raced, needs: [first], run: echo new > raced.txt}}]"

AHEAD_S = [
    pytest.param(one, marks=() if one in (-0.4, -0.2, 0.1) else pytest.mark.slow)
    for one in (-0.4, -0.3, -0.25, -0.2, -0.15, -0.1, 0.0, 0.1)
]


def test_an_amendment_in_the_middle_of_a_verification_breaks_it_off(stage: Stage) -> None:
    """M17, M19: the verdict that was on its way says nothing of the step as it is now."""
    path = stage.folder / "amend.yaml"
    path.write_text(OTHER, "utf-8")
    with stage.held(PLAN) as program:
        assert stage.say("amend", RUN, str(path), "--yes").code == 0
        stage.go()
        assert program.wait().code == 0
    assert stage.git("show", f"surefoot/{RUN}:raced.txt") == "new"
    assert stage.git("log", "--format=%s", f"surefoot/{RUN}").count("surefoot: raced") == 1


@pytest.mark.parametrize("ahead_s", AHEAD_S)
def test_a_drop_that_races_the_verdict_is_carried_out_or_refused(stage: Stage, ahead_s: float) -> None:
    """M17, M72: gone without a trace on the branch, or verified, and the command says that it came too late."""
    with stage.held(PLAN) as program:
        said = dropped_beside_the_verdict(stage, ahead_s)
        assert program.wait().code == 0
    there = stage.git("ls-tree", "--name-only", f"surefoot/{RUN}", "raced.txt") == "raced.txt"
    states, changes = stage.states(), stage.say("report", "--json").json["amendments"]
    assert (said.code, states.get("raced"), there) in ((0, None, False), (2, "verified", True))
    assert (states["last"], said.code == 0 or "--revert" in said.out) == ("verified", True)
    assert [one["state"] for one in changes] == (["in force"] if said.code == 0 else [])


def dropped_beside_the_verdict(stage: Stage, ahead_s: float) -> Ended:
    """Drop the step so many seconds after its check is let go; below zero: before."""
    if ahead_s >= 0:
        stage.go()
        time.sleep(ahead_s)
    with stage.begin("drop", RUN, "raced", "--yes") as dropping:
        if ahead_s < 0:
            time.sleep(-ahead_s)
            stage.go()
        return dropping.wait()
