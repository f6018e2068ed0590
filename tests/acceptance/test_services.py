"""Services beside steps: ready late or never, dying, stopped, resumed, apart from each other and from the world."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surefoot import api
from surefoot.core.events import ServiceEnded
from surefoot.core.ids import RunId

if TYPE_CHECKING:
    from conftest import Said, Stage

RUN = "20260101-abc123"
SAY = f"{sys.executable} $SUREFOOT_FILES/server.py"
PLAN = f"""
goal: Work beside a server
files: [server.py]
services:
  db:
    run: exec {SAY} serve
    ready: {SAY} ping
    EXTRA
limits: {{attempts: 2, parallel: PARALLEL}}
accept: ACCEPT
steps:
STEPS
"""
ONE = f"  - {{id: one, uses: [db], run: '{SAY} hello > one.txt'}}"
DYING = f"""  - id: one
    uses: [db]
    run: |
      {SAY} hello > one.txt
      test -e $SUREFOOT_MEETING/died || {{ touch $SUREFOOT_MEETING/died; {SAY} die || sleep 300; }}
"""


def serving(stage: Stage, steps: str, extra: str = "stop: 'true'", accept: str = "[]", parallel: int = 1) -> str:
    """Return a plan with the server as its service, the server beside it."""
    shutil.copy(Path(__file__).with_name("server.py"), stage.folder)
    text = PLAN.replace("STEPS", steps).replace("EXTRA", extra).replace("ACCEPT", accept)
    return text.replace("PARALLEL", str(parallel))


def run(stage: Stage, steps: str, **more: str | int) -> Said:
    """Run a plan with the server as its service."""
    return stage.run(serving(stage, steps, **more))  # type: ignore[arg-type]


def shown(stage: Stage, path: str) -> str:
    """Return a file of the run branch."""
    return stage.git("show", f"surefoot/{RUN}:{path}")


def test_a_step_waits_until_its_service_is_ready(stage: Stage) -> None:
    """However long that takes, as long as it is within the service's time."""
    said = run(stage, ONE, extra="env: {DELAY: '1.5'}")
    assert (said.code, shown(stage, "one.txt")) == (0, "1 in lane 1")


@pytest.mark.slow
def test_a_service_runs_on_for_later_steps_of_its_lane(stage: Stage) -> None:
    """It is started once, and remembers."""
    two = f"  - {{id: two, needs: [one], uses: [db], run: '{SAY} again > two.txt'}}"
    assert (run(stage, f"{ONE}\n{two}").code, shown(stage, "two.txt")) == (0, "2 in lane 1")


def test_a_service_that_never_gets_ready_fails_the_step_with_what_it_printed(stage: Stage) -> None:
    """After a finite number of attempts, each with its own start."""
    said = run(
        stage,
        ONE.replace("one, ", "one, retry: {initial_interval: 10ms}, "),
        extra="env: {DELAY: '300'}\n    timeout: 1s",
    )
    (step,) = stage.say("report", RUN, "--json").json["steps"]
    assert (said.code, step["state"], step["attempts"]) == (5, "failed", 2)
    assert "service db was not ready within 1 s: its `ready` command" in step["reason"]


@pytest.mark.slow
def test_a_service_that_ends_before_it_is_ready_says_why(stage: Stage) -> None:
    """Its last words are the reason."""
    run(stage, ONE.replace("one, ", "one, retry: {initial_interval: 10ms}, "), extra="cwd: .", accept="[]")
    text = serving(stage, ONE).replace(f"run: exec {SAY} serve", "run: echo out of memory; exit 7")
    said = stage.say("run", stage.plan(text), "--run-id", "20260101-bbbbbb")
    assert (said.code, "service db ended with exit status 7 before it was ready: out of memory" in said.out) == (
        5,
        True,
    )


def test_a_program_that_is_missing_is_not_tried_again(stage: Stage) -> None:
    """Another attempt would not find it either."""
    stage.run(serving(stage, ONE).replace(f"run: exec {SAY} serve", "run: no-such-server"))
    (step,) = stage.say("report", RUN, "--json").json["steps"]
    assert (step["state"], step["attempts"]) == ("failed", 1)


def test_a_service_that_dies_during_the_body_ends_the_attempt_and_the_next_gets_a_fresh_one(stage: Stage) -> None:
    """The body is not waited for, and the new service remembers nothing of the old."""
    said = run(stage, DYING)
    assert (said.code, shown(stage, "one.txt")) == (0, "1 in lane 1")
    assert "transient: service db ended with exit status 3: asked" in said.out


@pytest.mark.slow
def test_a_service_that_died_between_steps_is_started_again(stage: Stage) -> None:
    """Nobody used it then, so that no step has failed."""
    steps = f"""{ONE}
  - id: fall
    needs: [one]
    run: |
      touch $SUREFOOT_MEETING/fall; until test -e $SUREFOOT_MEETING/fallen; do sleep 0.02; done
      rm $SUREFOOT_MEETING/fall
    effect: read
  - {{id: two, needs: [fall], uses: [db], run: '{SAY} again > two.txt'}}"""
    assert (run(stage, steps).code, shown(stage, "two.txt")) == (0, "1 in lane 1")


