"""Kills at random times, several a run, no matter what is under way.

A failure prints its seed: `SUREFOOT_SOAK_SEED` repeats the choices, though the kills fall where the machine's speed
puts them. Read `test_matrix.py` for kills at named points.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Setting, Stage, Unkilled

SCENARIOS = ("read", "reversible", "idempotent", "irreversible", "groups", "rollback", "agent", "agents", "goal")
ROUNDS = 60
KILLS_MAX = 5
LONGEST_S = {"agent": 2.5, "agents": 2.5, "goal": 2.5}
"""No program lives longer before it is killed; else 1.2 s."""


def killed_at_random(stage: Stage, choice: random.Random, longest_s: float) -> dict[str, int]:
    """Work on the run, killed up to five times; return how often the bodies of verified steps had run at the kills."""
    verified: dict[str, int] = {}
    for _ in range(choice.randint(1, KILLS_MAX)):
        pid = stage.start()
        if not stage.launcher.has_ended(choice.uniform(0.0, longest_s)):
            os.kill(pid, signal.SIGKILL)
        stage.launcher.wait()
        verified = stage.verified() | verified
    return verified


@pytest.mark.slow
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_run_killed_at_random_ends_as_an_unkilled_one(
    number: int, setting: Setting, unkilled: Callable[[str], Unkilled]
) -> None:
    """Nothing lost, nothing twice, nothing of the user's touched."""
    seed = os.environ.get("SUREFOOT_SOAK_SEED") or f"{os.urandom(4).hex()}-{number}"
    choice = random.Random(seed)
    scenario = choice.choice(SCENARIOS)
    stage = setting(scenario)
    verified = killed_at_random(stage, choice, LONGEST_S.get(scenario, 1.2))
    ended = stage.work()
    assert ended.said.get("standing") == "ended", f"seed {seed}, {scenario}: {ended.out}"
    assert stage.wrongs(verified) == [], f"seed {seed}, {scenario}"
    assert stage.ending() == unkilled(scenario).ending, f"seed {seed}, {scenario}"
