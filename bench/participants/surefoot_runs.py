"""Surefoot itself, through its public Python API."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import surefoot
from surefoot import Plan, Step, StepArgument


async def nothing(_: StepArgument) -> None:
    """Do nothing, as a step's body."""


def chain_plan(steps: int) -> Plan:
    """Return a plan whose steps need one another in turn."""
    names = [f"step-{number}" for number in range(steps)]
    made = [Step(name, nothing, needs=names[max(0, at - 1) : at]) for at, name in enumerate(names)]
    return Plan(goal="Do nothing, many times", steps=made)


def fan_plan(width: int) -> Plan:
    """Return a plan that goes from one step to many at once, and back to one."""
    names = [f"step-{number}" for number in range(width)]
    middle = [Step(name, nothing, needs=["first"]) for name in names]
    steps = [Step("first", nothing), *middle, Step("last", nothing, needs=names)]
    return Plan(goal="Do nothing, many times at once", steps=steps, parallel=width)


def chain(folder: Path, steps: int) -> float:
    """Run a chain of steps."""
    return _timed(chain_plan(steps), folder)


def fan(folder: Path, width: int) -> float:
    """Run a fan."""
    return _timed(fan_plan(width), folder)


def many(folder: Path, runs: int, steps: int) -> float:
    """Run many chains at once."""

    async def at_once() -> None:
        plans = [chain_plan(steps) for _ in range(runs)]
        reports = await asyncio.gather(*(surefoot.run_plan(plan, home=folder) for plan in plans))
        assert all(report["outcome"] == "completed" for report in reports)

    begun = time.perf_counter()
    asyncio.run(at_once())
    return time.perf_counter() - begun


def _timed(plan: Plan, folder: Path) -> float:
    begun = time.perf_counter()
    report = surefoot.run(plan, home=folder)
    taken = time.perf_counter() - begun
    assert report["outcome"] == "completed"
    return taken
