"""Steps with `verify: true`: nothing is done, and the checks are asked of what other steps have made."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PARTS = """
goal: Split what was too much at once
steps:
  - {id: port/1, run: echo x > x.txt, checks: [RED]}
  - {id: port/2, run: rm a.txt}
  - {id: port, verify: true, needs: ["port/*"], checks: [CHECKS]}
  - {id: after, needs: [port], run: echo after > after.txt}
"""
RED = "{run: test -e never.txt, expect: pass_to_pass}"
MADE = "{run: test -e x.txt, expect: fail_to_pass}"
SUITE = f"""{{tests: "{sys.executable} -m pytest -q -p no:cacheprovider", expect: pass_to_pass}}"""


def port_of(stage: Stage, checks: str, red: str = RED) -> tuple[str, str | None]:
    """Carry the plan out with these checks of the whole; return how the whole ended, and on what proof."""
    stage.run(PARTS.replace("CHECKS", checks).replace("RED", red))
    [port] = [one for one in stage.say("report", RUN, "--json").json["steps"] if one["id"] == "port"]
    return port["state"], port["proof"]


@pytest.mark.parametrize("expect", ["pass", "pass_to_pass", "fail_to_pass"])
def test_what_the_parts_broke_fails_the_whole(stage: Stage, expect: str) -> None:
    """Whatever the check expects, and though the others pass that the parts have made pass."""
    broken = f"{{run: test -e a.txt, expect: {expect}}}"
    assert port_of(stage, f"{MADE}, {broken}")[0] == "failed"
    assert stage.states()["after"] == "blocked"


def test_what_the_parts_made_proves_the_whole(stage: Stage) -> None:
    """Its check was red before them and is green now."""
    assert port_of(stage, MADE) == ("verified", "fail_to_pass")


def test_what_was_red_before_the_parts_does_not_fail_the_whole(stage: Stage) -> None:
    """As it would not have failed the step that was split."""
    assert port_of(stage, f"{MADE}, {RED}") == ("verified", "fail_to_pass")


@pytest.mark.parametrize("red", [SUITE, "{file: b.txt, exists: true}"], ids=["known", "unknown"])
def test_a_test_that_failed_before_the_parts_does_not_fail_the_whole(stage: Stage, red: str) -> None:
    """If that is known; else every test has to pass."""
    (stage.user / "test_it.py").write_text("def test_good(): pass\ndef test_bad(): assert False\n", "utf-8")
    stage.bash("git add --all && git commit --quiet --message tests")
    state, _ = port_of(stage, SUITE, red)
    assert state == ("verified" if red == SUITE else "failed")
