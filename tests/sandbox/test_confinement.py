"""What a confined command can and cannot reach."""

from __future__ import annotations

import os
import re
import socket
import sys
import venv
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from surefoot.sandbox import CommandResult, Rung, command_environment

Run = Callable[..., Awaitable[CommandResult]]

CONNECT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5); print('reached')"
CONNECT_UNIX = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1]); print('reached')"
OUTSIDE = Path(__file__).parent / f"written-by-a-test-{os.getpid()}"
"""A place that the bubblewrap rung shows (unless it is below the host's temporary folder) and lets nobody write."""


@pytest.fixture
def outside() -> Iterator[Path]:
    """Give a place outside of everything writable; remove what was written there."""
    yield OUTSIDE
    OUTSIDE.unlink(missing_ok=True)


def is_there(path: Path) -> bool:
    """Whether a file exists on the host."""
    return path.exists()


@pytest.fixture
def port() -> Iterator[int]:
    """Listen on the host's loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_write_outside_is_refused(run: Run, confining: Rung, outside: Path) -> None:
    """The file system is read-only, or not the host's, except for what was named."""
    result = await run("touch", str(outside))
    assert (result.exit_code, is_there(outside)) == (1, False)


async def test_the_super_user_cannot_make_the_outside_writable(run: Run, bubblewrap: Rung, outside: Path) -> None:
    """Containers often run as root, who could simply mount anew; for others it was refused anyway."""
    result = await run("sh", "-c", f"mount -o remount,rw,bind /; touch {outside}")
    assert result.exit_code != 0
    assert not is_there(outside)


async def test_a_command_that_is_not_confined_writes_anywhere(run: Run, bubblewrap: Rung, outside: Path) -> None:
    """`confine: false` means it."""
    result = await run("touch", str(outside), confine=False)
    assert (result.exit_code, is_there(outside)) == (0, True)


async def test_writable_places_are_written_at_their_own_paths(run: Run, rung: Rung, tmp_path: Path) -> None:
    """Folders and files, although they lie below the hidden temporary folder."""
    (tmp_path / "lane").mkdir()
    (tmp_path / "file").touch()
    places = (tmp_path / "lane", tmp_path / "file", tmp_path / "missing")
    result = await run("sh", "-c", f"echo a > {places[0]}/new; echo b > {places[1]}", writable=places, cwd=places[0])
    assert result.exit_code == 0
    assert ((tmp_path / "lane/new").read_text(), (tmp_path / "file").read_text()) == ("a\n", "b\n")


async def test_what_is_not_bound_back_is_hidden(run: Run, bubblewrap: Rung, tmp_path: Path) -> None:
    """Another folder below the temporary one does not exist for the command."""
    (tmp_path / "lane").mkdir()
    (tmp_path / "other").mkdir()
    result = await run("ls", str(tmp_path), writable=(tmp_path / "lane",), cwd=tmp_path / "lane")
    assert result.tail == "lane\n"


async def test_readable_places_are_read_only(run: Run, bubblewrap: Rung, tmp_path: Path) -> None:
    """Also inside a writable one; and a writable one inside a readable one is writable."""
    for name in ("repository/lane/files", "repository/src"):
        (tmp_path / name).mkdir(parents=True)
    repository = tmp_path / "repository"
    script = "touch files/no; touch ../src/no; touch yes; ls -d files yes ../src"
    result = await run(
        *("sh", "-c", script),
        cwd=repository / "lane",
        writable=(repository / "lane",),
        readable=(repository, repository / "lane/files"),
    )
    assert result.tail.count("Read-only file system") == 2
    assert result.tail.endswith("../src\nfiles\nyes\n")


async def test_symbolic_links_lead_where_they_led(run: Run, bubblewrap: Rung, tmp_path: Path) -> None:
    """A path through a link works inside as outside, relative and absolute ones alike."""
    (tmp_path / "real/lane").mkdir(parents=True)
    (tmp_path / "relative").symlink_to("real")
    (tmp_path / "absolute").symlink_to(tmp_path / "relative")
    lane = tmp_path / "absolute/lane"
    result = await run("sh", "-c", f"touch {lane}/through; pwd -P", cwd=lane, writable=(lane,))
    assert result.tail == f"{tmp_path}/real/lane\n"
    assert (tmp_path / "real/lane/through").exists()


@pytest.mark.parametrize("folder", ["/tmp", "/run"])
async def test_sockets_of_the_host_are_out_of_reach(run: Run, bubblewrap: Rung, folder: str) -> None:
    """Docker's and the agents' sockets would be a way out."""
    path = Path(folder) / f"surefoot-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(str(path))
        except PermissionError:
            pytest.skip(f"this user cannot make a socket in {folder}")
        listener.listen()
        result = await run(sys.executable, "-c", CONNECT_UNIX, str(path), network=True)
        path.unlink()
    assert "FileNotFoundError" in result.tail


