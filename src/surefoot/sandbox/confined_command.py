"""One confined command under a guard: start, output, time-out, cancellation, end.

Owns the life of a command as the engine sees it. Must never return, nor raise, while anything of the command is alive.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from surefoot import faults
from surefoot.core.plan import LOOPBACK
from surefoot.core.record import record
from surefoot.masking import Masker
from surefoot.sandbox.isolation import bubblewrap_program, detect_rung
from surefoot.sandbox.landlock import coverage_of, file_rules, landlock_abi, port_rules
from surefoot.sandbox.mounts import PRIVATE_TEMPORARY, bubblewrap_arguments, shown_places
from surefoot.sandbox.orphans import MARK_VARIABLE, limit_of, sweep_exactly
from surefoot.sandbox.output_capture import OutputSpool
from surefoot.sandbox.seccomp import call_number, open_filter
from surefoot.sandbox.spec import CommandResult, CommandSpec, Rung

_BESIDE = f"import sys; sys.path.append({str(Path(__file__).parent)!r})"
_GUARD = f"{_BESIDE}; import guard; guard.main()"
_JOINING = f"{_BESIDE}; import namespace_entry; namespace_entry.main()"
_RELAY = f"{_BESIDE}; import relay; relay.main()"
"""All are imported, not run as scripts: that takes the compiled form, which saves five milliseconds a command."""
_CHUNK = 1 << 16
_TRIES = 3
"""So often a sandbox is set up for one command, if nothing was started in it."""
_ENDING_S = 10.0
"""The guard needs at most seven seconds to end everything; after ten it is itself ended."""
_REFUSING_S = 1.0
"""So long a sandbox that cannot be set up may take to end after it has said why."""
_DRAIN_S = 2.0
"""How long the end of the output is awaited: who outlived a killed guard may hold the pipe for ever."""


async def run_command(
    spec: CommandSpec,
    *,
    spool: Path,
    masker: Masker,
    on_line: Callable[[str], None] | None = None,
    until: asyncio.Future[None] | None = None,
    streams: tuple[int, int] | None = None,
) -> CommandResult:
    """Run a command to its end; its masked output goes to the file `spool`, line by line also to `on_line`.

    Cancelling ends the whole tree (asked first, killed after two seconds), waits for that and raises `CancelledError`;
    so does an exception out of `on_line`. A command that cannot be started is a result, not an exception. When `until`
    is done the whole tree is ended, too, and that is a result. `streams` are the descriptors of its standard input and
    output, which the caller closes; else it has no input, and its output goes to the spool as its errors do.

    Raises:
        UsageError: `SUREFOOT_RUNG` demands a rung that this machine does not offer.
    """
    assert spec.argv, "a command has at least a program"
    began = time.monotonic()
    with spool.open("wb") as file:
        output = OutputSpool(file, masker, on_line, spec.output_max, spec.output_end_max)
        if spec.cwd.is_dir():
            end = await _run(spec, output, until, streams)
        else:
            said = f"The folder {str(spec.cwd)!r}, in which {spec.argv[0]!r} should run, does not exist"
            end = _End(refusal=f"{said}; correct `cwd`.\n")
        output.feed(end.refusal.encode("utf-8", "replace"))
        output.finish()
    return CommandResult(
        exit_code=end.exit_code,
        signal=end.signal,
        timed_out=end.timed_out,
        interrupted=end.interrupted,
        output=spool,
        tail=output.tail,
        duration_s=time.monotonic() - began,
        started=not end.refusal,
    )


@record
class _End:
    """How it ended; see the fields of `CommandResult`."""

    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    interrupted: bool = False
    refusal: str = ""
    is_unmade: bool = False
    """Whether the sandbox could not be set up, so that nothing was started."""


async def _run(
    spec: CommandSpec, output: OutputSpool, until: asyncio.Future[None] | None, streams: tuple[int, int] | None
) -> _End:
    rung = detect_rung() if spec.confine else Rung.PLAIN
    has_own = rung is Rung.BUBBLEWRAP or "TMPDIR" in spec.env
    scratch = "" if has_own else tempfile.mkdtemp(prefix="surefoot-")
    try:
        # What has to be hidden can vanish between the look at it and its mount: a socket, most often.
        end = _End()
        for _ in range(_TRIES):
            guard = _start(spec, output, rung=rung, scratch=scratch, streams=streams)
            end = guard if isinstance(guard, _End) else await guard.wait_end(spec, until)
            if not end.is_unmade:
                break
        return end
    finally:
        # The guard has removed it, unless it was killed.
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)


@record(frozen=False)
class _Ties:
    """What the guard is given beside the command: descriptors, and the relay that holds the other end of one."""

    control: int
    scratch: str
    mark: str
    """The limit by which left-overs are known; empty where a process namespace leaves none."""
    rules: tuple[int, ...] = ()
    """Landlock's rule sets: the command's own first, then the one that all share."""
    filter: int | None = None
    """Where the filter of system calls can be read."""
    is_first: bool = False
    """Whether the guard is the first process of a namespace: then `bwrap` loads the filter."""
    relay: socket.socket | None = None
    """The guard's end of what leads to the relay."""
    relaying: subprocess.Popen[bytes] | None = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All the guard inherits."""
        relay = None if self.relay is None else self.relay.fileno()
        return (self.control, *self.rules, *(number for number in (self.filter, relay) if number is not None))

    @property
    def words(self) -> list[str]:
        """What the guard is told of them, in its own order, but the locale."""
        rules = ",".join(map(str, self.rules))
        has_filter = self.filter is not None
        filter_ = str(self.filter) if has_filter and not self.is_first else ""
        keyring = str(call_number("keyctl")) if has_filter else ""
        return [rules, filter_, keyring, self.mark, "" if self.relay is None else str(self.relay.fileno())]

    def let_go(self) -> None:
        """Close what the guard has by now, or will never have."""
        for number in (*self.rules[:1], *([] if self.filter is None else [self.filter])):
            os.close(number)
        if self.relay is not None:
            self.relay.close()

    def give_up(self) -> None:
        """End the relay of a guard that never came to be."""
        if self.relaying is not None:
            self.relaying.kill()
            self.relaying.wait()


def _tie(spec: CommandSpec, rung: Rung, ties: _Ties) -> None:
    """Make what the rung needs for this command."""
    if rung is not Rung.PLAIN:
        ties.filter = open_filter(rung)
    if rung is Rung.LANDLOCK:
        coverage = coverage_of(landlock_abi())
        writable = (*spec.writable, *([Path(ties.scratch)] if ties.scratch else []))
        shown = shown_places(spec) if spec.hidden else ()
        ties.rules = (file_rules(writable, coverage, hidden=spec.hidden, shown=shown),)
        if coverage.has_ports and not spec.network:
            ties.rules += (port_rules(),)
    if rung is Rung.BUBBLEWRAP and spec.network == LOOPBACK:
        ties.relay, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            ties.relaying = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _RELAY, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={MARK_VARIABLE: spec.mark} if spec.mark else {},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )


def _start(
    spec: CommandSpec, output: OutputSpool, *, rung: Rung, scratch: str, streams: tuple[int, int] | None
) -> _Guard | _End:
    """Start the guard, and with it the command. Nothing is awaited here, so that no cancellation can lose it."""
    ours, theirs = socket.socketpair()
    # One pipe for both outputs: with two, what is written to both between two reads has lost its order.
    reading, writing = os.pipe()
    is_first = rung is Rung.BUBBLEWRAP
    mark = str(limit_of(spec.mark)) if spec.mark and not is_first and sys.platform == "linux" else ""
    ties = _Ties(control=theirs.fileno(), scratch=scratch, mark=mark, is_first=is_first)
    # The guard has the command's environment; Python's own variables do not reach it (`-I`).
    environment = {"TMPDIR": scratch or PRIVATE_TEMPORARY, **spec.env}
    if spec.mark:
        environment[MARK_VARIABLE] = spec.mark
    try:
        _tie(spec, rung, ties)
        program = subprocess.Popen(
            _command_line(spec, rung, ties),
            stdin=subprocess.DEVNULL if streams is None else streams[0],
            stdout=writing if streams is None else streams[1],
            stderr=writing,
            cwd=spec.cwd,
            env=environment,
            pass_fds=(*ties.descriptors, *(spec.namespaces if rung is Rung.BUBBLEWRAP else ())),
            # The terminal's Ctrl-C is for the engine, which decides what it means.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        ours.close()
        os.close(reading)
        ties.give_up()
        return _End(refusal=f"{spec.argv[0]!r} could not be started: {error}.\n")
    finally:
        theirs.close()
        os.close(writing)
        ties.let_go()
    faults.point("sandbox.spawned")
    return _Guard((program, ties.relaying), ours, reading, output)


def _command_line(spec: CommandSpec, rung: Rung, ties: _Ties) -> list[str]:
    told = [str(ties.control), ties.scratch, spec.env.get("LC_CTYPE", ""), *ties.words]
    guard = [sys.executable, "-I", "-S", "-c", _GUARD, *told, *spec.argv]
    if rung is not Rung.BUBBLEWRAP:
        return guard
    command = [str(bubblewrap_program()), *bubblewrap_arguments(spec, os.environ, ties.filter), *guard]
    if not spec.namespaces:
        return command
    return [sys.executable, "-I", "-S", "-c", _JOINING, ",".join(map(str, spec.namespaces)), *command]


class _Guard:
    """A running guard, as the engine sees it."""

    def __init__(
        self,
        programs: tuple[subprocess.Popen[bytes], subprocess.Popen[bytes] | None],
        control: socket.socket,
        pipe: int,
        output: OutputSpool,
    ) -> None:
        self._program, self._relay = programs
        self._control = control
        self._pipe = pipe
        self._said = b""
        self._output, self._early = output, b""
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listening = asyncio.ensure_future(_read_all(control.fileno(), self._hear))
        self._pumping = asyncio.ensure_future(_read_all(pipe, self._take))

    async def wait_end(self, spec: CommandSpec, until: asyncio.Future[None] | None) -> _End:
        """Wait for the end of the command, or bring it about."""
        ends: set[asyncio.Future[None]] = {self._over, self._listening, self._pumping}
        try:
            done, _ = await asyncio.wait(
                ends if until is None else {*ends, until},
                timeout=spec.timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            await _to_its_end(lambda: self._close(spec.mark))
        if not self._pumping.cancelled():
            self._pumping.result()
        return self._judge(spec, timed_out=not done)

    def _hear(self, chunk: bytes) -> None:
        self._said += chunk
        self._take(b"")
        if self._word("failed", "ended") and not self._over.done():
            self._over.set_result(None)

    def _take(self, chunk: bytes) -> None:
        """Keep what is printed before the guard is up: it is not the command's."""
        if self._word("up") is None:
            self._early += chunk
        else:
            self._output.feed(self._early + chunk)
            self._early = b""

    def _word(self, *words: str) -> tuple[str, int] | None:
        """Return the first of the guard's lines that begins with one of the words, and its number."""
        for line in self._said.decode("ascii").split("\n")[:-1]:
            word, _, number = line.partition(" ")
            if word in words:
                return word, int(number or 0)
        return None

    async def _close(self, mark: str) -> None:
        """End whatever still runs, and wait for it; may be begun anew when it was cut off."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
        await asyncio.wait({self._listening}, timeout=_ENDING_S)
        if not self._listening.done():
            self._program.kill()
        if self._word("up", "failed") is None:
            # Nothing was started. What could not be set up is just saying so; ended by a signal it could not.
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._program.wait, _REFUSING_S)
        if mark and self._word("failed", "ended") is None:
            await asyncio.to_thread(sweep_exactly, mark)
        await asyncio.wait({self._pumping}, timeout=_DRAIN_S)
        # On the bubblewrap rung this is what says that the whole process namespace is gone.
        await asyncio.to_thread(self._program.wait)
        # The relay ends when its other half has; it has nothing left to say.
        if self._relay is not None:
            self._relay.kill()
            self._relay.wait()
        for reading in (self._listening, self._pumping):
            reading.cancel()
        await asyncio.wait({self._listening, self._pumping})
        if self._pipe >= 0:
            self._control.close()
            os.close(self._pipe)
            self._pipe = -1

    def _judge(self, spec: CommandSpec, *, timed_out: bool) -> _End:
        report = self._word("failed", "ended")
        if report is None and self._word("up") is None and not timed_out and self._program.returncode > 0:
            why = self._early.decode("utf-8", "replace").strip() or "no reason was given"
            said = f"{spec.argv[0]!r} could not be started: the sandbox could not be set up: {why}.\n"
            return _End(refusal=said, is_unmade=True)
        self._output.feed(self._early)
        if report is None:
            return _End(timed_out=timed_out, interrupted=not timed_out)
        word, number = report
        if word == "failed":
            program, reason = spec.argv[0], os.strerror(number)
            if number == errno.ENOENT:
                place = "at that path" if "/" in program else f"on PATH ({spec.env.get('PATH', os.defpath)})"
                reason = f"there is no such program {place}, or what its first line names is missing"
            said = f"{program!r} could not be started: {reason}. Install it or correct the command.\n"
            return _End(refusal=said)
        code = os.waitstatus_to_exitcode(number)
        return _End(exit_code=code if code >= 0 else None, signal=-code if code < 0 else None, timed_out=timed_out)


async def _read_all(source: int, take: Callable[[bytes], None]) -> None:
    """Hand everything that comes out of a file descriptor to `take`, until its end."""
    os.set_blocking(source, False)
    while True:
        await _wait_readable(source)
        try:
            chunk = os.read(source, _CHUNK)
        except BlockingIOError:
            continue
        except ConnectionError:
            return
        if not chunk:
            return
        take(chunk)


async def _wait_readable(source: int) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(source, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(source)


async def _to_its_end(begin: Callable[[], Coroutine[None, None, None]]) -> None:
    """Await a coroutine to its end, however often that is cancelled; only then let the cancellation go on."""
    cancelled = False
    while True:
        # A loop that shuts down cancels the inner one too: then it is begun anew.
        inner = asyncio.ensure_future(begin())
        while not inner.done():
            try:
                await asyncio.shield(inner)
            except asyncio.CancelledError:
                cancelled = True
        if not inner.cancelled():
            break
    inner.result()
    if cancelled:
        raise asyncio.CancelledError
