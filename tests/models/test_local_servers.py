"""A model in a file gets a server of its own, which is there while it is wanted and gone afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from surefoot.core.agent_types import Fault
from surefoot.models.local import CONTEXT_TOKENS_MAX, LocalServers, context_tokens_of, find_flaw
from surefoot.ports import ModelFault
from surefoot.sandbox.guard import descendants
from tests.models.small_model import kill_servers
from tests.programs import Program

ENGINE = """
import asyncio, sys
from pathlib import Path
from surefoot.models.local import LocalServers

async def main():
    print("up", await LocalServers().address(Path(sys.argv[1])), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
"""An engine that has a model at work and never ends by itself."""
WITHOUT_EXTRA = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from surefoot.models.local import find_flaw
print(find_flaw(Path("some.gguf")))
"""


def said_by(address: str, path: str) -> dict[str, object]:
    """Ask a server for a page."""
    with urllib.request.urlopen(f"{address}/{path}") as reply:  # noqa: S310 - it is our own server.
        return json.load(reply)


async def test_a_model_file_is_served_on_the_loopback(servers: LocalServers, model_file: Path) -> None:
    """At an address such as any compatible provider has."""
    address = await servers.address(model_file)
    assert isinstance(address, str)
    assert address.startswith("http://127.0.0.1:")
    assert "data" in await asyncio.to_thread(said_by, address, "models")


async def test_those_who_want_one_file_at_once_share_its_server(servers: LocalServers, model_file: Path) -> None:
    """One server a file, whoever asks first."""
    addresses = await asyncio.gather(*(servers.address(model_file) for _ in range(3)))
    assert len(set(addresses)) == 1


async def test_a_waiter_that_is_cancelled_does_not_take_the_server_along(
    servers: LocalServers, model_file: Path
) -> None:
    """Another one waits for it, too."""
    first = asyncio.create_task(servers.address(model_file))
    second = asyncio.create_task(servers.address(model_file))
    await asyncio.sleep(0)
    first.cancel()
    assert isinstance(await second, str)


async def test_a_server_that_was_killed_is_started_anew(servers: LocalServers, model_file: Path) -> None:
    """When its model is asked again, and not before."""
    before = await servers.address(model_file)
    await kill_servers(servers)
    after = await servers.address(model_file)
    assert isinstance(after, str)
    assert after != before


async def test_closing_leaves_nothing_running(model_file: Path) -> None:
    """Neither the server nor its guard."""
    servers, beside = LocalServers(), descendants((os.getpid(),))
    await servers.address(model_file)
    assert descendants((os.getpid(),)) - beside
    await servers.close()
    assert not descendants((os.getpid(),)) - beside


def test_a_killed_engine_leaves_no_server(model_file: Path) -> None:
    """Nobody asked the server to end; its guard has seen that the engine is gone."""
    with Program([sys.executable, "-c", ENGINE, str(model_file)], os.environ) as engine:
        engine.hear("up http://127.0.0.1:")
        left = [os.pidfd_open(pid) for pid in descendants((engine.pid,))]
        engine.send(signal.SIGKILL)
        engine.wait()
    assert len(left) == 2
    for one in left:
        # Such a descriptor can be read once its process has ended; the test's own time limit ends a wait in vain.
        assert select.select([one], [], [])[0] == [one]
        os.close(one)


async def test_a_server_that_is_not_up_in_time_is_ended(model_file: Path) -> None:
    """It passes by itself on a busy machine, so asking again may help."""
    servers, beside = LocalServers(starting_s=0), descendants((os.getpid(),))
    fault = await servers.address(model_file)
    assert isinstance(fault, ModelFault)
    assert fault.fault is Fault.UNAVAILABLE
    assert fault.text.endswith("did not answer within 0 s.")
    assert not descendants((os.getpid(),)) - beside


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no GGUF file"),
        (b"#!/bin/sh\n", "is no GGUF file"),
        (b"GGUF" + b"\x09\x00\x00\x00", "is GGUF of version 9; known are 2 and 3"),
        (b"GGUF" + b"\x03\x00\x00\x00" + b"\x01", "is damaged"),
    ],
)
async def test_a_file_that_holds_no_model_is_named(
    servers: LocalServers, tmp_path: Path, content: bytes, said: str
) -> None:
    """Before anything is started."""
    file = tmp_path / "some.gguf"
    file.write_bytes(content)
    fault = await servers.address(file)
    assert isinstance(fault, ModelFault)
    assert (fault.fault, said in fault.text) == (Fault.UNKNOWN_MODEL, True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what to do about it."""
    flaw = find_flaw(tmp_path / "none.gguf")
    assert "none.gguf' cannot be read: No such file or directory. Name a file" in flaw


async def test_a_model_file_that_was_cut_says_so_when_it_is_started(
    servers: LocalServers, model_file: Path, tmp_path: Path
) -> None:
    """Its head is whole; what the library says of the rest is handed on, and asking again would not help."""
    file = tmp_path / "cut.gguf"
    shutil.copyfile(model_file, file)
    os.truncate(file, 3_000_000)
    fault = await servers.address(file)
    assert isinstance(fault, ModelFault)
    assert fault.fault is Fault.UNKNOWN_MODEL
    assert "failed to load model" in fault.text


def test_a_missing_extra_is_named() -> None:
    """With the command that installs it."""
    source = Path(find_flaw.__globals__["__file__"]).parents[2]
    bare = [sys.executable, "-S", "-c", WITHOUT_EXTRA, str(source)]
    said = subprocess.run(bare, check=True, capture_output=True, text=True).stdout
    assert "pip install 'surefoot[local]'" in said


def test_the_room_is_what_the_model_was_made_for(model_file: Path) -> None:
    """As the file says, and never more than what memory has room for."""
    assert context_tokens_of(model_file) == 8192 <= CONTEXT_TOKENS_MAX
