"""What every clock does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from surefoot.clock import SystemClock
from surefoot.ports import Clock
from surefoot.testing import VirtualClock

CLOCKS: Mapping[str, Callable[[], tuple[Clock, Callable[..., object]]]] = {
    "system": lambda: (SystemClock(), asyncio.run),
    "virtual": lambda: (clock := VirtualClock(), clock.run),
}
"""Clocks, each with what runs a coroutine in its time."""


@pytest.fixture(params=CLOCKS.values(), ids=CLOCKS)
def timed(request: pytest.FixtureRequest) -> tuple[Clock, Callable[..., object]]:
    """A clock of each kind, and what runs in its time."""
    return request.param()


def test_a_wait_ends_when_its_time_has_come(timed: tuple[Clock, Callable[..., object]]) -> None:
    """Not before, however a machine counts its time."""
    clock, run = timed
    due = clock.now() + 0.01
    run(clock.wait_until(due))
    assert clock.now() >= due


def test_what_is_past_is_not_waited_for(timed: tuple[Clock, Callable[..., object]]) -> None:
    """A retry may be due before the run is taken up again."""
    clock, run = timed
    before = clock.elapsed()
    run(clock.wait_until(clock.now() - 1000.0))
    assert clock.elapsed() - before < 500.0


def test_durations_are_counted_beside_the_time(timed: tuple[Clock, Callable[..., object]]) -> None:
    """Whoever sets the time of the machine changes no duration."""
    clock, run = timed
    began = clock.elapsed()
    run(clock.wait_until(clock.now() + 0.01))
    assert clock.elapsed() > began
