"""`network: loopback`: the servers on the host's loopback, in both directions, and nothing beyond."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from surefoot.sandbox import CommandResult, Rung
from surefoot.sandbox.relay import is_loopback, listening, loopback_names, read_places

Run = Callable[..., Awaitable[CommandResult]]
WaitUntil = Callable[[Callable[[], object]], Awaitable[None]]

ASK = """
import socket, sys
for place in sys.argv[1:]:
    name, _, port = place.rpartition(":")
    try:
        with socket.create_connection((name, int(port)), 5) as end:
            end.sendall(b"hello")
            end.shutdown(socket.SHUT_WR)
            print(end.makefile().read())
    except OSError as error:
        print(type(error).__name__)
"""
SERVE = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
    end, _ = door.accept()
    with end:
        end.sendall(b"here is " + end.makefile("rb").read())
"""
ENGINE = """
    import asyncio, os, sys
    from pathlib import Path
    from surefoot.masking import Masker
    from surefoot.sandbox import CommandSpec, run_command

    folder = Path(sys.argv[1])
    spec = CommandSpec(argv=("sh", "-c", "touch ready; sleep 1000"), cwd=folder, env={"PATH": os.environ["PATH"]},
                       timeout_s=None, writable=(folder,), network="loopback", mark=sys.argv[2])
    asyncio.run(run_command(spec, spool=folder / "spool", masker=Masker([])))
"""
COUNT = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as end:
    end.sendall(b"x" * 5_000_000)
    end.shutdown(socket.SHUT_WR)
    print(sum(len(chunk) for chunk in iter(lambda: end.recv(65536), b"")))
"""


@pytest.fixture
async def echoing() -> AsyncIterator[Callable[[str], Awaitable[int]]]:
    """Start servers that say back what they hear, until the test is over."""
    servers: list[asyncio.Server] = []

    async def _say_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def _start(address: str) -> int:
        server = await asyncio.start_server(_say_back, address, 0)
        servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    yield _start
    for server in servers:
        server.close()


def own_address() -> str:
    """Return an address of this machine that is not its loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probing:
        try:
            probing.connect(("192.0.2.1", 9))  # Nothing is sent: it only asks which way it would go.
        except OSError:
            pytest.skip("this machine has no address but its loopback")
        return str(probing.getsockname()[0])


