"""What a lane or a function answers that cannot be read as it should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Status
from surefoot.core.plan import FunctionBody, Prepare
from surefoot.workers.run_context import FunctionRegistry
from tests.workers.conftest import SPEC, Lane


@pytest.mark.parametrize("said", ["[1, 2]", "[broken", "{}"])
def test_a_python_that_answers_oddly_keeps_no_lane_from_being_made(lane: Lane, checkout: Path, said: str) -> None:
    """It tells nothing of where imports come from, and a program of the project's may go by that name."""
    make = f"mkdir .bin; printf '#!/bin/sh\\necho \"{said}\"\\n' > .bin/python; chmod +x .bin/python"
    lane.context.plan = replace(lane.context.plan, prepare=Prepare(run=make, path=(".bin",)))
    lane.context.source = checkout
    opened = lane.perform(do.OpenLane(lane="0", commit=lane.context.space.base, fresh=True))
    assert isinstance(opened, ev.LaneReady), opened


def round_about() -> object:
    """Return a list that holds itself."""
    found: list[object] = []
    found.append(found)
    return found


def deep() -> object:
    """Return a list that nests too deeply to be shown."""
    found: list[object] = []
    for _ in range(10**5):
        found = [found]
    return found


@pytest.mark.parametrize("returned", [{(1, 2): [3]}, round_about(), deep()], ids=["keys", "round", "deep"])
def test_a_function_that_returns_what_json_cannot_hold_has_ended_well(lane: Lane, returned: object) -> None:
    """What it did is done; that its result cannot be written down is no failure of it."""

    async def body(_: Any) -> object:
        return returned

    lane.context.functions = FunctionRegistry(bodies={SPEC.id: body})
    spec = replace(SPEC, body=FunctionBody(name="body"))
    finished = lane.perform(do.RunStep(step=SPEC.id, attempt=1, lane="0", spec=spec, key="k"))
    assert finished.ending.status is Status.OK