async def test_a_socket_of_the_host_is_out_of_reach_wherever_it_lies(run: Run, bubblewrap: Rung) -> None:
    """In a folder that is visible, too: homes and repositories have some; a hidden folder shows none."""
    path = Path(__file__).with_name(f"socket-{os.getpid()}")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        result = await run(sys.executable, "-c", CONNECT_UNIX, str(path), network=True)
        path.unlink()
    assert re.search("ConnectionRefusedError|FileNotFoundError", result.tail)


async def test_a_socket_that_is_named_is_reached_at_its_own_path(run: Run, rung: Rung, tmp_path: Path) -> None:
    """Although what lies around it stays hidden; `/var/run` is such a link on most machines."""
    (tmp_path / "lane").mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "real/daemon"))
        listener.listen()
        named = tmp_path / "link/daemon"
        places = {"cwd": tmp_path / "lane", "writable": (tmp_path / "lane",)}
        result = await run(sys.executable, "-c", CONNECT_UNIX, str(named), sockets=(named,), **places)
    assert result.tail == "reached\n"


async def test_an_agent_socket_that_is_named_is_not_hidden(
    run: Run, bubblewrap: Rung, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the environment names it, too."""
    path = tmp_path / "agent"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        result = await run(sys.executable, "-c", CONNECT_UNIX, str(path), sockets=(path,))
    assert result.tail == "reached\n"


async def test_an_agent_socket_in_the_home_is_out_of_reach(
    run: Run, bubblewrap: Rung, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some agents keep theirs where nothing is hidden; the environment says where."""
    path = tmp_path / "agent"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        result = await run(sys.executable, "-c", CONNECT_UNIX, str(path))
    assert "reached" not in result.tail


async def test_without_the_network_the_host_is_out_of_reach(run: Run, bubblewrap: Rung, port: int) -> None:
    """Its loopback included; the command has one of its own."""
    result = await run(sys.executable, "-c", CONNECT, str(port))
    assert "ConnectionRefusedError" in result.tail


async def test_with_the_network_the_host_is_reached(run: Run, rung: Rung, port: int) -> None:
    """And names can be resolved, if the host can."""
    result = await run(sys.executable, "-c", CONNECT, str(port), network=True)
    assert result.tail == "reached\n"


async def test_a_server_of_the_commands_own_works_without_the_network(run: Run, rung: Rung) -> None:
    """Test suites start servers on the loopback."""
    script = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
    result = await run(sys.executable, "-c", script)
    assert (result.exit_code, result.tail) == (0, "")


async def test_other_processes_are_out_of_sight(run: Run, bubblewrap: Rung) -> None:
    """A command cannot end, nor look into, what is not its own; nor can it end its guard."""
    result = await run("sh", "-c", f"kill -9 {os.getpid()}; kill -9 1; kill -9 -1; echo still here")
    assert result.tail.endswith("still here\n")


async def test_a_virtual_environment_below_the_hidden_folder_works(run: Run, rung: Rung, tmp_path: Path) -> None:
    """On the command's `PATH`, though neither writable nor named."""
    venv.create(tmp_path / "tools", symlinks=True)
    (tmp_path / "lane").mkdir()
    path = f"{tmp_path}/tools/bin:{os.environ['PATH']}"
    script = 'python -c "import sys; print(sys.prefix)"; touch "$(dirname "$(command -v python)")/no"'
    env = {**command_environment(os.environ), "PATH": path}
    result = await run("sh", "-c", script, cwd=tmp_path / "lane", writable=(tmp_path / "lane",), env=env)
    assert result.tail.splitlines()[0] == str(tmp_path / "tools")
    assert (tmp_path / "tools/bin/no").exists() is (rung is Rung.PLAIN)


async def test_a_virtual_environment_in_a_lane_stays_writable(run: Run, bubblewrap: Rung, tmp_path: Path) -> None:
    """`prepare` installs into it, while it is on the `PATH`."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
    env = {**command_environment(os.environ), "PATH": f"{tmp_path}/.venv/bin:{os.environ['PATH']}"}
    result = await run("touch", ".venv/bin/installed", env=env)
    assert result.exit_code == 0


async def test_a_folder_that_is_not_visible_is_not_started_in(run: Run, bubblewrap: Rung, tmp_path: Path) -> None:
    """The refusal names it."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "lane").mkdir()
    result = await run("true", cwd=tmp_path / "hidden", writable=(tmp_path / "lane",))
    assert not result.started
    assert "hidden" in result.tail
