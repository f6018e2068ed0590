"""A probe that is a program, from the plan file to the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Desk

STEPS = """steps:
  - id: pay
    run: exit 1
    effect: idempotent
    probe: {command: {argv: [bash, -c, "touch ../../there; echo state: $1", it, WORD],
                      applied: "^state: paid$", not_applied: "^state: open$"}}
"""


def test_a_program_that_shows_the_effect_keeps_the_body_from_running(desk: Desk) -> None:
    """What is there already is not done a second time: a person is asked."""
    said = desk.run(STEPS.replace("WORD", "paid"), "--yes")
    assert "applied: exit status 0: as declared by `applied`" in said.out
    assert "exit status 1" not in said.out


def test_a_program_that_shows_that_there_was_none_lets_the_attempt_fail(desk: Desk) -> None:
    """The effect is not in doubt."""
    said = desk.run(STEPS.replace("WORD", "open"), "--yes")
    assert "the effect was not applied; the body ended with exit status 1" in said.out


def test_a_program_is_listed_where_it_has_a_way_out(desk: Desk) -> None:
    """Before the step is approved: only where the step has one."""
    opened = STEPS.replace("effect:", "network: true\n    effect:")
    assert "probe of pay (uses the network)" in desk.say("check", desk.plan(opened)).out
    assert "probe of pay" not in desk.say("check", desk.plan(STEPS)).out
