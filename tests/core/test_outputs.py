"""What steps hand on: outputs in the texts of later steps, lists of artifacts in their checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.plan import RunBody

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Play

USE = {"needs": ("a",), "body": RunBody(command="echo {steps.a.k}")}


def test_a_reference_is_replaced_and_quoted_in_a_later_command(play: Callable[..., Play]) -> None:
    """With what the step put out."""
    run = play({"a": {}, "b": USE}).will(do.RunStep, "a", outputs={"k": "x y"}).go(do.RunStep, "b")
    assert run.state.nodes["b"].spec.body == RunBody(command="echo 'x y'")


def test_a_missing_output_fails_the_step_before_its_body(play: Callable[..., Play]) -> None:
    """Once: another attempt would be no better."""
    run = play({"a": {}, "b": USE}).go()
    assert (run.states["b"], run.bodies, run.steps["b"]["attempts"]) == ("failed", ["a"], 1)


def test_artifacts_are_put_into_the_lanes_of_steps_that_need_them(play: Callable[..., Play]) -> None:
    """And into no others."""
    run = play({"a": {"artifacts": ("d/*",)}, "b": {}, "c": {"needs": ("a", "b")}})
    asked = {name: run.go(do.TakeCheckpoint, name).open[-1].artifacts for name in ("b", "c")}
    assert (asked, len(run.told(ev.ArtifactsKept))) == ({"b": (), "c": ("m-a",)}, 1)
