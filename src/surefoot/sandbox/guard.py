"""The guard: runs one command and lets nothing of it live on.

Owns the ends of a command: when the program has ended, or the engine hangs up, everything below the guard is ended.
Must never import anything of Surefoot or more of the standard library than it needs: it is started anew for each
command, with the arguments CONTROL SCRATCH LC_CTYPE RULES FILTER KEYRING MARK RELAY PROGRAM ARGUMENT…, and `signal`
alone would add eight milliseconds.

The engine holds the other end of the socket CONTROL. The guard writes `up`, then how the program ended (`failed ERRNO`
when it could not be started, `ended STATUS` with the wait status). It reads nothing: when the other end is shut,
because the engine has had enough or is gone, everything is ended. As the guard exits last, the end of the stream means
that nothing is left.

On the plain and Landlock rungs the guard adopts orphans (child subreaper) and the kernel ends the program with the
guard. On the bubblewrap rung the guard is the first process of a process namespace: the kernel does both by itself.
There the command sees the guard, so the guard makes its memory and its descriptors private (not dumpable).

RULES are the descriptors of Landlock's rule sets, with commas between them: the child takes them upon itself before it
becomes the program, the guard stays free to end it. FILTER is the descriptor from which the child reads the filter of
system calls; on the bubblewrap rung `bwrap` has loaded it. KEYRING is the number of the system call by which the
command begins a session keyring of its own. MARK is a resource limit by which left-overs are known. RELAY is the
descriptor that leads to the relay, where the command has the host's loopback; a second child serves it. All of them may
be empty.
"""

# ruff: noqa: PTH106, PTH123, PTH208, S606
# Importing pathlib would take longer than all the rest, and becoming another program is what this file is for.

from __future__ import annotations

import os
import select
import sys
import time

TYPE_CHECKING = False  # Importing `typing`, or `collections.abc`, for annotations alone would take milliseconds.
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TERM, _KILL, _SIGPIPE, _SIGXFSZ, _SIG_DFL = 15, 9, 13, 25, 0
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_PR_SET_SECCOMP, _FILTER_MODE, _FILTER_MAX = 22, 2, 1 << 16
_RLIMIT_LOCKS = 10
_KEY_JOIN_SESSION = 1
_NEW_IPC = 0x08000000
_LANDLOCK_RESTRICT_SELF = 446
_PR_CAPBSET_DROP = 24
_CAPABILITIES_VERSION, _CAPABILITIES_MAX = 0x20080522, 64
_ROOT_KEEPS = 0b100_1111_1011
"""The capabilities that root keeps under rules, as bits: those of the bubblewrap rung, and low ports, for the network
is the host's own. With the others it reads the environment of every program, with its secrets, whatever the rules say.
"""

_GRACE_S = 2.0
"""What is ended has so long to end by itself."""
_LEFTOVER_GRACE_S = 0.5
"""The same, for what a finished command left behind."""
_KILL_S = 5.0
"""What the kernel cannot kill within this time (a hung disk) is given up."""
_REAP_EVERY_MS = 1000
"""How often orphans that have ended are collected while the program runs."""
_LOOK_EVERY_MS = 50
"""How often the program is looked at where the system cannot tell when it ends."""


def main() -> None:
    """Run the program to its end and see to it that nothing of it is left."""
    control, scratch, locale, rules, filter_, keyring, mark, relay, *argv = int(sys.argv[1]), *sys.argv[2:]
    rulesets = [int(number) for number in rules.split(",") if number]
    program = b""
    if filter_:  # the engine has written it into a pipe
        program = os.read(int(filter_), _FILTER_MAX)
        os.close(int(filter_))
    for number in (control, *rulesets):
        os.set_inheritable(number, False)  # noqa: FBT003 - the standard library takes it in no other way.
    is_first = os.getpid() == 1
    if sys.platform == "linux":
        _call("prctl", *((_PR_SET_DUMPABLE, 0) if is_first else (_PR_SET_CHILD_SUBREAPER, 1)), 0, 0, 0)
    if mark:
        _carry(int(mark))
    _say(control, b"up")
    # Where Python finds the C locale it sets `LC_CTYPE`, which would change how `sort` sorts.
    if locale:
        os.environ["LC_CTYPE"] = locale
    else:
        os.environ.pop("LC_CTYPE", None)
    if relay:
        _serve(int(relay), control)
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        _become(argv, control, None if is_first else guard, (keyring, rulesets, program))
    ended = _wait(child, control)
    if ended is None:
        ended = _end_all(child, _GRACE_S)
        _say(control, b"ended %d" % (_KILL if ended is None else ended))
    else:
        _say(control, b"ended %d" % ended)
        _end_all(child, _LEFTOVER_GRACE_S)
    if scratch:
        _remove(scratch)


