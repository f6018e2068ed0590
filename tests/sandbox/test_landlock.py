"""What the Landlock rung refuses, what it lets through, and what older kernels cannot do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from surefoot.sandbox import CommandResult, Rung
from surefoot.sandbox.landlock import Coverage, coverage_of, file_rules, landlock_abi

Run = Callable[..., Awaitable[CommandResult]]

TRUNCATE, IOCTL_DEV, REFER = 1 << 14, 1 << 15, 1 << 13
OUTSIDE = Path(__file__).parent / f"kept-by-a-test-{os.getpid()}"
CONNECT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5); print('reached')"
UNDER_RULES = """
import sys
sys.path.append(sys.argv[1])
import guard
guard._restrict([int(sys.argv[2])])
for path in sys.argv[3:]:
    try:
        open(path, "w").close()
        print("written")
    except PermissionError:
        print("refused")
"""


@pytest.fixture
def kept() -> Iterator[Path]:
    """Give a file outside of everything writable, with something in it."""
    OUTSIDE.write_text("kept")
    yield OUTSIDE
    OUTSIDE.unlink(missing_ok=True)


@pytest.fixture
def program() -> Iterator[subprocess.Popen[bytes]]:
    """Start a program of somebody else's, with a token in its environment."""
    with subprocess.Popen(["sleep", "60"], env={"PATH": os.defpath, "TOKEN": "of-somebody"}) as program:
        yield program
        program.kill()


def open_here() -> int:
    """Count the descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def text_of(path: Path) -> str | None:
    """What a file on the host holds; None when it is gone."""
    return path.read_text() if path.exists() else None


@pytest.mark.parametrize(
    ("abi", "rights", "has_ports", "is_scoped"),
    [
        (1, 0, False, False),
        (2, REFER, False, False),
        (3, REFER | TRUNCATE, False, False),
        (4, REFER | TRUNCATE, True, False),
        (5, REFER | TRUNCATE | IOCTL_DEV, True, False),
        (6, REFER | TRUNCATE | IOCTL_DEV, True, True),
        (99, REFER | TRUNCATE | IOCTL_DEV, True, True),
    ],
)
def test_each_abi_is_asked_for_what_it_knows(abi: int, rights: int, *, has_ports: bool, is_scoped: bool) -> None:
    """A kernel refuses a rule set with a right it does not know, as a whole."""
    coverage = coverage_of(abi)
    found = coverage.files & (REFER | TRUNCATE | IOCTL_DEV)
    assert (found, coverage.has_ports, coverage.scoped != 0) == (rights, has_ports, is_scoped)


def test_what_an_older_kernel_lacks_is_said() -> None:
    """The newest lacks nothing; each step down lacks more."""
    assert coverage_of(7).missing == ()
    assert coverage_of(5).missing == ("other processes can be signalled",)
    assert "files outside can be emptied" in coverage_of(2).missing
    assert [len(coverage_of(abi).missing) for abi in range(1, 7)] == [4, 3, 2, 1, 1, 0]


def test_what_is_refused_is_said() -> None:
    """By every kernel that has Landlock, writing, and reading where secrets lie."""
    assert coverage_of(1).refused == ("writing outside", "reading secret places and devices")
    assert len(coverage_of(6).refused) == 4


@pytest.mark.parametrize("abi", range(1, 8))
def test_the_rules_of_each_abi_hold_on_a_newer_kernel(landlock: Rung, tmp_path: Path, kept: Path, abi: int) -> None:
    """So that what an older kernel would be given can be tried on this one."""
    if abi > landlock_abi():
        pytest.skip(f"this kernel has Landlock's ABI {landlock_abi()} only")
    said = write_under_rules(coverage_of(abi), tmp_path, tmp_path / "inside", Path("/dev/null"), kept)
    assert (said, text_of(kept)) == (["written", "written", "refused"], "kept")


def test_places_that_are_missing_are_left_out(landlock: Rung, tmp_path: Path) -> None:
    """A lane may not have all of its folders yet."""
    os.close(file_rules((tmp_path / "missing", tmp_path / "missing/deeper"), coverage_of(landlock_abi())))


async def test_what_lies_outside_is_neither_moved_nor_removed(run: Run, landlock: Rung, kept: Path) -> None:
    """Nor linked into the lane, to be written there."""
    result = await run("sh", "-c", f"rm -f {kept}; mv {kept} .; ln {kept} linked; truncate -s 0 {kept}; ls")
    assert (text_of(kept), result.tail.splitlines()[-1]) == ("kept", "spool")


@pytest.mark.parametrize("network", [False, True])
async def test_what_lies_inside_is_moved_between_folders(run: Run, landlock: Rung, *, network: bool) -> None:
    """Package installers do that all the time; with and without the rules about ports."""
    if landlock_abi() < 2:
        pytest.skip("this kernel's Landlock refuses every move into another folder")
    script = "import os; os.mkdir('a'); os.mkdir('b'); open('a/file', 'w').close(); os.rename('a/file', 'b/file')"
    result = await run(sys.executable, "-c", script, network=network)
    assert (result.exit_code, result.tail) == (0, "")


async def test_a_link_that_leads_out_is_no_way_out(run: Run, landlock: Rung, kept: Path) -> None:
    """The kernel judges the place, not the path."""
    result = await run("sh", "-c", f"ln -s {kept} link && echo changed > link")
    assert (result.exit_code != 0, text_of(kept)) == (True, "kept")


async def test_the_super_user_is_held_too(run: Run, landlock: Rung, kept: Path) -> None:
    """Mounting is refused, and a new set of user ids does not help; for others it was refused anyway."""
    await run("sh", "-c", f"mount --bind . {kept.parent}; unshare -Urm sh -c 'echo changed > {kept}'; echo x > {kept}")
    assert text_of(kept) == "kept"


async def test_ports_of_well_known_services_are_refused(run: Run, landlock: Rung) -> None:
    """Without the network; whether somebody listens there or not."""
    if not coverage_of(landlock_abi()).has_ports:
        pytest.skip("this kernel's Landlock knows no ports")
    assert "PermissionError" in (await run(sys.executable, "-c", CONNECT, "443")).tail
    assert "PermissionError" not in (await run(sys.executable, "-c", CONNECT, "443", network=True)).tail


async def test_the_network_counts_as_open(run: Run, landlock: Rung) -> None:
    """Ports above are open, declared or not: this is what the report says of the rung."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        result = await run(sys.executable, "-c", CONNECT, str(listener.getsockname()[1]))
    assert result.tail == "reached\n"


