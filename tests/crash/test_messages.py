"""Messages to agents of runs that are killed: each is read once by the conversation, or session, that goes on."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.events import ModelRequested, ModelResponded
from surefoot.core.ids import RunId

if TYPE_CHECKING:
    from conftest import Setting, Stage

POINTS = [
    pytest.param(f"{point}:{number}", marks=() if (point, number) == ("model.request.after", 2) else pytest.mark.slow)
    for point in (
        "model.request.before",
        "model.request.streamed",
        "model.request.after",
        "tool.write.before",
        "tool.write.after",
    )
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
    assert stage.killed("model.request.after:1") == -signal.SIGKILL
    verified = stage.verified()
    assert (stage.work().code, stage.wrongs(verified)) == (0, [])
    [(step, _, messages)] = answered(stage)
    assert (step, len(messages), stage.state().outcome) == ("edits", 1, "completed")


def prompts(stage: Stage) -> list[str]:
    """Return what the agent of others was told since its last session began."""
    rows = map(json.loads, (stage.meeting / "heard").read_text("utf-8").splitlines())
    told: list[str] = []
    for row in rows:
        told = [] if "cwd" in row else [*told, row["prompt"]] if "prompt" in row else told
    return told


@pytest.mark.parametrize("now", [False, True])
@pytest.mark.parametrize("point", ["agent.answer.before:1", pytest.param("agent.turn.over:1", marks=pytest.mark.slow)])
def test_a_session_begun_anew_holds_a_message_once(setting: Setting, point: str, now: bool) -> None:
    """Killed, told, killed when the turn with the message is over: the brief of the last session holds it once."""
    stage = setting("worker")
    assert stage.killed(point) == -signal.SIGKILL
    with api.Home(stage.home) as home:
        api.tell(home, RunId(stage.run), "Mind the gap.", step="edits", now=now)
    assert stage.killed("agent.turn.over:1") == -signal.SIGKILL
    assert (stage.work().code, stage.wrongs()) == (0, [])
    assert [prompt.count("Mind the gap.") for prompt in prompts(stage)] == [1]
    assert stage.git("show", f"surefoot/{stage.run}:b.txt") == "minded"


def test_an_urgent_message_survives_a_kill_before_the_turn_is_cancelled(setting: Setting) -> None:
    """It was decided that the turn shall end, and the agent never heard of it."""
    plan = Path(__file__).with_name("scenarios") / "worker.yaml"
    stage = setting(plan.read_text("utf-8").replace("say two once more", "Linger"))
    with stage.begin({"SUREFOOT_FAULT": "agent.cancel.before:1"}) as program:
        program.hear("session_reported edits")
        with api.Home(stage.home) as home:
            api.tell(home, RunId(stage.run), "Mind the gap.", step="edits", now=True)
        assert program.wait().code == -signal.SIGKILL
    assert (stage.work().code, stage.wrongs()) == (0, [])
    assert [prompt.count("Mind the gap.") for prompt in prompts(stage)] == [1]
