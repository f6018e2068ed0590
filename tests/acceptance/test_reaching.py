"""What a plan may give a step beyond its lane: the loopback, sockets of the host, and no sandbox at all.

Real programs, a real repository. Read `tests/sandbox` for what each rung holds.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from surefoot.sandbox.landlock import landlock_abi

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
ASK = "import socket, sys; s = socket.socket({family}); s.connect({place}); print(s.makefile().read())"
LANDLOCK = pytest.param(
    "landlock", marks=pytest.mark.skipif(landlock_abi() == 0, reason="this kernel has no Landlock, or it is off")
)


def say_hello(listener: socket.socket) -> None:
    """Greet whoever connects, until the listener is closed."""
    while True:
        try:
            end, _ = listener.accept()
        except OSError:
            return
        with end:
            end.sendall(b"hello")


@pytest.fixture
def port() -> Iterator[int]:
    """Serve on this machine's loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=say_hello, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def agent(stage: Stage) -> Iterator[str]:
    """Serve on a socket in the file system."""
    path = str(stage.folder / "agent")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        threading.Thread(target=say_hello, args=(listener,), daemon=True).start()
        yield path
        listener.shutdown(socket.SHUT_RDWR)


def plan_of(run: str, *keys: str) -> str:
    """Return a plan of one step that asks its checks about its file."""
    lines = [f"    {key}" for key in keys]
    return "\n".join(["goal: g", "steps:", "  - id: a", f"    run: {run}", *lines])


def asking(family: str, place: str) -> str:
    """Return a command that prints what is said at a place."""
    script = ASK.format(family=f"socket.{family}", place=place).replace("'", "\\'")
    return f"""'{sys.executable} -c "{script}" > said.txt'""".replace("\\'", "''")


def test_a_step_reaches_the_hosts_loopback_when_it_says_so(stage: Stage, port: int) -> None:
    """It needs no effect of its own; the report lists it."""
    done = stage.run(plan_of(asking("AF_INET", f"('127.0.0.1', {port})"), "network: loopback"), "--json")
    assert (done.code, stage.git("show", f"surefoot/{RUN}:said.txt")) == (0, "hello")
    assert [(one["step"], one["network"]) for one in done.json["reach"]] == [("a", "loopback")]


def test_a_socket_is_reached_by_the_variable_that_names_it(stage: Stage, agent: str) -> None:
    """The command gets the variable, too, though no other of the environment."""
    run = asking("AF_UNIX", "__import__('os').environ['SSH_AUTH_SOCK']")
    plan = plan_of(run, "sockets: [$SSH_AUTH_SOCK]", "effect: reversible")
    done = stage.say("run", stage.plan(plan), "--run-id", RUN, "--yes", env={"SSH_AUTH_SOCK": agent})
    assert (done.code, stage.git("show", f"surefoot/{RUN}:said.txt")) == (0, "hello")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("/nowhere/docker.sock", "there is no socket at /nowhere/docker.sock; start what listens there"),
        ("$NO_SUCH_SOCK", "NO_SUCH_SOCK is not set in the environment Surefoot was started in"),
        ("/etc/hostname", "there is no socket at /etc/hostname"),
    ],
)
def test_a_missing_socket_is_named_and_no_run_is_made(stage: Stage, word: str, told: str) -> None:
    """M127: the step would surely fail."""
    done = stage.run(plan_of("touch ran.txt", f"sockets: ['{word}']", "effect: reversible"))
    assert (done.code, "plan.yaml:3:9: step a: " in done.err, told in done.err) == (2, True, True)


def test_a_socket_that_a_step_before_has_not_made_fails_the_attempt(stage: Stage) -> None:
    """A step outside the sandbox could have made it. Trying again would not help; the command is not run without it."""
    first = "  - {id: first, run: 'true', confine: false, effect: reversible}"
    second = "  - {id: a, needs: [first], run: touch ran.txt, sockets: [/nowhere.sock], effect: reversible}"
    done = stage.run(f"goal: g\nsteps:\n{first}\n{second}\n", "--json")
    step = done.json["steps"][1]
    assert (step["state"], step["attempts"]) == ("failed", 1)
    assert "there is no socket at /nowhere.sock" in step["reason"]


def test_an_approval_shows_the_ways_out_and_the_sandbox(stage: Stage, agent: str) -> None:
    """Before anything runs."""
    plan = plan_of("'true'", f"sockets: [{agent}]", "network: loopback", "effect: irreversible", "undo: '-'")
    said = stage.run(plan).out
    assert "uses servers on this machine's loopback" in said
    assert f"uses sockets of the host: {agent}" in said
    assert "  sandbox: " in said


def test_a_check_without_the_sandbox_writes_anywhere(stage: Stage) -> None:
    """Its neighbour does not; both findings and report name it."""
    touch = f"touch {stage.folder}/made"
    checks = f'checks: [{{run: "{touch}", confine: false, name: outside}}, {{run: "! {touch}", name: inside}}]'
    done = stage.run(plan_of("echo x > x.txt", checks), "--json")
    if done.json["rung"] == "plain":
        pytest.skip("this machine holds checks to nothing")
    assert (done.code, [one["check"] for one in done.json["reach"]]) == (0, ["outside"])
    assert "Its check 'outside' runs outside the sandbox" in str(done.json["findings"])


@pytest.mark.parametrize("rung", [LANDLOCK, "plain"])
def test_a_run_on_a_lesser_rung_completes_and_says_so(stage: Stage, rung: str) -> None:
    """In what it prints at the start, and in its report."""
    done = stage.say("run", stage.plan("edit"), "--run-id", RUN, env={"SUREFOOT_RUNG": rung})
    assert (done.code, f"Sandbox {rung}: " in done.out, f"sandbox {rung}" in done.out) == (0, True, True)
    assert stage.say("report", RUN, "--json").json["rung"] == rung


@pytest.mark.skipif(landlock_abi() == 0, reason="this kernel has no Landlock, or it is off")
def test_doctor_names_landlocks_version_and_what_it_covers(stage: Stage) -> None:
    """It is a note, not a problem: runs can do with it."""
    said = stage.say("doctor", "--json", env={"SUREFOOT_RUNG": "landlock"})
    (answer,) = [one for one in said.json["answers"] if one["name"] == "sandbox"]
    assert answer["verdict"] == "note"
    assert f"ABI {landlock_abi()}, forced by SUREFOOT_RUNG; refused: writing outside" in answer["text"]


def test_the_long_report_lists_every_way_out(stage: Stage) -> None:
    """In words; the short one at the end of a run leaves it out."""
    ran = stage.run(plan_of("'true'", "confine: false", "effect: read"))
    told = stage.say("report", RUN).out
    assert "With a way out of the lane\n  open  a  runs outside the sandbox\n" in told
    assert "With a way out" not in ran.out.rpartition("Run ")[2]