async def test_no_process_outside_can_be_signalled(run: Run, landlock: Rung) -> None:
    """Neither the engine nor the guard; the guard can still end the command."""
    if not coverage_of(landlock_abi()).scoped:
        pytest.skip("this kernel's Landlock does not keep signals in")
    result = await run(
        "sh", "-c", f"kill -0 {os.getpid()} || kill -9 $PPID || echo neither; exec sleep 1000", timeout_s=0.5
    )
    assert result.tail.endswith("neither\n")
    assert (result.timed_out, result.signal) == (True, signal.SIGTERM)


async def test_set_user_id_programs_gain_nothing(run: Run, landlock: Rung) -> None:
    """No new privileges for what runs under rules."""
    result = await run("grep", "NoNewPrivs", "/proc/self/status")
    assert result.tail.split() == ["NoNewPrivs:", "1"]


async def test_no_rule_set_is_left_open(run: Run, landlock: Rung) -> None:
    """Neither in the command, which could look at it, nor in the engine, which would run out of descriptors."""
    await run("true")
    before = open_here()
    result = await run("ls", "/proc/self/fd")
    assert result.tail.split() == ["0", "1", "2", "3"]  # The last is the folder itself.
    assert open_here() == before


async def test_the_usual_devices_are_read(run: Run, landlock: Rung) -> None:
    """Though all others are refused, and no place is hidden."""
    result = await run("sh", "-c", "head -c 3 /dev/zero /dev/urandom /dev/full | wc -c; cat /dev/null; echo hello")
    assert result.tail.splitlines()[1:] == ["hello"]


async def test_what_lies_outside_can_be_read_where_nothing_is_hidden(run: Run, landlock: Rung, kept: Path) -> None:
    """Only devices are closed."""
    assert (await run("cat", str(kept))).tail == "kept"


async def test_devices_are_written_to_and_not_made(run: Run, landlock: Rung) -> None:
    """Every shell script writes to `/dev/null`."""
    result = await run("sh", "-c", "echo > /dev/null && echo written; touch /dev/surefoot-test")
    assert (result.exit_code, result.tail.splitlines()[0]) == (1, "written")


def write_under_rules(coverage: Coverage, folder: Path, *paths: Path) -> list[str]:
    """Let a child take the rules upon itself and write to some paths; return what came of each."""
    ruleset = file_rules((folder,), coverage)
    beside = str(Path(sys.modules["surefoot.sandbox"].__path__[0]))
    command = [sys.executable, "-I", "-S", "-c", UNDER_RULES, beside, str(ruleset), *map(str, paths)]
    try:
        said = subprocess.run(command, pass_fds=(ruleset,), capture_output=True, text=True, check=True).stdout
    finally:
        os.close(ruleset)
    return said.split()


async def test_the_environment_of_other_programs_cannot_be_read(
    run: Run, confining: Rung, program: subprocess.Popen[bytes]
) -> None:
    """Surefoot's own holds tokens; root would read it in spite of the rules, had it all its capabilities."""
    script = "import sys; print(open(f'/proc/{sys.argv[1]}/environ').read())"
    result = await run(sys.executable, "-c", script, str(program.pid))
    assert (result.exit_code, "of-somebody" in result.tail) == (1, False)
