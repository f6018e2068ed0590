"""Amendments of runs that are killed: such a run ends as one that was planned so from the start."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.amendments import AddStep, DropStep, MoveStep, Operation, ReplaceStep
from surefoot.core.ids import RunId, encode_id
from surefoot.planfile import load_plan, parse_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Setting, Stage, Unkilled

RAN = "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran"
HEAD = "goal: Edit\nlimits: {parallel: 2}\nsteps:\n"


def step(name: str, text: str, more: str = "") -> str:
    """Return a step that writes a text into a file of its name."""
    checks = f"checks: [{{file: {name}.txt, exists: true}}]"
    return f"  - {{id: {name}, run: '{RAN}; echo {text} > {name}.txt', {checks}{more}}}\n"


ONE, THREE = step("one", "1"), step("three", "3", ", needs: [two]")
BEFORE = HEAD + ONE + step("two", "2", ", needs: [one]") + step("gone", "g") + THREE
AFTER = HEAD + ONE + step("added", "1") + step("two", "other", ", needs: [one]") + THREE


def operations(stage: Stage) -> tuple[Operation, ...]:
    """Return what makes the plan after of the plan before."""
    assert load_plan(stage.plan).plan.goal == "Edit"
    after = {step.id: step for step in parse_plan(AFTER, "after").plan.steps}
    one, two, three, added, gone = (encode_id(name) for name in ("one", "two", "three", "added", "gone"))
    return (
        *(DropStep(step=gone), ReplaceStep(step=two, by=after[two]), AddStep(step=after[added])),
        *(MoveStep(step=added, after=one), MoveStep(step=three, after=two)),
    )


KILLS = [
    pytest.param(first, number, marks=() if (first, number) == ("body.reversible.before:1", 2) else pytest.mark.slow)
    for first in ("journal.append.committed:3", "body.reversible.before:1", "check.after.after:1")
    for number in range(1, 7)
]


@pytest.mark.parametrize(("first", "number"), KILLS)
def test_an_amended_run_that_is_killed_ends_as_one_planned_so(
    setting: Setting, unkilled: Callable[[str], Unkilled], first: str, number: int
) -> None:
    """Killed, amended, killed again amid the events of the amendment: the tree is that of the amended plan alone."""
    stage = setting(BEFORE)
    assert stage.killed(first) == -signal.SIGKILL
    with api.Home(stage.home) as home:
        api.amend(home, RunId(stage.run), operations(stage))
    assert stage.killed(f"journal.append.committed:{number}") == -signal.SIGKILL
    verified = stage.verified()
    assert (stage.work().code, stage.wrongs(verified)) == (0, [])
    assert (stage.ending().tree, stage.ending().outcome) == (unkilled(AFTER).ending.tree, "completed")
    assert [one.revision for one in stage.state().amendments.values()] == [1]
