"""The filter of system calls for confined commands (seccomp): the table of refused calls, and the filter program.

A refused call fails with an error; the command goes on. bubblewrap loads the filter by `--seccomp`; on the Landlock
rung the guard's child does.

A filter sees the number of a call and its arguments, but not what a pointer leads to: it knows no paths. So it refuses
what other means cannot: keys of the user, input for other terminals, limits of other programs, addresses outside the
network namespace, and the parts of the kernel that no build or test needs. Debuggers keep `ptrace`: the guard and the
programs of the host are out of its reach by other means. Mounts and namespaces stay, too, for sandboxes inside of a
command.

Calls of another architecture (32-bit programs) end the command: their numbers mean other things. The filter exists for
64-bit x86 and ARM. Elsewhere commands run without one, and `surefoot doctor` says so.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from functools import cache

from surefoot.core.record import record
from surefoot.sandbox.spec import Rung

_ALLOW, _ERRNO, _END = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
"""Offsets in what the filter looks at: `struct seccomp_data`."""
_X32 = 0x40000000
"""Numbers from here on are those of x86's 32-bit pointers: a second door to every call."""
_GET_SECCOMP = 21

KEY_JOIN_SESSION = 1
"""The operation of `keyctl` that begins a keyring of one's own. The guard uses it; everything else is refused."""
LIMIT_LOCKS = 10
"""The resource limit that carries the mark of a command; see `surefoot.sandbox.orphans`."""
_TERMINAL_INPUT, _TERMINAL_LINUX = 0x5412, 0x541C
"""Requests to a terminal: type a letter, and choose and paste a text (`TIOCSTI`, `TIOCLINUX`)."""
_OF_USER, _IO_OF_USER = 2, 3
_FAMILIES = (1, 2, 10, 16)
"""Sockets are local, IPv4, IPv6 or talk to the kernel about networks. Virtual machines' sockets, for one, lead out of
every network namespace."""


@record(kw_only=False)
class _When:
    """What an argument has to be for a call to be refused."""

    argument: int
    value: int
    is_not: bool = False
    is_wide: bool = False
    """Whether all 64 bits count. The kernel looks at 32 of most numbers, so the filter must look at no more."""


@record(kw_only=False)
class _Refusal:
    """One call that is refused when all the conditions hold."""

    call: str
    when: tuple[_When, ...] = ()
    error: int = errno.EPERM


def _is(argument: int, value: int) -> _When:
    return _When(argument, value)


def _is_not(argument: int, value: int) -> _When:
    return _When(argument, value, is_not=True)


def _is_given(argument: int) -> _When:
    return _When(argument, 0, is_not=True, is_wide=True)


REFUSED_WORDS = ("kernel keyrings", "input for terminals", "limits of other programs")
"""What the filter refuses that nothing else does, in words."""
_REFUSED = (
    *map(_Refusal, ("add_key", "request_key")),
    _Refusal("keyctl", (_is_not(0, KEY_JOIN_SESSION),)),
    _Refusal("keyctl", (_is_given(1),)),
    _Refusal("ioctl", (_is(1, _TERMINAL_INPUT),)),
    _Refusal("ioctl", (_is(1, _TERMINAL_LINUX),)),
    _Refusal("prlimit64", (_is_not(0, 0), _is_given(2))),
    _Refusal("prlimit64", (_is(1, LIMIT_LOCKS), _is_given(2))),
    _Refusal("setrlimit", (_is(0, LIMIT_LOCKS),)),
    _Refusal("socket", tuple(_is_not(0, family) for family in _FAMILIES), errno.EAFNOSUPPORT),
    *map(_Refusal, ("io_uring_setup", "io_uring_enter", "io_uring_register")),
    *map(_Refusal, ("bpf", "perf_event_open", "userfaultfd", "open_by_handle_at")),
    *map(_Refusal, ("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load")),
)
_REFUSED_AMONG_OTHERS = (
    *(
        _Refusal(call, (_is_not(0, 0),))
        for call in ("sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
    ),
    _Refusal("setpriority", (_is(0, _OF_USER),)),
    _Refusal("setpriority", (_is_not(1, 0),)),
    _Refusal("ioprio_set", (_is(0, _IO_OF_USER),)),
    _Refusal("ioprio_set", (_is_not(1, 0),)),
)
"""Where a command sees the ids of all programs of the machine: it may hold back nobody but itself."""


@record(kw_only=False)
class _Architecture:
    """How the kernel names an architecture, and how that numbers its calls."""

    audit: int
    calls: dict[str, int]


_NEWER = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}
"""Since 2019 a call has the same number everywhere."""
_ARCHITECTURES = {
    "x86_64": _Architecture(
        0xC000003E,
        _NEWER
        | {"ioctl": 16, "socket": 41, "setpriority": 141, "sched_setparam": 142, "sched_setscheduler": 144}
        | {"setrlimit": 160, "init_module": 175, "delete_module": 176, "sched_setaffinity": 203, "kexec_load": 246}
        | {"add_key": 248, "request_key": 249, "keyctl": 250, "ioprio_set": 251, "perf_event_open": 298}
        | {"prlimit64": 302, "open_by_handle_at": 304, "finit_module": 313, "sched_setattr": 314}
        | {"kexec_file_load": 320, "bpf": 321, "userfaultfd": 323},
    ),
    "aarch64": _Architecture(
        0xC00000B7,
        _NEWER
        | {"ioctl": 29, "ioprio_set": 30, "kexec_load": 104, "init_module": 105, "delete_module": 106}
        | {"sched_setparam": 118, "sched_setscheduler": 119, "sched_setaffinity": 122, "setpriority": 140}
        | {"setrlimit": 164, "socket": 198, "add_key": 217, "request_key": 218, "keyctl": 219}
        | {"perf_event_open": 241, "prlimit64": 261, "open_by_handle_at": 265, "finit_module": 273}
        | {"sched_setattr": 274, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294},
    ),
}


