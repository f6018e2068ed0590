"""`process` probes against real processes."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import Probe, ProcessProbe
from surefoot.probes import ProbeReply, ask, process_probe

APPLIED, NOT_APPLIED, UNKNOWN = Applied
MARK = f"mark-{secrets.token_hex(8)}"
"""Each program that runs tests has its own, and so the names of the tests must not hold it."""


def without_mark(value: object) -> str:
    """Name a case alike in all programs that run tests."""
    return str(value).replace(MARK, "MARK").replace(MARK[-4:], "END")


"""A word in the command line of no other process of this machine."""
ASKS_ITSELF = """
import sys
from pathlib import Path
from surefoot.core.probe_kinds import ProcessProbe
from surefoot.probes.process_probe import ask_process
print(ask_process(ProcessProbe(pattern=sys.argv[1]), Path("/")).answer)
"""


@pytest.fixture
def server() -> Iterator[subprocess.Popen[bytes]]:
    """A process with the mark, and with an argument that nobody else should see."""
    command = [sys.executable, "-c", "print(1, flush=True); input()", "serve", MARK, "--password=hidden"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture
def asked(commands: Any) -> Any:
    """Ask about processes."""

    async def about(pattern: str, pid_file: str | None = None) -> ProbeReply:
        return await ask(Probe(ask=ProcessProbe(pattern=pattern, pid_file=pid_file)), commands)

    return about


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        (MARK, APPLIED),
        (f"serve {MARK}", APPLIED),
        (f"python.* serve mark-[0-9a-f]+ --pass.*{MARK[-4:]}|{MARK}", APPLIED),
        (f"^serve {MARK}", NOT_APPLIED),
        (f"{MARK}x", NOT_APPLIED),
        ("[", UNKNOWN),
    ],
    ids=without_mark,
)
async def test_a_command_line_that_fits_is_applied(asked: Any, server: Any, pattern: str, answer: Applied) -> None:
    """It is searched as one text; what is no regular expression says nothing."""
    assert (await asked(pattern)).answer is answer


async def test_a_command_line_is_not_shown(asked: Any, server: Any) -> None:
    """Passwords stand in it; the process is named by its id."""
    reply = await asked(MARK)
    assert (str(server.pid) in reply.text, "hidden" in reply.text) == (True, False)


async def test_a_process_that_has_ended_is_not_applied(asked: Any, server: Any) -> None:
    """Even while nobody has taken notice of its end."""
    server.stdin.close()
    server.stdout.read()
    assert (await asked(MARK)).answer is NOT_APPLIED


@pytest.mark.parametrize(
    ("content", "pattern", "answer"),
    [
        ("PID\n", MARK, APPLIED),
        ("PID", "something else", NOT_APPLIED),
        ("999999999", MARK, NOT_APPLIED),
        ("", MARK, UNKNOWN),
        ("soon", MARK, UNKNOWN),
        (None, MARK, UNKNOWN),
        (None, f"{MARK}x", NOT_APPLIED),
    ],
    ids=without_mark,
)
async def test_a_file_may_name_the_process(
    asked: Any, lane: Path, server: Any, content: str | None, pattern: str, answer: Applied
) -> None:
    """Only that one counts; a number that was given to another since then is no effect."""
    if content is not None:
        (lane / "it.pid").write_text(content.replace("PID", str(server.pid)), "utf-8")
    assert (await asked(pattern, "it.pid")).answer is answer


def test_who_asks_does_not_count() -> None:
    """Neither the process itself nor those that have started it, though the words stand in their command lines."""
    word = f"{MARK}-asking"
    command = ["sh", "-c", '"$0" -c "$1" "$2"; true', sys.executable, ASKS_ITSELF, word]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "not_applied\n"


async def test_where_processes_are_not_shown_nothing_is_known(
    asked: Any, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another system than Linux, or one that hides those of others."""
    monkeypatch.setattr(process_probe, "_PROC", tmp_path)
    assert (await asked(MARK)).answer is UNKNOWN
