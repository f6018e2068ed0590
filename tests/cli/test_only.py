"""`run --only`: what was left out is never started, and is named wherever the run is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import surefoot

if TYPE_CHECKING:
    from conftest import Desk

STEPS = """accept: [{run: "test -f one"}, {run: "test -f three"}]
steps:
  - {id: one, run: "touch one"}
  - {id: two, run: "touch two", needs: [one]}
  - {id: three, run: "touch three"}
"""
SAID = "2 of 3 steps of the plan were chosen; left out: three"


def test_chosen_steps_are_carried_out_with_what_they_need(desk: Desk) -> None:
    """The opening lines and the report say what was left out."""
    said = desk.run(STEPS, "--only", "two")
    opening, _, report = said.out.partition("verified   one")
    assert (SAID in opening, SAID in report, "2 of 2 steps verified" in report) == (True, True, True)


def test_the_acceptance_checks_of_the_plan_are_asked_all_the_same(desk: Desk) -> None:
    """The goal is not reached by a part of the plan that does not reach it."""
    said = desk.run(STEPS, "--only", "two", "--json")
    assert (said.code, [one["after"] for one in said.json["accept"]]) == (3, ["passed", "failed"])


@pytest.mark.parametrize("command", ["status", "report"])
def test_programs_read_the_selection(command: str, desk: Desk) -> None:
    """At any later time, too; without one there is none."""
    desk.run(STEPS, "--only", "t?o")
    assert desk.say(command, "--json").json["selection"] == {"chosen": 2, "of": 3, "left_out": ["three"]}
    desk.say("run", desk.plan(STEPS))
    assert desk.say(command, "--json").json["selection"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "tow"], "`only` names 'tow', but no step or group has that id; did you mean 'two'"),
        (["--only", "one,two"], "`only` names 'one,two', but no step"),
    ],
)
def test_a_step_that_does_not_exist_is_wrong_use(words: list[str], said: str, desk: Desk) -> None:
    """Before anything is made."""
    told = desk.run(STEPS, *words)
    assert (told.code, said in told.err, desk.say("ls", "--json").json["runs"]) == (2, True, [])


def test_a_goal_in_words_has_no_steps_to_choose(desk: Desk) -> None:
    """As for `--allow`."""
    said = desk.say("run", "Make it so", "--only", "one")
    assert (said.code, "--only names steps, and a goal has none yet" in said.err) == (2, True)


async def _nothing(_: surefoot.StepArgument) -> None:
    """Do nothing, as a body."""


def test_python_chooses_by_its_options(desk: Desk) -> None:
    """The same words, in `Options`."""
    plan = surefoot.Plan(goal="g", steps=[surefoot.Step(name, _nothing) for name in ("a", "b")])
    report = surefoot.run(plan, home=desk.folder / "state", options=surefoot.Options(only=("b",)))
    assert ([one["id"] for one in report["steps"]], report["selection"]["left_out"]) == (["b"], ["a"])
