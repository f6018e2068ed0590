"""Commands that share a network of their own, and commands that are ended by a word."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from surefoot.masking import Masker
from surefoot.sandbox import (
    CommandResult,
    CommandSpec,
    LaneNetwork,
    Rung,
    command_environment,
    open_network,
    run_command,
)

Run = Callable[..., Awaitable[CommandResult]]
SERVE = "import socket; s = socket.create_server(('127.0.0.1', 8421)); print('up', flush=True); s.accept()[0].close()"
ASK = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5); print('reached')"


@pytest.fixture
def network(bubblewrap: Rung) -> Iterator[LaneNetwork]:
    """Open a network."""
    opened = open_network()
    yield opened
    opened.close()


async def reach(run: Run, port: int, network: LaneNetwork | None) -> str:
    """Say whether a server can be reached from inside a network."""
    namespaces = () if network is None else network.namespaces
    return (await run(sys.executable, "-c", ASK, str(port), namespaces=namespaces)).tail.strip()


async def test_commands_in_one_network_meet(run: Run, network: LaneNetwork, tmp_path: Path) -> None:
    """A server that one command opened answers another."""
    env, up = command_environment(os.environ), asyncio.Event()
    place = {"cwd": tmp_path, "writable": (tmp_path,), "namespaces": network.namespaces}
    spec = CommandSpec(argv=(sys.executable, "-c", SERVE), env=env, timeout_s=60, **place)
    serving = asyncio.create_task(
        run_command(spec, spool=tmp_path / "server", masker=Masker(()), on_line=lambda _: up.set())
    )
    await up.wait()
    assert (await reach(run, 8421, network), (await serving).exit_code) == ("reached", 0)


async def test_a_shared_network_is_not_the_hosts(run: Run, network: LaneNetwork) -> None:
    """What listens on the host's loopback cannot be reached from it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert "refused" in await reach(run, server.getsockname()[1], network)


async def test_a_command_inherits_no_way_back(run: Run, network: LaneNetwork) -> None:
    """The descriptors it entered by are closed."""
    result = await run("sh", "-c", "ls -l /proc/self/fd", namespaces=network.namespaces)
    assert (result.exit_code, "net:" in result.tail) == (0, False)


async def test_a_command_can_be_ended_by_a_word_and_keeps_what_it_said(tmp_path: Path, rung: Rung) -> None:
    """That is a result, as its own end would be."""
    until, env = asyncio.get_running_loop().create_future(), command_environment(os.environ)
    place = {"cwd": tmp_path, "writable": (tmp_path,)}
    spec = CommandSpec(argv=("sh", "-c", "echo up; exec sleep 300"), env=env, timeout_s=None, **place)

    def end(_: str) -> None:
        until.set_result(None)

    result = await run_command(spec, spool=tmp_path / "spool", masker=Masker(()), on_line=end, until=until)
    assert (result.signal, result.timed_out, result.interrupted, result.tail) == (15, False, False, "up\n")


async def test_only_so_much_is_kept_of_what_is_printed(run: Run, rung: Rung) -> None:
    """The beginning is stored; the end can be told all the same."""
    result = await run("sh", "-c", "echo beginning; head -c 9999 /dev/zero | tr '\\0' x; echo end", output_max=12)
    assert (result.output.read_text("utf-8"), result.tail[-4:]) == ("beginning\nxx", "end\n")