def descendants(roots: Iterable[int]) -> set[int]:
    """Find the processes below `roots`; nothing on systems without `/proc`."""
    children: dict[int, list[int]] = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return set()
    for name in filter(str.isdigit, names):
        try:
            with open(f"/proc/{name}/stat", "rb") as stat:
                # The name of the program stands in parentheses and may itself hold some.
                parent = int(stat.read().rpartition(b")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(name))
    found: set[int] = set()
    open_ends = list(roots)
    while open_ends:
        below = [pid for pid in children.get(open_ends.pop(), ()) if pid not in found]
        found.update(below)
        open_ends += below
    return found


def _call(name: str, *arguments: int) -> int:
    """Call a function of the C library that takes numbers only."""
    # The half of ctypes that is written in C: the other half takes four milliseconds to import.
    import _ctypes

    # None names the program itself; the stubs of `_ctypes` do not know that.
    library = _ctypes.dlopen(None, os.RTLD_NOW)  # pyright: ignore[reportArgumentType]
    return _ctypes.call_cdeclfunction(_ctypes.dlsym(library, name), arguments)


def _carry(mark: int) -> None:
    """Carry the mark as a limit that the kernel keeps and does nothing with; who inherits it cannot raise it again."""
    import resource

    # Inside a command of another engine the limit is that one's already.
    try:
        resource.setrlimit(_RLIMIT_LOCKS, (mark, mark))
    except (OSError, ValueError):
        return


def _serve(relay: int, control: int) -> None:
    """Serve the relay in a child; return when the servers of the host can be reached."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            os.close(reading)
            os.close(control)
            # It lies beside this file; only commands with the host's loopback pay for it.
            __import__("relay").serve(relay, writing)
        finally:
            os._exit(0)
    os.close(writing)
    os.close(relay)
    os.read(reading, 1)
    os.close(reading)


def _restrict(rulesets: list[int], program: bytes = b"") -> None:
    """Take Landlock's rules and the filter of system calls upon this process and all it will start, for good."""
    import ctypes  # Four milliseconds that only the Landlock rung pays.

    libc = ctypes.CDLL(None, use_errno=True)
    # System V memory and semaphores of its own, for root: others need bubblewrap for that.
    libc.unshare(_NEW_IPC)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0)
    for ruleset in rulesets:
        if libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock")
    if os.geteuid() == 0:
        for number in range(_CAPABILITIES_MAX):
            if not _ROOT_KEEPS >> number & 1:
                libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0)
        # Neither may it inherit any: what it has is what the bounding set leaves to root when it becomes the program.
        about = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
        had = (ctypes.c_uint32 * 6)()
        if libc.capget(about, had) == 0:
            left = [had[0] & _ROOT_KEEPS, had[1] & _ROOT_KEEPS, 0, 0, 0, 0]
            libc.capset(about, (ctypes.c_uint32 * 6)(*left))
    if program:
        kept = ctypes.create_string_buffer(program, len(program))
        # `struct sock_fprog`: how many instructions of eight bytes, and where they are.
        place = (ctypes.c_size_t * 2)(len(program) // 8, ctypes.addressof(kept))
        if libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_FILTER_MODE), place, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")


def _become(argv: list[str], control: int, guard: int | None, ties: tuple[str, list[int], bytes]) -> None:
    """Turn into the program, tied to its guard and under its rules; never returns.

    `guard`: whose end is the program's end; None where a process namespace sees to that.
    """
    keyring, rulesets, program = ties
    try:
        os.setsid()
        if guard is not None and sys.platform == "linux":
            _call("prctl", _PR_SET_PDEATHSIG, _KILL, 0, 0, 0)
            if os.getppid() != guard:
                os._exit(127)
        if keyring:
            _call("syscall", int(keyring), _KEY_JOIN_SESSION, 0)
        # Python ignores these two, and what is ignored stays ignored in the program: `yes | head` would complain.
        # Imported by its builtin name because `signal` itself costs more than all the rest of the guard.
        restore = __import__("_signal").signal
        restore(_SIGPIPE, _SIG_DFL)
        restore(_SIGXFSZ, _SIG_DFL)
        if rulesets:
            _restrict(rulesets, program)
        _execute(argv)
    except OSError as error:
        _say(control, b"failed %d" % (error.errno or 0))
    finally:
        os._exit(127)


def _execute(argv: list[str]) -> None:
    """Replace this process by the program; `os.execvp` would import `warnings` first."""
    if "/" in argv[0]:
        os.execv(argv[0], argv)
    reason: OSError = FileNotFoundError(2, "not on PATH")
    for folder in os.environ.get("PATH", os.defpath).split(":"):
        try:
            os.execv(f"{folder or '.'}/{argv[0]}", argv)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            reason = error
    raise reason


def _wait(child: int, control: int) -> int | None:
    """Return the program's wait status, or None as soon as the engine has hung up."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    every_ms = _LOOK_EVERY_MS
    if sys.platform == "linux":
        poll.register(os.pidfd_open(child), select.POLLIN)
        every_ms = _REAP_EVERY_MS
    while True:
        happened = poll.poll(every_ms)
        status = _reap(child)[0]
        if status is not None:
            return status
        if any(source == control for source, _ in happened):
            return None


def _reap(child: int) -> tuple[int | None, bool]:
    """Collect what has ended: the program's wait status if it is among it, and whether anything is left."""
    status = None
    while True:
        try:
            pid, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status, False
        if pid == 0:
            return status, True
        if pid == child:
            status = ended


def _end_all(child: int, grace_s: float) -> int | None:
    """End everything below the guard; return the program's wait status if it had not been collected before."""
    final, left = _reap(child)
    for number, patience_s, again in ((_TERM, grace_s, False), (_KILL, _KILL_S, True)):
        deadline = time.monotonic() + patience_s
        sent = False
        while left and time.monotonic() < deadline:
            if again or not sent:
                for pid in descendants((os.getpid(),)):
                    _kill(os.kill, pid, number)
                if sys.platform != "linux":
                    _kill(os.killpg, child, number)
                sent = True
            time.sleep(0.005)
            status, left = _reap(child)
            final = final if status is None else status
    return final


def _kill(send: Callable[[int, int], None], target: int, number: int) -> None:
    try:
        send(target, number)
    except (ProcessLookupError, PermissionError):
        return


def _remove(scratch: str) -> None:
    try:
        os.rmdir(scratch)
    except OSError:
        import shutil  # Slow to import, and most commands leave their temporary folder empty.

        shutil.rmtree(scratch, ignore_errors=True)


def _say(control: int, line: bytes) -> None:
    try:
        os.write(control, line + b"\n")
    except OSError:
        return  # The engine is gone; nobody is left to be told.
