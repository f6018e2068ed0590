"""Whole runs with a real model that can hardly do anything: whatever it says, and whatever dies meanwhile.

What the model does is not foreseen; how a run ends, and that nothing is left of it, is. Read
`tests/models/test_local_servers.py` for the servers themselves.
"""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.models.small_model import fetched, is_asked, servers_below
from tests.programs import Program

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLAN = """
goal: Say two
steps:
  - id: fix
    agent: {do: Write two into a.txt., turns: 2}
    writes: [a.txt]
    retry: {maximum_attempts: 1}
    on_failure: block
    checks: [{run: grep -q two a.txt, expect: fail_to_pass}]
"""
ENDED = {0, 3, 4, 5}
"""Verified, or honestly not."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def command(stage: Stage) -> list[str]:
    """Return the words that start such a run."""
    found = fetched()
    if isinstance(found, str):
        pytest.skip(found)
    (stage.folder / "surefoot.toml").write_text("[models]\noutput_tokens = 96\n")
    stage.env["SUREFOOT_CONFIG"] = str(stage.folder / "surefoot.toml")
    return ["run", stage.plan(PLAN), "--run-id", RUN, "--model", f"local:{found}"]


def asked(program: Program) -> int:
    """Wait until the program's model is at work on a reply, and return its server."""
    while True:
        assert program.is_running, program.wait().out
        if servers := [pid for pid in servers_below(program.pid) if is_asked(pid)]:
            return servers[0]
        time.sleep(0.02)


def wait_gone(server: int) -> None:
    """Wait until a process that was killed, or told to end, has; the test's own time limit ends a wait in vain."""
    select.select([server], [], [])
    os.close(server)


def report(stage: Stage) -> tuple[int, str]:
    """Return how many steps are in a final state, and the report."""
    told = stage.say("report", RUN, "--json").json
    return sum(step["state"] in {"verified", "failed", "skipped"} for step in told["steps"]), told["outcome"]


def test_a_weak_model_ends_in_a_report(stage: Stage, command: list[str]) -> None:
    """Its step is verified or failed with a reason, and no server is left."""
    with stage.begin(*command) as program:
        server = os.pidfd_open(asked(program))
        assert program.wait().code in ENDED
    wait_gone(server)
    assert report(stage)[0] == 1


def test_a_server_killed_in_mid_reply_does_not_end_the_run(stage: Stage, command: list[str]) -> None:
    """The fault is told, another server is started, and the same turn asked for again."""
    with stage.begin(*command) as program:
        os.kill(asked(program), signal.SIGKILL)
        program.hear("turn 1 brought no usable reply, unavailable")
        program.hear("asked again in")
        second = os.pidfd_open(asked(program))
        assert program.wait().code in ENDED
    wait_gone(second)
    assert report(stage)[0] == 1


def test_an_engine_killed_in_mid_reply_goes_on(stage: Stage, command: list[str]) -> None:
    """Its server ends with it; `resume` starts another one, and the lost reply stays reserved."""
    with stage.begin(*command) as program:
        first = os.pidfd_open(asked(program))
        program.kill()
    wait_gone(first)
    assert stage.say("resume", RUN).code in ENDED
    assert report(stage)[0] == 1
    assert stage.say("cost", RUN, "--json").json["total"]["requests"] >= 2
