"""What the tests of the probes share: a lane, commands that really run in it, and a clock without waiting."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class SteppingClock:
    """Time passes only when somebody waits; what happens in the world meanwhile can be told."""

    def __init__(self) -> None:
        """Begin at an arbitrary time."""
        self.time = 1000.0
        self.moved = 0.0
        """By how much somebody has set the clock forward."""
        self.waits: list[float] = []
        self.meanwhile: Callable[[int], None] = lambda _: None

    def now(self) -> float:
        """Return the time."""
        return self.time + self.moved

    def elapsed(self) -> float:
        """Return the time that has passed, whatever the clock was set to."""
        return self.time

    async def wait_until(self, due: float) -> None:
        """Let the time pass and the world go on."""
        self.waits.append(due - self.now())
        self.time = due - self.moved
        self.meanwhile(len(self.waits))


@pytest.fixture
def clock() -> SteppingClock:
    """A clock without waiting."""
    return SteppingClock()


@pytest.fixture
def lane(tmp_path: Path) -> Path:
    """An empty lane."""
    folder = tmp_path / "lane"
    folder.mkdir()
    return folder


@pytest.fixture
def commands(lane: Path) -> Any:
    """The commands of the checks' tests, in this lane."""
    place = Path(__file__).parents[1] / "checks" / "conftest.py"
    spec = importlib.util.spec_from_file_location("real_commands", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # The dataclasses in it look their module up by name.
    sys.modules["real_commands"] = module
    spec.loader.exec_module(module)
    return module.RealCommands(lane)
