"""Candidates of a function of the calling program, made at once by a real run (M38)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from surefoot.api.engagement import Source, create_run, engage
from surefoot.api.home import Home
from surefoot.core.bodies import FunctionBody
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, Limits, Plan, Step
from surefoot.workers.run_context import FunctionRegistry, StepArgument


def test_the_calls_of_a_function_are_under_way_at_once(repository: Path, tmp_path: Path) -> None:
    """Each waits for the other in a lane of its own, and both make one result."""
    begun = {number: asyncio.Event() for number in (1, 2)}
    lanes: set[Path] = set()

    async def write(step: StepArgument) -> None:
        assert step.workspace is not None
        lanes.add(Path(step.workspace))
        begun[step.candidate].set()
        await asyncio.gather(*(one.wait() for one in begun.values()))
        (Path(step.workspace) / "out.txt").write_text("two\n", "utf-8")

    name, check = StepId("write"), CommandCheck(command="grep -q two out.txt")
    checks = (Check(name="two", ask=check, expect=Expect.FAIL_TO_PASS),)
    step = Step(id=name, body=FunctionBody(name="write"), checks=checks, best_of=2, timeout_s=60.0)
    plan = Plan(goal="g", steps=(step,), limits=Limits(parallel=2))
    with Home(tmp_path / "home") as home:
        run = create_run(home, plan, Source(repository=repository))
        state = asyncio.run(engage(home, run, functions=FunctionRegistry(bodies={name: write})))
    assert (state.nodes[name].proof, len(lanes)) == ("agreement", 2)
