"""What reaches others is sent once, however the run is killed or fails, though the plan declares nothing of it.

Read `tests/core/test_recognised.py` for all the ways it can go.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.conftest import RUN

if TYPE_CHECKING:
    from conftest import Stage

BY_STEP = """
goal: Send it
steps:
  - id: send
    run: curl -sSf -X POST http://127.0.0.1:PORT/
    network: loopback
    effect: reversible
    retry: {maximum_attempts: 3, initial_interval: 0.1s}
"""
BY_AGENT = """
goal: Send it
steps:
  - id: send
    agent: Send it.
    network: loopback
    effect: reversible
    checks: [{file: a.txt, exists: true}]
"""
SCRIPT = """
- when: {turn: 1}
  calls:
    - tool: run
      arguments: {command: "curl -sSf -X POST http://127.0.0.1:PORT/ -H \\"Key: $SUREFOOT_IDEMPOTENCY_KEY\\""}
- when: {turn: 2}
  calls: [{tool: finish, arguments: {summary: It is sent., confidence: 0.9}}]
"""


class Counter:
    """A server that counts requests and answers each only when it is told to."""

    def __init__(self) -> None:
        """Serve on the loopback."""
        self.keys: list[str | None] = []
        self.status = 200
        self.asked, self.may_answer = threading.Event(), threading.Event()
        counter = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                counter.keys.append(self.headers.get("Key"))
                counter.asked.set()
                counter.may_answer.wait()
                self.send_response(counter.status, "Service Unavailable" if counter.status > 500 else "OK")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.daemon_threads = True

    def at(self, text: str) -> str:
        """Return the text with the server's port in it."""
        return text.replace("PORT", str(self.server.server_port))


@pytest.fixture
def counter() -> Iterator[Counter]:
    """Serve until the test is over."""
    counter = Counter()
    thread = threading.Thread(target=counter.server.serve_forever, args=(0.02,))
    thread.start()
    yield counter
    counter.may_answer.set()
    counter.server.shutdown()
    thread.join()
    counter.server.server_close()


def killed(stage: Stage, counter: Counter, *arguments: str) -> None:
    """Kill the program as soon as the server has the request, and have the run gone on with."""
    with stage.begin("run", *arguments, "--run-id", RUN, "--allow", "send") as program:
        assert counter.asked.wait(60), program.kill().out
        program.kill()
    counter.may_answer.set()
    stage.say("resume", RUN, "--allow", "send")


def test_a_post_of_a_step_that_was_killed_is_sent_once(stage: Stage, counter: Counter) -> None:
    """It is in doubt, and a person is asked, though the step is declared reversible (M70, M116)."""
    killed(stage, counter, stage.plan(counter.at(BY_STEP)))
    assert (len(counter.keys), stage.states()) == (1, {"send": "in_doubt"})
    stage.say("answer", f"{RUN}.1", "applied")
    stage.say("resume", RUN)
    assert (len(counter.keys), stage.states()) == (1, {"send": "verified"})


def test_a_post_that_failed_is_not_retried(stage: Stage, counter: Counter) -> None:
    """What looks as if it would pass may have arrived all the same (M116)."""
    counter.status = 503
    counter.may_answer.set()
    stage.run(counter.at(BY_STEP), "--allow", "send")
    assert (len(counter.keys), stage.states()) == (1, {"send": "in_doubt"})


def test_a_post_of_an_agent_that_was_killed_is_sent_once(stage: Stage, counter: Counter) -> None:
    """Under a key of its own; the agent is told what a person says of it (M70, M116)."""
    script = stage.folder / "play.yaml"
    script.write_text(counter.at(SCRIPT), "utf-8")
    killed(stage, counter, stage.plan(counter.at(BY_AGENT)), "--model", f"scripted:{script}")
    assert (len(counter.keys), stage.states()) == (1, {"send": "in_doubt"})
    stage.say("answer", stage.say("report", RUN, "--json").json["questions"][0]["id"], "applied")
    stage.say("resume", RUN)
    assert (len(counter.keys), stage.states()) == (1, {"send": "verified"})
    assert f"{counter.keys[0]}".startswith(f"{RUN}:send:")
