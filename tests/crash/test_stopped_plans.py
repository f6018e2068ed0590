"""Plans that are stopped as wrong in runs that are killed: nothing of the plan goes on before another one holds."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.amendment_state import StopStage
from surefoot.core.amendments import AddStep, DropStep, Operation
from surefoot.core.ids import RunId, encode_id
from surefoot.planfile import parse_plan
from tests.crash.test_amendments import HEAD, ONE, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Setting, Unkilled

TWO, OTHER = step("two", "2", ", needs: [one]"), step("other", "3", ", needs: [one]")
BEFORE, AFTER = HEAD + ONE + TWO, HEAD + ONE + OTHER
KILLS = [
    pytest.param(first, number, marks=() if (first, number) == ("body.reversible.before:2", 2) else pytest.mark.slow)
    for first in ("journal.append.committed:3", "body.reversible.before:2", "check.after.after:1")
    for number in range(1, 5)
]


def other_plan() -> tuple[Operation, ...]:
    """Return what makes the plan after of the plan before."""
    after = {one.id: one for one in parse_plan(AFTER, "after").plan.steps}
    return (DropStep(step=encode_id("two")), AddStep(step=after[encode_id("other")]))


@pytest.mark.parametrize(("first", "number"), KILLS)
def test_a_stopped_run_that_is_killed_ends_by_the_other_plan(
    setting: Setting, unkilled: Callable[[str], Unkilled], first: str, number: int
) -> None:
    """Killed, stopped, killed amid the events of the stop: it pauses with its stock, and ends as one planned so."""
    stage = setting(BEFORE)
    assert stage.killed(first) == -signal.SIGKILL
    with api.Home(stage.home) as home:
        api.stop_plan(home, RunId(stage.run), "two is the wrong way")
    stage.killed(f"journal.append.committed:{number}")
    if stage.state().stops[0].stage is not StopStage.RESTED:
        stage.work()
    assert [one.stage for one in stage.state().stops] == [StopStage.RESTED]
    with api.Home(stage.home) as home:
        api.amend(home, RunId(stage.run), other_plan())
    assert (stage.work().code, stage.wrongs(stage.verified())) == (0, [])
    assert (stage.ending().tree, stage.ending().outcome) == (unkilled(AFTER).ending.tree, "completed")
