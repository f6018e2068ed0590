"""The claim on a run: the operating system's lock on `RUN/lock`, held by one engine on this machine.

Owns who may perform a run's effects. Must never let a lock expire by time, nor end a program that does not hold it. The
fencing token (`Journal.raise_token`) is the second line: it voids the appends of an engine that lost its claim
unnoticed.

The system drops the lock when its holder dies, however it dies; a file without a lock says nothing. Programs that the
holder starts do not inherit the descriptor.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shlex
import signal
import sys
import time
from functools import cache
from pathlib import Path

from surefoot.core.ids import RunId
from surefoot.core.record import record
from surefoot.errors import JournalError, RunHeld
from surefoot.journal.record_json import written

LOCK_NAME = "lock"
_KILL_GRACE_S = 5.0
"""How long a killed holder may take to disappear, and the system to let go of its lock."""
_UNNAMED_S = 0.4
"""How long a holder may take to say who it is. To ask for the holder locks for an instant, too."""
_TRY_AGAIN_S = 0.02


@record(kw_only=False)
class LockHolder:
    """The program that holds the lock of a run."""

    pid: int
    host: str
    started_at: float
    command: str
    start_ticks: int | None = None
    """When the program was started, in the system's own count, which no change of the clock moves; None: not known."""
    pid_namespace: str = ""
    """The system's name for the set of programs in which `pid` counts; empty: not known."""

    @classmethod
    def this(cls) -> LockHolder:
        """Describe this very program."""
        pid = os.getpid()
        return cls(pid, os.uname().nodename, time.time(), *_of_this_program(pid))

    @property
    def said(self) -> str:
        """Say who it is in a few words."""
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.started_at))
        return f"pid {self.pid} on {self.host}, since {since}: {self.command}"

    @property
    def is_visible(self) -> bool:
        """Tell whether this very program can be seen from here; where nothing can be told of programs, it counts so."""
        return self.start_ticks is None or _start_ticks(self.pid) == self.start_ticks

    @property
    def has_ended(self) -> bool:
        """Tell whether this very program is known to have ended, though the system still holds its lock."""
        is_here = self.host == os.uname().nodename and bool(self.pid_namespace)
        if not is_here or self.pid_namespace != _pid_namespace():
            return False
        try:
            os.kill(self.pid, 0)
        except OSError as error:
            return isinstance(error, ProcessLookupError)
        return False


class LockClaim:
    """The lock of one run, until it is released or this program ends."""

    def __init__(self, descriptor: int) -> None:
        """Own a descriptor that holds the lock; `FlockClaims.acquire` is the way to get one."""
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let go of the run. May be called twice."""
        if self._descriptor is not None:
            # Said aloud, so that a copy of the descriptor in a child about to start something keeps nothing locked.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = None


class FlockClaims:
    """`Claims` by locks on files of one machine, each in the folder of its run."""

    def __init__(self, folder: Path) -> None:
        """Lock runs whose folders stand in `folder`, each under the run's id."""
        self._folder = folder

    def acquire(self, run: RunId) -> LockClaim:
        """Claim a run, and write down that this program holds it; the run's folder is made if need be."""
        path = self._folder / run / LOCK_NAME
        begun_at = time.monotonic()
        while True:
            descriptor = _open(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                if time.monotonic() - begun_at < _patience_s(path):
                    time.sleep(_TRY_AGAIN_S)
                    continue
                raise _held(path, "is held by another engine") from None
            # The folder may have been removed and made anew since it was opened: then this is the lock of nothing.
            if _is_same(descriptor, path):
                break
            os.close(descriptor)
        content = written(LockHolder.this())
        os.pwrite(descriptor, content, 0)
        os.ftruncate(descriptor, len(content))  # afterwards: some systems wait for the disk where a file is emptied
        return LockClaim(descriptor)

    def take_over(self, run: RunId, grace_s: float) -> LockClaim:
        """Ask whoever holds the run to stop (SIGTERM), kill it after `grace_s` seconds, then claim the run."""
        path = self._folder / run / LOCK_NAME
        current = _holder_of(path)
        if current is not None:
            _end_holder(path, current, grace_s)
        return self.acquire(run)

    def holder(self, run: RunId) -> LockHolder | None:
        """Return who holds the run now; None when nobody does, or it has not yet said who it is."""
        return _holder_of(self._folder / run / LOCK_NAME)


def _holder_of(path: Path) -> LockHolder | None:
    """Return who holds a lock; of a program that was killed the system may hold it a moment longer: that is nobody."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _read_holder(path)
        return None if holder is None or holder.has_ended else holder
    else:
        return None
    finally:
        os.close(descriptor)


def _patience_s(path: Path) -> float:
    """Return how long to wait for a lock that somebody has: not at all for a program at work."""
    if _holder_of(path) is not None:
        return 0.0
    said = _read_holder(path)
    return _UNNAMED_S if said is None or not said.has_ended else _KILL_GRACE_S


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(
            f"The lock file {str(path)!r} cannot be made: {error.strerror}. Make its folder writable, then resume.",
            path=str(path),
        ) from error


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _read_holder(path: Path) -> LockHolder | None:
    try:
        return LockHolder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _held(path: Path, what: str) -> RunHeld:
    holder, run = _read_holder(path), path.parent.name
    who = "it has not said yet which" if holder is None else holder.said
    return RunHeld(
        f"Run {run!r} {what} ({who}). Wait until it is done, or end it and go on with "
        f"`surefoot resume {run} --take-over`.",
        run=run,
        holder=holder,
    )


def _end_holder(path: Path, holder: LockHolder, grace_s: float) -> None:
    if holder.host != os.uname().nodename:
        raise _held(path, f"is held on {holder.host} and can be ended only there")
    if not sys.platform.startswith("linux"):
        raise _held(path, f"is held by another engine, which you have to end yourself: `kill {holder.pid}`")
    try:
        # What the descriptor stands for stays the same program, even when its id is given to another one.
        program = os.pidfd_open(holder.pid)
    except ProcessLookupError:
        return
    try:
        is_holder = _start_ticks(holder.pid) == holder.start_ticks and _holds(holder.pid, path)
        if not is_holder or holder.pid == os.getpid():
            raise _held(path, "is held by a program that is not the one it names, and which is left alone")
        for number, wait_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, _KILL_GRACE_S)):
            if _ended(program, number, wait_s):
                return
    finally:
        os.close(program)
    raise _held(path, "is held by an engine that does not go even when killed")


def _ended(program: int, number: signal.Signals, wait_s: float) -> bool:
    try:
        signal.pidfd_send_signal(program, number)
    except ProcessLookupError:
        return True
    poll = select.poll()
    poll.register(program, select.POLLIN)
    return bool(poll.poll(wait_s * 1000))


def _holds(pid: int, path: Path) -> bool:
    """Tell from the system's own list of its open files whether the program holds the lock."""
    descriptors = Path(f"/proc/{pid}/fd")
    try:
        lock = path.stat()
        for link in descriptors.iterdir():
            try:
                is_lock = os.path.samestat(link.stat(), lock)
                if is_lock and "FLOCK" in (descriptors.parent / "fdinfo" / link.name).read_text():
                    return True
            except FileNotFoundError:  # closed meanwhile
                continue
    except OSError:
        return False
    return False


@cache
def _of_this_program(pid: int) -> tuple[str, int | None, str]:
    """Return what does not change while a program runs; a copy of it has another id."""
    return shlex.join(sys.argv), _start_ticks(pid), _pid_namespace()


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _start_ticks(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in parentheses and may hold anything.
    return int(stat.rpartition(")")[2].split()[19])
