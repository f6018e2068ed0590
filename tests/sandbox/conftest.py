"""What the tests of the sandbox share: a rung, a way to run a command, and a look at what is alive."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from surefoot.errors import UsageError
from surefoot.masking import Masker
from surefoot.sandbox import CommandResult, CommandSpec, Rung, command_environment, detect_rung, run_command, sweep


def use_rung(name: str, monkeypatch: pytest.MonkeyPatch) -> Rung:
    """Force a rung, or skip where this machine does not offer it."""
    monkeypatch.setenv("SUREFOOT_RUNG", name)
    try:
        return detect_rung()
    except UsageError as error:
        pytest.skip(str(error))


@pytest.fixture(params=["bubblewrap", "landlock", "plain"])
def rung(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Rung:
    """Run the test once on each rung."""
    return use_rung(request.param, monkeypatch)


@pytest.fixture
def bubblewrap(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """Run the test on the bubblewrap rung only."""
    return use_rung("bubblewrap", monkeypatch)


@pytest.fixture
def landlock(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """Run the test on the Landlock rung only."""
    return use_rung("landlock", monkeypatch)


@pytest.fixture(params=["bubblewrap", "landlock"])
def confining(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Rung:
    """Run the test on each rung that refuses to write outside."""
    return use_rung(request.param, monkeypatch)


@pytest.fixture
def mark() -> Iterator[str]:
    """Give a mark that no other command has, and end what still carries it."""
    name = f"test/{uuid.uuid4().hex}"
    yield name
    sweep(name)


@pytest.fixture
def run(tmp_path: Path, mark: str) -> Callable[..., Awaitable[CommandResult]]:
    """Run commands in the test's own folder, which they may write; named are the differences from the usual spec."""

    async def _run(
        *argv: str, secrets: tuple[str, ...] = (), on_line: Callable[[str], None] | None = None, **changed: Any
    ) -> CommandResult:
        usual: dict[str, Any] = {
            "argv": argv,
            "cwd": tmp_path,
            "env": command_environment(os.environ),
            "timeout_s": 60.0,
            "writable": (tmp_path,),
            "mark": mark,
        }
        spec = CommandSpec(**(usual | changed))
        return await run_command(spec, spool=tmp_path / "spool", masker=Masker(secrets), on_line=on_line)

    return _run


@pytest.fixture
def alive() -> Callable[[str], set[int]]:
    """Find the processes that carry a mark, or one that begins with it; one that has ended has no environment."""

    def _alive(mark: str) -> set[int]:
        found: set[int] = set()
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and f"SUREFOOT_EFFECT={mark}".encode() in (entry / "environ").read_bytes():
                    found.add(int(entry.name))
            except OSError:
                continue
        return found

    return _alive


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Wait until something is so; a test that waits in vain is ended by its time limit."""

    async def _wait_for_retry(is_so: Callable[[], object]) -> None:
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in other processes.
            await asyncio.sleep(0.01)

    return _wait_for_retry
