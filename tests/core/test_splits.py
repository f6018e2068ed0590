"""Steps that were split off one that was too much at once, as the report names them."""

from __future__ import annotations

from typing import Any

from surefoot.core import events as ev
from surefoot.core.amendments import AddStep, Operation, ReplaceStep
from surefoot.core.ids import StepId
from surefoot.core.plan import RunBody, Step, VerifyBody


def split(run: Any, whole: VerifyBody | RunBody) -> dict[str, str | None]:
    """Put two steps in front of b, and something in its place; return what the report says each was split off."""
    parts = (Step(id=StepId("b/1"), body=RunBody(command="1")), Step(id=StepId("b/2"), body=RunBody(command="2")))
    second = Step(id=parts[1].id, needs=(parts[0].id,), body=parts[1].body)
    other = AddStep(step=Step(id=StepId("other"), body=RunBody(command="o")))
    anew = ReplaceStep(step=StepId("b"), by=Step(id=StepId("b"), needs=(second.id, StepId("a")), body=whole))
    operations: tuple[Operation, ...] = (AddStep(step=parts[0]), AddStep(step=second), other, anew)
    run.say(ev.AmendmentProposed, amendment="m", operations=operations, why="").go()
    return {one["id"]: one["split_of"] for one in run.report["steps"]}


def test_the_parts_of_a_step_that_verifies_them_name_it(play: Any) -> None:
    """M125: those that it needs, through one another too; what was added beside them is none."""
    said = split(play({"a": {}, "b": {"needs": ("a",)}}), VerifyBody())
    assert said == {"a": None, "b": None, "b/1": "b", "b/2": "b", "other": None}


def test_steps_before_one_that_works_itself_are_no_parts_of_it(play: Any) -> None:
    """It was replaced, not split."""
    assert set(split(play({"a": {}, "b": {"needs": ("a",)}}), RunBody(command="b")).values()) == {None}