@cache
def has_filter() -> bool:
    """Whether commands can run under the filter: the architecture is known, and the kernel takes filters."""
    if sys.platform != "linux" or machine() not in _ARCHITECTURES:
        return False
    return int(ctypes.CDLL(None).prctl(_GET_SECCOMP, 0, 0, 0, 0)) >= 0


def open_filter(rung: Rung) -> int | None:
    """Return a descriptor from which the filter for a command on this rung can be read once; None: there is no filter.

    Whoever asks has to close it.
    """
    if not has_filter():
        return None
    reading, writing = os.pipe()
    # A pipe holds far more than that, so nothing waits for a reader.
    os.write(writing, filter_program(among_others=rung is not Rung.BUBBLEWRAP))
    os.close(writing)
    return reading


def machine() -> str:
    """Return the architecture for which this program was made, as the table names it."""
    return os.uname().machine if struct.calcsize("P") == 8 else f"{os.uname().machine}, 32 bits"


def filter_lacking() -> str:
    """Say in words why there is no filter here; empty where there is one."""
    if has_filter():
        return ""
    why = "this kernel takes none" if machine() in _ARCHITECTURES else f"not known for {machine()}"
    return f"no filter of system calls ({why}): {', '.join(REFUSED_WORDS)} stay open"


def call_number(call: str) -> int:
    """Return the number of a call of the table on this machine; asked for only where there is a filter."""
    return _ARCHITECTURES[machine()].calls[call]


@cache
def filter_program(*, among_others: bool, architecture: str = "") -> bytes:
    """Return the filter for this machine, or the named architecture, as the kernel takes it.

    `among_others`: the command shares its process ids with the rest of the machine.
    """
    known = _ARCHITECTURES[architecture or machine()]
    refused = (*_REFUSED, *_REFUSED_AMONG_OTHERS) if among_others else _REFUSED
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, known.audit),
        (_RETURN, 0, 0, _END),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        *_translated(refused, known),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _translated(refused: Iterable[_Refusal], known: _Architecture) -> Iterator[tuple[int, int, int, int]]:
    """Yield, for each refusal, instructions that go on to the next one wherever a condition does not hold."""
    for one in refused:
        tests = [test for condition in one.when for test in _tests(condition)]
        yield (_LOAD, 0, 0, _NUMBER_AT)
        yield (_EQUAL, 0, 2 * len(tests) + 1, known.calls[one.call])
        for place, (offset, value, at_once, otherwise) in enumerate(tests):
            # A jump to the very end of this refusal is one behind the return; how far off that is depends on the place.
            end = 2 * (len(tests) - place) - 1
            yield (_LOAD, 0, 0, offset)
            yield (_EQUAL, end if at_once is None else at_once, end if otherwise is None else otherwise, value)
        yield (_RETURN, 0, 0, _ERRNO | one.error)


def _tests(condition: _When) -> Iterator[tuple[int, int, int | None, int | None]]:
    """Yield what is loaded, what it is compared with, and the jumps if equal and if not; None: to the end."""
    low = _ARGUMENTS_AT + 8 * condition.argument
    if not condition.is_not:
        yield (low, condition.value, 0, None)
    elif condition.is_wide:
        yield (low, condition.value, 0, 2)
        yield (low + 4, 0, None, 0)
    else:
        yield (low, condition.value, None, 0)
