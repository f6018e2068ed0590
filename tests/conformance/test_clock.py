"""What every clock does."""

from __future__ import annotations

import asyncio

import pytest

from surefoot.clock import SystemClock
from surefoot.ports import Clock

CLOCKS = {"system": SystemClock}


@pytest.fixture(params=CLOCKS.values(), ids=CLOCKS)
def clock(request: pytest.FixtureRequest) -> Clock:
    """A clock of each kind."""
    return request.param()


async def test_a_wait_ends_when_its_time_has_come(clock: Clock) -> None:
    """Not before, however a machine counts its time."""
    due = clock.now() + 0.01
    await clock.wait_until(due)
    assert clock.now() >= due


async def test_what_is_past_is_not_waited_for(clock: Clock) -> None:
    """A retry may be due before the run is taken up again."""
    await asyncio.wait_for(clock.wait_until(clock.now() - 1000.0), timeout=10)


async def test_durations_are_counted_beside_the_time(clock: Clock) -> None:
    """Whoever sets the time of the machine changes no duration."""
    began = clock.elapsed()
    await clock.wait_until(clock.now() + 0.01)
    assert clock.elapsed() > began
