"""Services of an engine that is killed: nothing of them lives on, and their ports are free."""

from __future__ import annotations

import signal
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.events import ServiceReady
from surefoot.core.ids import RunId

if TYPE_CHECKING:
    from conftest import Setting, Stage

SERVE = "import socket,time; s=socket.create_server(('127.0.0.1', $SUREFOOT_PORT_DB)); time.sleep(300)"
ASK = "import socket; socket.create_connection(('127.0.0.1', $SUREFOOT_PORT_DB))"
PLAN = f"""
goal: Work beside a service
services:
  db:
    run: trap "" TERM HUP; {sys.executable} -c "{SERVE}" & wait
    ready: {sys.executable} -c "{ASK}"
steps:
  - id: hold
    uses: [db]
    run: |
      echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran
      {sys.executable} -c "{ASK}"
      test $(grep -c hold $SUREFOOT_MEETING/ran) -ge 2 && exit 0
      echo begun; sleep 300
"""


def ports(stage: Stage) -> list[int]:
    """Return the ports that were chosen for services so far."""
    with api.Home(stage.home) as home:
        events = [recorded.event for recorded in api.events(home, RunId(stage.run))]
    return [event.port for event in events if isinstance(event, ServiceReady)]


@pytest.mark.parametrize("rung", ["plain", pytest.param("", marks=pytest.mark.slow)])
def test_a_service_of_a_killed_engine_does_not_survive_the_resume(setting: Setting, rung: str) -> None:
    """Its guard ends it, children that ignore signals included; the next attempt has one of its own."""
    stage = setting(PLAN)
    with stage.begin({"SUREFOOT_RUNG": rung}) as engine:
        engine.hear("hold: begun")
        engine.kill()
    assert (stage.work({"SUREFOOT_RUNG": rung}).said["outcome"], stage.wrongs()) == ("completed", [])
    assert len(set(ports(stage))) == 2


def test_the_port_of_a_service_is_free_once_its_engine_was_killed_and_the_run_resumed(setting: Setting) -> None:
    """On the plain rung it is a port of the whole machine."""
    stage = setting(PLAN)
    with stage.begin({"SUREFOOT_RUNG": "plain"}) as engine:
        engine.hear("hold: begun")
        engine.kill()
    stage.work({"SUREFOOT_RUNG": "plain"})
    with socket.create_server(("127.0.0.1", ports(stage)[0])) as server:
        assert server.getsockname()[1] == ports(stage)[0]


def test_an_interrupted_run_leaves_no_service(setting: Setting) -> None:
    """A pause that ends what runs ends what runs beside it."""
    stage = setting(PLAN)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        engine.send(signal.SIGINT)
        engine.hear("pause_requested")
        engine.send(signal.SIGINT)
        engine.wait()
    assert stage.left_over() == []
