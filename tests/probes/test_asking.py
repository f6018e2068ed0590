"""`file` and `run` probes, and the repetition."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import FileProbe, FunctionProbe, Probe, RunProbe
from surefoot.probes import Subject, ask

APPLIED, NOT_APPLIED, UNKNOWN = Applied
CONTENT_DIGEST = hashlib.sha256(b"content").hexdigest()


@pytest.fixture
def deployed(lane: Path) -> Path:
    """A file that an effect has left."""
    path = lane / "deployed"
    path.write_bytes(b"content")
    return path


@pytest.mark.parametrize(
    ("path", "sha256", "answer"),
    [
        ("deployed", None, APPLIED),
        ("deployed", CONTENT_DIGEST.upper(), APPLIED),
        ("deployed", "0" * 64, UNKNOWN),
        ("missing", None, NOT_APPLIED),
        ("missing", CONTENT_DIGEST, NOT_APPLIED),
        ("deployed/below", None, NOT_APPLIED),
        (".", None, APPLIED),
        (".", CONTENT_DIGEST, UNKNOWN),
        ("x" * 300, None, UNKNOWN),
        ("nul\0", None, UNKNOWN),
    ],
)
async def test_a_file_shows_an_effect(
    commands: Any, deployed: Path, path: str, sha256: str | None, answer: Applied
) -> None:
    """It exists or it does not; with other content, or where it cannot be read, nothing is known."""
    assert (await ask(Probe(ask=FileProbe(path=path, sha256=sha256)), commands)).answer is answer


async def test_a_file_may_lie_outside_the_lane(commands: Any, tmp_path: Path) -> None:
    """Most effects do."""
    assert (await ask(Probe(ask=FileProbe(path=str(tmp_path))), commands)).answer is APPLIED


@pytest.mark.parametrize(
    ("command", "answer"),
    [("true", APPLIED), ("false", NOT_APPLIED), ("exit 2", UNKNOWN), ("kill -9 $$", UNKNOWN), ("nowhere", UNKNOWN)],
)
async def test_a_command_says_it_by_its_exit_status(commands: Any, command: str, answer: Applied) -> None:
    """0 and 1 only; a probe that breaks is unknown."""
    assert (await ask(Probe(ask=RunProbe(command=command)), commands)).answer is answer


async def test_a_command_asks_with_network_and_outside_the_sandbox(commands: Any) -> None:
    """It looks at the world, not at the lane; what it prints is evidence."""
    reply = await ask(Probe(ask=RunProbe(command="echo seen")), commands)
    assert (commands.asked[0].network, commands.asked[0].confine) == (True, False)
    assert (commands.load(reply.evidence), reply.text) == (b"seen\n", "exit status 0: seen")


async def test_a_command_that_is_confined_asks_without_a_way_out(commands: Any) -> None:
    """As a body is; so are the probes that models write."""
    await ask(Probe(ask=RunProbe(command="true", confine=True)), commands)
    assert (commands.asked[0].network, commands.asked[0].confine) == (False, True)


async def test_a_command_is_told_what_it_asks_about(commands: Any) -> None:
    """The step, and the key under which the effect was to happen."""
    probe = Probe(ask=RunProbe(command="echo $SUREFOOT_STEP $SUREFOOT_IDEMPOTENCY_KEY"))
    reply = await ask(probe, commands, subject=Subject(step="pay", key="run:pay"))
    assert reply.text == "exit status 0: pay run:pay"


async def test_every_kind_is_asked_again_while_there_is_time(commands: Any, lane: Path, clock: Any) -> None:
    """A function of the program stands for them all."""
    clock.meanwhile = lambda count: (lane / "late").touch() if count == 2 else None

    async def function() -> bool:
        return "late" in os.listdir(lane)  # noqa: PTH208 - no path is walked, and nothing waits for it

    probe = Probe(ask=FunctionProbe(name="f"), within_s=60)
    assert (await ask(probe, commands, subject=Subject(function=function), clock=clock)).answer is APPLIED
    assert len(clock.waits) == 2


async def test_not_applied_is_not_believed_before_the_time_is_over(commands: Any, lane: Path, clock: Any) -> None:
    """An effect that is still on its way is waited for."""
    clock.meanwhile = lambda count: (lane / "late").touch() if count == 3 else None
    reply = await ask(Probe(ask=FileProbe(path="late"), within_s=60), commands, clock=clock)
    assert (reply.answer, len(clock.waits)) == (APPLIED, 3)


async def test_when_the_time_is_over_the_last_answer_counts(commands: Any, clock: Any) -> None:
    """The last asking is at the very end."""
    reply = await ask(Probe(ask=FileProbe(path="never"), within_s=60), commands, clock=clock)
    assert (reply.answer, clock.time) == (NOT_APPLIED, 1060.0)


@pytest.mark.parametrize("moved", [86_400.0, -86_400.0], ids=["forward", "back"])
async def test_a_clock_that_is_set_changes_nothing_about_the_time_of_a_probe(
    commands: Any, clock: Any, moved: float
) -> None:
    """Set forward, it would have ended the asking before the effect could show."""
    clock.meanwhile = lambda count: setattr(clock, "moved", moved) if count == 2 else None
    reply = await ask(Probe(ask=FileProbe(path="never"), within_s=60), commands, clock=clock)
    assert (reply.answer, clock.elapsed()) == (NOT_APPLIED, pytest.approx(1060.0))


async def test_a_probe_without_time_is_asked_once(commands: Any, clock: Any) -> None:
    """`within` is what asks for patience."""
    assert (await ask(Probe(ask=FileProbe(path="never")), commands, clock=clock)).answer is NOT_APPLIED
    assert clock.waits == []


async def test_the_waits_grow_up_to_five_seconds(commands: Any, clock: Any) -> None:
    """Quick answers are seen quickly, slow ones are not hammered at."""
    await ask(Probe(ask=FileProbe(path="never"), within_s=60), commands, clock=clock)
    assert [round(wait, 3) for wait in clock.waits[:3]] == [0.2, 0.3, 0.45]
    assert max(clock.waits) == pytest.approx(5.0)
