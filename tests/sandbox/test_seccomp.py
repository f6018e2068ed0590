"""Which system calls the filter refuses, on every architecture, and that ordinary programs go on under it.

Read `tests/attacks` for the attacks that the filter refuses.
"""

from __future__ import annotations

import errno
import re
import struct
import sys
from collections.abc import Awaitable, Callable

import pytest

from surefoot.sandbox import CommandResult, Rung
from surefoot.sandbox.seccomp import _ARCHITECTURES, filter_program, has_filter

Run = Callable[..., Awaitable[CommandResult]]

ALLOW, ENDS, FAILS = 0x7FFF0000, 0x80000000, 0x00050000
TYPE_INTO_TERMINAL = 0x5412
ALONE = ("keyctl", "ioctl", "prlimit64", "setrlimit", "socket")
HELD_BACK = ("sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr", "setpriority", "ioprio_set")
TRACING = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
child = os.fork()
if child == 0:
    libc.ptrace(0, 0, None, None)
    os.kill(os.getpid(), 19)
    os._exit(0)
os.waitpid(child, 0)
sys.exit(libc.ptrace(7, child, None, None))
"""

pytestmark = pytest.mark.skipif(not has_filter(), reason="no filter of system calls on this machine")
architectures = pytest.mark.parametrize("architecture", sorted(_ARCHITECTURES))


def judged(program: bytes, audit: int, number: int, *arguments: int) -> int:
    """Return what a filter says to a call, as the kernel reads it."""
    seen = struct.pack("=iIQ6Q", number, audit, 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("=HBBI", program))
    loaded, place = 0, 0
    while True:
        code, if_so, if_not, value = steps[place]
        place += 1
        if code == 0x06:
            return value
        if code == 0x20:
            (loaded,) = struct.unpack_from("=I", seen, value)
        else:
            place += if_so if (loaded == value if code == 0x15 else loaded >= value) else if_not


def verdict(architecture: str, call: str, *arguments: int, among_others: bool = False) -> int:
    """Return what the filter of an architecture says to a call of the table."""
    known = _ARCHITECTURES[architecture]
    program = filter_program(among_others=among_others, architecture=architecture)
    return judged(program, known.audit, known.calls[call], *arguments)


@architectures
def test_every_call_of_the_table_is_refused_in_some_form(architecture: str) -> None:
    """With arguments that no ordinary program would choose."""
    odd = (TYPE_INTO_TERMINAL, TYPE_INTO_TERMINAL, TYPE_INTO_TERMINAL)
    calls = set(_ARCHITECTURES[architecture].calls) - {"setrlimit"}
    allowed = {call for call in calls if verdict(architecture, call, *odd, among_others=True) == ALLOW}
    assert allowed == set()


@architectures
def test_a_call_beside_the_table_is_allowed(architecture: str) -> None:
    """The filter is a list of what is refused."""
    known = _ARCHITECTURES[architecture]
    program = filter_program(among_others=True, architecture=architecture)
    others = set(range(460)) - set(known.calls.values())
    assert {judged(program, known.audit, number, 1, 2, 3) for number in others} == {ALLOW}


@architectures
@pytest.mark.parametrize(
    ("call", "arguments", "wanted"),
    [
        ("keyctl", (1, 0), ALLOW),
        ("keyctl", (1, 1 << 40), FAILS | errno.EPERM),
        ("keyctl", (11, 0), FAILS | errno.EPERM),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, TYPE_INTO_TERMINAL), FAILS | errno.EPERM),
        ("ioctl", (0, TYPE_INTO_TERMINAL | 1 << 40), FAILS | errno.EPERM),
        ("prlimit64", (0, 7, 1 << 40), ALLOW),
        ("prlimit64", (1, 7, 0), ALLOW),
        ("prlimit64", (1, 7, 1 << 40), FAILS | errno.EPERM),
        ("prlimit64", (1 << 40, 7, 1), ALLOW),
        ("prlimit64", (0, 10, 1), FAILS | errno.EPERM),
        ("setrlimit", (7, 1), ALLOW),
        ("setrlimit", (10, 1), FAILS | errno.EPERM),
        ("socket", (2, 1), ALLOW),
        ("socket", (40, 1), FAILS | errno.EAFNOSUPPORT),
    ],
)
def test_arguments_decide(architecture: str, call: str, arguments: tuple[int, ...], wanted: int) -> None:
    """As many bits of them as the kernel looks at."""
    assert verdict(architecture, call, *arguments) == wanted


@architectures
@pytest.mark.parametrize("call", HELD_BACK)
def test_only_where_others_are_in_sight_is_holding_them_back_refused(architecture: str, call: str) -> None:
    """On the bubblewrap rung a command sees but its own programs."""
    of_another = (1, 4711) if call in {"setpriority", "ioprio_set"} else (4711,)
    of_its_own = (1, 0) if call in {"setpriority", "ioprio_set"} else (0,)
    assert verdict(architecture, call, *of_another) == ALLOW
    assert verdict(architecture, call, *of_another, among_others=True) == FAILS | errno.EPERM
    assert verdict(architecture, call, *of_its_own, among_others=True) == ALLOW


def test_a_call_of_another_architecture_ends_the_command() -> None:
    """Its numbers mean other calls: 32-bit programs would pass the filter by."""
    program = filter_program(among_others=False, architecture="x86_64")
    assert judged(program, 0x40000003, 250) == ENDS


def test_the_second_door_to_every_call_is_shut() -> None:
    """x86 has a set of numbers for 32-bit pointers."""
    program = filter_program(among_others=False, architecture="x86_64")
    assert judged(program, 0xC000003E, 0x40000000 | 250) == FAILS | errno.ENOSYS


def test_the_filter_is_small() -> None:
    """The kernel takes 4,096 instructions."""
    assert len(filter_program(among_others=True)) < 8 * 400


async def test_a_command_runs_under_the_filter(run: Run, confining: Rung) -> None:
    """The kernel says so."""
    result = await run("grep", "^Seccomp:", "/proc/self/status")
    assert result.tail.split() == ["Seccomp:", "2"]


async def test_a_program_can_be_debugged_by_who_started_it(run: Run, confining: Rung) -> None:
    """Debuggers and tools that measure coverage of native code need that."""
    assert (await run(sys.executable, "-c", TRACING)).exit_code == 0


async def test_a_terminal_of_its_own_works(run: Run, bubblewrap: Rung) -> None:
    """Tests of programs with a terminal open one; Landlock cannot tell it from those of others."""
    script = "import os, pty; master, slave = pty.openpty(); os.write(slave, b'hello'); print(os.read(master, 9))"
    assert (await run(sys.executable, "-c", script)).tail == "b'hello'\n"


async def test_a_command_can_set_its_own_limits(run: Run, confining: Rung) -> None:
    """`ulimit` and `nice` are everyday words of scripts."""
    script = "ulimit -n 64 && ulimit -c 0 && nice -n 5 sh -c 'ulimit -n'"
    assert (await run("sh", "-c", script)).tail == "64\n"


async def test_no_keyring_of_the_user_is_within_reach_of_the_kernel(run: Run, confining: Rung) -> None:
    """What a command possesses counts where the kernel looks for a key by itself: an empty keyring of its own."""
    assert re.search("keyring +_ses: empty", (await run("cat", "/proc/keys")).tail)
