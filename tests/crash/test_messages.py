"""Messages to agents of runs that are killed: each is read once by the conversation that goes on."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.events import ModelRequested, ModelResponded
from surefoot.core.ids import RunId

if TYPE_CHECKING:
    from conftest import Setting, Stage

POINTS = [
    pytest.param(f"{point}:{number}", marks=() if (point, number) == ("talk.ask.after", 2) else pytest.mark.slow)
    for point in ("talk.ask.before", "talk.ask.streamed", "talk.ask.after", "tool.write.before", "tool.write.after")
    for number in (1, 2)
] + [pytest.param(f"tool.end.{end}:1", marks=pytest.mark.slow) for end in ("before", "after")]


def answered(stage: Stage) -> list[tuple[str, int, tuple[str, ...]]]:
    """Return which requests that held messages have a reply, in order."""
    found: list[tuple[str, int, tuple[str, ...]]] = []
    asked: dict[str, ModelRequested] = {}
    with api.Home(stage.home) as home:
        for event in (one.event for one in api.events(home, RunId(stage.run))):
            if isinstance(event, ModelRequested):
                asked[event.step] = event
            elif isinstance(event, ModelResponded) and asked[event.step].messages:
                found.append((event.step, event.turn, asked[event.step].messages))
    return found


@pytest.mark.parametrize("now", [False, True])
@pytest.mark.parametrize("point", POINTS)
def test_a_message_to_a_killed_run_is_read_once_though_it_is_killed_again(
    setting: Setting, point: str, now: bool
) -> None:
    """Killed, told, killed in the request that holds the message: one request with a reply holds it, and that once."""
    stage = setting("agent")
    assert stage.killed(point) == -signal.SIGKILL
    with api.Home(stage.home) as home:
        api.tell(home, RunId(stage.run), "Go on like this.", step="edits", now=now)
    assert stage.killed("talk.ask.after:1") == -signal.SIGKILL
    verified = stage.verified()
    assert (stage.work().code, stage.wrongs(verified)) == (0, [])
    [(step, _, messages)] = answered(stage)
    assert (step, len(messages), stage.state().outcome) == ("edits", 1, "completed")