def start_engine(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a small engine that runs one command."""
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(ENGINE), *arguments])


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.7", "::1", "0.0.0.0"])  # noqa: S104 - that is the question.
async def test_a_server_on_the_hosts_loopback_is_reached(
    run: Run, rung: Rung, echoing: Callable[[str], Awaitable[int]], address: str
) -> None:
    """Whichever of its addresses it listens on; it is there when the command starts."""
    try:
        port = await echoing(address)
    except OSError:
        pytest.skip(f"this machine has no {address}")
    reached = address.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
    result = await run(sys.executable, "-c", ASK, f"{reached}:{port}", network="loopback")
    assert result.tail == "hello\n"


async def test_no_other_address_of_the_machine_is_reached(
    run: Run, bubblewrap: Rung, echoing: Callable[[str], Awaitable[int]]
) -> None:
    """Not even one of a server that listens on all of them; with the whole network both are."""
    places = [f"{own_address()}:{await echoing(address)}" for address in (own_address(), "0.0.0.0")]  # noqa: S104
    result = await run(sys.executable, "-c", ASK, *places, network="loopback")
    assert result.tail == "OSError\nOSError\n"
    assert (await run(sys.executable, "-c", ASK, *places, network=True)).tail == "hello\nhello\n"


async def test_a_server_that_comes_later_is_reached(
    run: Run, bubblewrap: Rung, echoing: Callable[[str], Awaitable[int]], tmp_path: Path, wait_until: WaitUntil
) -> None:
    """What listens is looked for again and again."""
    script = f"""
    touch ready; until test -e port; do sleep 0.01; done
    until {sys.executable} -c '{ASK}' $(cat port) | grep hello; do sleep 0.05; done
    """
    running = asyncio.ensure_future(run("sh", "-c", script, network="loopback"))
    await wait_until((tmp_path / "ready").exists)
    place = f"127.0.0.1:{await echoing('127.0.0.1')}"
    (tmp_path / "part").write_text(place)
    (tmp_path / "part").rename(tmp_path / "port")
    assert (await running).tail == "hello\n"


async def test_a_server_of_the_commands_own_is_reached_from_outside(run: Run, rung: Rung) -> None:
    """By the host, and so by any other command with the loopback: this is how services and their users meet."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    serving = asyncio.ensure_future(run(sys.executable, "-c", SERVE, port, network="loopback"))
    asking = f"until {sys.executable} -c '{ASK}' 127.0.0.1:{port} | grep here; do sleep 0.05; done"
    result = await run("sh", "-c", asking, network="loopback")
    assert (result.tail, (await serving).exit_code) == ("here is hello\n", 0)


async def test_much_is_copied_both_ways(run: Run, bubblewrap: Rung, echoing: Callable[[str], Awaitable[int]]) -> None:
    """Nothing is lost, and the end of one way is not taken for the end of the other."""
    result = await run(sys.executable, "-c", COUNT, str(await echoing("127.0.0.1")), network="loopback")
    assert result.tail == "5000000\n"


async def test_nothing_of_the_relay_is_left(
    run: Run, bubblewrap: Rung, mark: str, alive: Callable[[str], set[int]]
) -> None:
    """When a command has ended, so has what relayed for it."""
    await run("true", network="loopback")
    assert alive(mark) == set()


async def test_a_killed_engine_takes_the_relay_along(
    bubblewrap: Rung, mark: str, tmp_path: Path, alive: Callable[[str], set[int]], wait_until: WaitUntil
) -> None:
    """Nobody is left to end it but the other half, which dies with the command."""
    engine = start_engine(str(tmp_path), mark)
    await wait_until((tmp_path / "ready").exists)
    engine.kill()
    engine.wait()
    await wait_until(lambda: not alive(mark))


async def test_a_command_that_breaks_its_relay_loses_only_that(
    run: Run, bubblewrap: Rung, echoing: Callable[[str], Awaitable[int]]
) -> None:
    """Its half runs as the same user; without it there is a loopback of its own, as ever, and the end is told."""
    place = f"127.0.0.1:{await echoing('127.0.0.1')}"
    script = f"kill -9 2; sleep 0.3; {sys.executable} -c '{ASK}' {place}; exit 3"
    result = await run("sh", "-c", script, network="loopback")
    assert (result.exit_code, result.tail in ("ConnectionRefusedError\n", "ConnectionResetError\n")) == (3, True)


async def test_abstract_sockets_of_the_host_stay_out_of_reach(run: Run, bubblewrap: Rung) -> None:
    """They belong to a network, and the command still has one of its own."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0surefoot-test")
        listener.listen()
        script = "import socket; socket.socket(socket.AF_UNIX).connect('\\0surefoot-test')"
        result = await run(sys.executable, "-c", script, network="loopback")
    assert "ConnectionRefusedError" in result.tail


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("0100007F", ("127.0.0.1",)),
        ("00000000", ("127.0.0.1",)),
        ("3500007F", ("127.0.0.53",)),
        ("020002C0", ()),
        ("0" * 32, ("127.0.0.1", "::1")),
        ("00000000000000000000000001000000", ("::1",)),
        ("0000000000000000FFFF00000100007F", ("127.0.0.1",)),
        ("0000000000000000FFFF0000020002C0", ()),
        ("000080FE00000000FF00FC00010000FE", ()),
    ],
)
@pytest.mark.skipif(sys.byteorder != "little", reason="/proc spells addresses in the machine's own order")
def test_only_loopback_addresses_are_relayed(address: str, names: tuple[str, ...]) -> None:
    """As `/proc` spells them; a server on all addresses is reached at the loopback ones."""
    assert tuple(loopback_names(address)) == names


def test_what_is_said_from_inside_leads_nowhere_else() -> None:
    """Whoever takes over the half inside can have nothing listened on but loopback addresses and unprivileged ports."""
    said = ["127.0.0.1/8000", "::1/8000", "192.0.2.1/8000", "127.evil.example.org/8000", "localhost/1", "127.0.0.1/80"]
    assert read_places([*said, "127.0.0.1/99999", "127.0.0.1/x", "127.1/8000", ""]) == {
        ("127.0.0.1", 8000),
        ("::1", 8000),
    }
    assert not is_loopback("127.0.0.1\0.example.org")


def test_what_listens_here_is_found() -> None:
    """On loopback addresses, while it listens."""
    with ExitStack() as open_ones:
        door = open_ones.enter_context(socket.create_server(("127.0.0.1", 0)))
        place = ("127.0.0.1", door.getsockname()[1])
        assert place in listening()
    assert place not in listening()
