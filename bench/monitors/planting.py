"""Loops planted into traces: real calls that come again, and calls that come again with other results."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from surefoot.core.agent_acts import Act

ROUNDS = 3


def with_loop(acts: Sequence[Act], period: int, seed: str, *, polls: bool = False) -> tuple[Act, ...] | None:
    """Return the acts with some of their calls repeated at once, as often as makes three rounds; None: too few calls.

    With `polls` each round brings other results, as of something that is waited for.
    """
    dice = random.Random(seed)  # noqa: S311 - to be repeated
    ends = [end for end in range(period, len(acts) + 1) if _is_loop(acts[end - period : end])]
    if not ends:
        return None
    end = dice.choice(ends)
    made = list(acts[:end])
    for number in range(1, ROUNDS):
        made += [
            replace(one, given=f"{one.given} {number}" if polls else one.given) for one in acts[end - period : end]
        ]
    return tuple(replace(act, at=at, turn=at + 1) for at, act in enumerate(made))


def _is_loop(acts: Sequence[Act]) -> bool:
    """Tell whether to do this again would be a loop: calls with results, none of which waits."""
    return all(act.tool and act.given and not act.is_waiting for act in acts)
