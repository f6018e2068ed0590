"""Programs that die at any commit, in this very process: the journal takes no more from then on.

Every commit of a run is tried, both lost and just written; the run is then gone on with from what is in the journal.
`tests/crash` kills real programs at a part of these places, where files, git and left-over programs are at stake.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

import surefoot
from surefoot import api
from surefoot.api import Home
from surefoot.api.engagement import Source
from surefoot.core.ids import RunId
from surefoot.core.kernel import apply
from surefoot.core.state import RunState
from surefoot.errors import SurefootError
from surefoot.testing import DyingJournal

RUN = RunId("20260101-aaaaaa")


class World:
    """What the bodies do outside: how often each began, and which effects are there."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self.ran: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()

    async def look(self, _: surefoot.StepArgument) -> None:
        """Only look."""
        self.ran["look"] += 1

    async def flaky(self, step: surefoot.StepArgument) -> None:
        """Fail at the first attempt."""
        self.ran["flaky"] += 1
        if step.attempt == 1:
            raise ConnectionError("not yet")

    async def put(self, step: surefoot.StepArgument) -> None:
        """Repeat an effect under its key."""
        self.effects[step.idempotency_key] = 1

    async def pay(self, _: surefoot.StepArgument) -> None:
        """Do what cannot be undone."""
        self.effects["pay"] += 1

    async def is_paid(self, _: surefoot.StepArgument) -> bool:
        """Tell whether it was done."""
        return self.effects["pay"] > 0

    def plan(self) -> surefoot.Plan:
        """One step of each effect class, two of them side by side."""
        retry = surefoot.RetryPolicy(maximum_attempts=2, initial_interval_s=0.001)
        steps = [
            surefoot.Step("look", self.look, effect="read"),
            surefoot.Step("flaky", self.flaky, retry=retry),
            surefoot.Step("put", self.put, effect="idempotent", needs=["look"]),
            surefoot.Step("pay", self.pay, effect="irreversible", probe=self.is_paid, needs=["flaky", "put"]),
        ]
        return surefoot.Plan(goal="Pay once", steps=steps, parallel=2)


def work(
    folder: Path, world: World, left: int | None = None, *, is_written: bool = False
) -> tuple[RunState | None, int]:
    """Begin the run, or go on with it, on a journal that dies; return its state at the end, and the commits taken."""
    plan, options = world.plan(), api.Options(yes=True, allow=("pay",))
    journal = DyingJournal.open(folder)
    journal.left, journal.is_written = left, is_written
    with Home(folder, journal=journal) as home:
        try:
            if journal.head(RUN)[0] == 0:
                api.create_run(home, plan.compiled(), Source(repository=None), run_id=RUN, options=options)
            state = asyncio.run(api.engage(home, RUN, options, functions=plan.functions))
        except SurefootError:
            return None, journal.taken
        return state, journal.taken


def folded(folder: Path) -> RunState | None:
    """Fold the journal from its first event."""
    state: RunState | None = None
    with Home(folder) as home:
        for recorded in api.events(home, RUN):
            state = apply(state, recorded.event)
    return state


@pytest.fixture(scope="module")
def commits(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many commits a run takes that nobody kills."""
    state, taken = work(tmp_path_factory.mktemp("unkilled"), World())
    assert state is not None
    assert state.outcome == "completed"
    return taken


@pytest.mark.parametrize("is_written", [False, True], ids=["lost", "written"])
def test_a_run_that_dies_at_any_commit_is_completed_with_each_effect_once(
    tmp_path: Path, commits: int, *, is_written: bool
) -> None:
    """M46, M70, M72: the effect that cannot be undone is there once, whichever commit was the last."""
    for number in range(commits):
        world, folder = World(), tmp_path / str(number)
        assert work(folder, world, number, is_written=is_written)[0] is None, number
        state, _ = work(folder, world)
        assert state is not None, number
        assert (state.outcome, sorted(world.effects.values())) == ("completed", [1, 1]), number
        assert folded(folder) == state, number


def test_a_step_that_is_verified_is_not_done_again_whichever_commit_was_the_last(tmp_path: Path, commits: int) -> None:
    """What the journal calls verified when the program dies has run as often when the run is completed."""
    for number in range(1, commits):
        world, folder = World(), tmp_path / str(number)
        work(folder, world, number, is_written=True)
        state = folded(folder)
        assert state is not None
        done = {node.spec.id: world.ran[node.spec.id] for node in state.steps() if node.status == "verified"}
        work(folder, world)
        assert {step: world.ran[step] for step in done} == done, number
