"""The loop of a run, with bodies that are functions of this very program: what ends it, and what it does not lose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from surefoot.api.engagement import Engagement, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.journal_append import say
from surefoot.api.run_options import Options
from surefoot.api.validation import Source
from surefoot.core import events as ev
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Effect, FunctionBody, Limits, Plan, Step
from surefoot.core.policy_types import Policy
from surefoot.core.state import RunState
from surefoot.errors import JournalLocked
from surefoot.workers.run_context import FunctionRegistry

RUN = RunId("20260101-aaaaaa")
A, B = StepId("a"), StepId("b")
PLAN = Plan(
    goal="g",
    steps=(
        Step(id=A, body=FunctionBody(name="a"), effect=Effect.READ),
        Step(id=B, body=FunctionBody(name="b"), effect=Effect.READ, needs=(A,)),
    ),
)
Body = Callable[[Any], Awaitable[Any]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that is not closed: some of these journals cannot be."""
    return Home(tmp_path)


async def nothing(_: Any) -> None:
    """Do nothing."""


async def driven(home: Home, body: Body, plan: Plan = PLAN, **fields: Any) -> RunState:
    """Run the plan with this body of step `a`; step `b` does nothing."""
    functions = FunctionRegistry(bodies={A: body, B: nothing})
    return await engage(home, create_run(home, plan, Source(), run_id=RUN), functions=functions, **fields)


def kinds(home: Home) -> list[str]:
    """Return the kinds of the run's events."""
    return [recorded.event.kind for recorded in home.journal.events(RUN)]


class LosingBody:
    """A body during which something is appended without waiting for the disk, which then takes no more."""

    def __init__(self, home: Home) -> None:
        """Know where the journal lies."""
        self._home = home
        self._engaged: list[Engagement] = []
        self._is_appended = asyncio.Event()
        self.watching = Watching(engaged=self._engaged.append, observer=self._see)
        self.seen: list[str] = []

    def _see(self, _: RunState, event: ev.Event) -> None:
        self.seen.append(event.kind)
        if isinstance(event, ev.PolicyConfigured):
            self._is_appended.set()

    async def __call__(self, _: Any) -> None:
        """Append, and return once that is committed."""
        (self._home.folder / "journal.db-wal").rename(self._home.folder / "gone")  # nothing can be synced any more
        self._engaged[0].loop.tell(ev.PolicyConfigured(at=0.0, policy=Policy()))
        await self._is_appended.wait()


async def test_a_run_stops_when_its_events_do_not_reach_the_disk(home: Home) -> None:
    """The body waits for ever: that the sync behind it failed ends the run all the same."""
    lost = LosingBody(home)

    async def body(argument: Any) -> None:
        await lost(argument)
        await asyncio.Event().wait()

    async with asyncio.timeout(30) as deadline:
        with pytest.raises(JournalLocked, match="could not be forced to disk"):
            await driven(home, body, watching=lost.watching)
    assert not deadline.expired()


async def test_nothing_is_begun_on_a_commit_that_did_not_reach_the_disk(home: Home) -> None:
    """Step `b` would begin with a durable commit, which cannot say that what came before is on disk."""
    lost = LosingBody(home)

    async def body(argument: Any) -> None:
        await lost(argument)
        with pytest.raises(JournalLocked):
            home.journal.sync()

    with pytest.raises(JournalLocked):
        await driven(home, body, watching=lost.watching)
    assert lost.seen.count("step_started") == 1


async def test_a_limit_that_is_raised_with_the_start_is_the_limit_that_holds(home: Home) -> None:
    """The clock of the run is not set to the limit before."""

    async def body(_: Any) -> None:
        for _ in range(20):
            await asyncio.sleep(0)  # the clock would have gone off

    plan = Plan(goal="g", steps=PLAN.steps, limits=Limits(wall_s=0.0))
    state = await driven(home, body, plan, options=Options(limits=Limits(wall_s=3600.0)))
    assert state.outcome == "completed"


async def test_a_limit_on_the_time_of_a_run_pauses_it(home: Home) -> None:
    """What is under way comes to its end; nothing new begins."""
    gate = asyncio.Event()

    async def body(_: Any) -> None:
        await gate.wait()

    def noticed(_: RunState, event: ev.Event) -> None:
        if isinstance(event, ev.PauseRequested):
            gate.set()

    plan = Plan(goal="g", steps=PLAN.steps, limits=Limits(wall_s=0.1))
    state = await driven(home, body, plan, watching=Watching(observer=noticed))
    assert state.is_paused
    assert kinds(home).count("body_finished") == 1


async def test_a_body_that_ends_while_it_is_interrupted_keeps_its_result(home: Home) -> None:
    """Its result has come, and only has not passed through the functions that await it."""
    engaged: list[Engagement] = []
    waiting, gate = asyncio.Event(), asyncio.Event()

    async def body(_: Any) -> None:
        waiting.set()
        await gate.wait()

    running = asyncio.create_task(driven(home, body, watching=Watching(engaged=engaged.append)))
    await waiting.wait()
    engaged[0].loop.tell(ev.PauseRequested(at=engaged[0].clock.now(), by="me", interrupt=True))
    gate.set()
    await running
    assert "body_finished" in kinds(home)
    assert "interrupted" not in kinds(home)


async def test_a_body_that_is_interrupted_ends_without_a_result(home: Home) -> None:
    """It is cancelled, and the journal says that nothing is known of its end."""
    engaged: list[Engagement] = []
    waiting = asyncio.Event()

    async def body(_: Any) -> None:
        waiting.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(driven(home, body, watching=Watching(engaged=engaged.append)))
    await waiting.wait()
    engaged[0].loop.tell(ev.PauseRequested(at=engaged[0].clock.now(), by="me", interrupt=True))
    state = await running
    assert state.is_paused
    assert "effect_cancelled" in kinds(home)


async def test_what_another_program_appends_is_noticed(home: Home) -> None:
    """A pause that somebody else asked for ends a run whose body waits for it."""
    gate = asyncio.Event()

    async def body(_: Any) -> None:
        with Home(home.folder) as other:
            say(other, RUN, lambda state: [ev.PauseRequested(at=state.at, by="me")])
        await gate.wait()

    def noticed(_: RunState, event: ev.Event) -> None:
        if isinstance(event, ev.PauseRequested):
            gate.set()

    async with asyncio.timeout(30):
        state = await driven(home, body, watching=Watching(observer=noticed))
    assert state.is_paused