def test_lanes_have_services_of_their_own(stage: Stage) -> None:
    """Two steps at once, each with a server that knows of one word only."""
    steps = "\n".join(
        f"""  - id: step-{name}
    uses: [db]
    writes: [{name}.out]
    run: |
      touch $SUREFOOT_MEETING/{name}; until test -e $SUREFOOT_MEETING/{other}; do sleep 0.02; done
      {SAY} {name} > {name}.out"""
        for name, other in ("xy", "yx")
    )
    assert run(stage, steps, parallel=2).code == 0
    assert sorted(shown(stage, f"{name}.out") for name in "xy") == ["1 in lane 1", "1 in lane 2"]


@pytest.mark.slow
def test_an_acceptance_check_has_its_services_before_and_after(stage: Stage) -> None:
    """In the clean lane, too, where nothing has spoken to the service before."""
    accept = f"[{{run: '{SAY} hello | grep -q \"^1 \"', uses: db, expect: pass_to_pass}}]"
    assert run(stage, "  - {id: one, run: echo one > one.txt}", accept=accept).code == 0


def test_an_acceptance_check_whose_service_cannot_start_ends_the_run(stage: Stage) -> None:
    """Nothing could be said about the goal; the reason is the service's."""
    accept = f"[{{run: '{SAY} hello', uses: db, expect: pass_to_pass}}]"
    text = serving(stage, "  - {id: one, run: echo one > one.txt}", accept=accept)
    said = stage.run(text.replace(f"run: exec {SAY} serve", "run: no-such-server"))
    assert (said.code, "service db ended with exit status 127 before it was ready" in said.out) == (5, True)


def test_the_stop_command_is_run_before_the_service_is_ended(stage: Stage) -> None:
    """It can still speak to the service, which is given the time to leave by itself."""
    run(stage, ONE, extra=f"stop: '{SAY} bye > $SUREFOOT_MEETING/bye; touch $SUREFOOT_MEETING/fall'")
    meeting = stage.meeting
    assert ((meeting / "bye").read_text("utf-8"), (meeting / "fallen").exists()) == ("2 in lane 1\n", True)


@pytest.mark.slow
def test_a_run_that_is_paused_stops_its_services_and_resumes_with_new_ones(stage: Stage) -> None:
    """What is kept in memory is gone; what has been verified is not done again."""
    hold = f"""{ONE}
  - {{id: hold, needs: [one], run: "until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done"}}
  - {{id: two, needs: [hold], uses: [db], run: '{SAY} again > two.txt'}}"""
    with stage.begin("run", stage.plan(serving(stage, hold)), "--run-id", RUN) as engine:
        engine.hear("verified   one")
        stage.say("pause")
        stage.go()
        assert engine.wait().code == 6
    assert (stage.say("resume").code, shown(stage, "two.txt")) == (0, "1 in lane 1")


def test_a_step_that_uses_a_service_gets_no_other_network(stage: Stage) -> None:
    """A server of the machine, on its own loopback, stays out of reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        reach = f"! timeout 5 bash -c '</dev/tcp/127.0.0.1/{port}'"
        said = run(stage, f"  - id: one\n    uses: [db]\n    run: |\n      {SAY} hello\n      {reach}\n")
    if "sandbox plain" in said.out:
        pytest.skip("nothing confines commands on this machine")
    assert said.code == 0


@pytest.mark.slow
def test_what_a_service_prints_is_stored_with_secrets_masked(stage: Stage) -> None:
    """A step may tell the service a secret, and the service may print it."""
    step = f"  - {{id: one, uses: [db], env_from: [TOKEN], run: '{SAY} $TOKEN'}}"
    stage.say("run", stage.plan(serving(stage, step)), "--run-id", RUN, env={"TOKEN": "tr0ub4dor-and-3"})
    with api.Home(stage.home) as home:
        events = api.events(home, RunId(RUN))
        (ended,) = [recorded.event for recorded in events if isinstance(recorded.event, ServiceEnded)]
        assert b"asked ***" in home.journal.blobs.get(ended.evidence)


@pytest.mark.slow
def test_a_real_redis_serves_the_steps_of_its_lane(stage: Stage) -> None:
    """Started, filled by one step, read by the next, shut down with the run."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("redis-server is not installed")
    text = """
    goal: Use a real server
    services:
      redis:
        run: exec redis-server --port "$SUREFOOT_PORT_REDIS" --bind 127.0.0.1 --dir "$HOME" --save ""
        ready: redis-cli -p "$SUREFOOT_PORT_REDIS" ping | grep -q PONG
        stop: redis-cli -p "$SUREFOOT_PORT_REDIS" shutdown
    steps:
      - {id: fill, uses: [redis], run: 'redis-cli -p "$SUREFOOT_PORT_REDIS" set word hello', effect: reversible}
      - {id: read, needs: [fill], uses: [redis], run: 'redis-cli -p "$SUREFOOT_PORT_REDIS" get word > word.txt'}
    """
    env = {"PATH": os.pathsep.join([str(Path(server).parent), os.environ["PATH"]])}
    said = stage.say("run", stage.plan(text), "--run-id", RUN, env=env)
    assert (said.code, shown(stage, "word.txt")) == (0, "hello")
    assert subprocess.run(["pgrep", "-f", "redis-server.*:0"], check=False).returncode == 1
