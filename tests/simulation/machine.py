"""A simulated machine: its clock and event loop, its disk, who holds the run, and the programs on it."""

from __future__ import annotations

import asyncio
import errno
import random
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from surefoot.api.home import Home
from surefoot.core.events import Event
from surefoot.core.ids import RunId
from surefoot.effects.effect import Command, Effect, OnCrash
from surefoot.errors import ClaimLost, JournalConflict, JournalError, RunHeld
from surefoot.journal.database import Disk as DatabaseDisk
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports import Program
from surefoot.ports.storage import Appended, Batch
from surefoot.sandbox import Rung
from surefoot.testing.virtual_clock import START, VirtualClock, _VirtualLoop
from surefoot.workers.dispatch import performer_of
from surefoot.workers.run_context import FunctionRegistry, Performer, RunContext
from tests.simulation.disk import Disk
from tests.simulation.monitor import Monitor
from tests.simulation.world import World

if TYPE_CHECKING:
    from surefoot.core.state import RunState

RUN = RunId("20260101-aaaaaa")
CONFLICTS_MAX = 100
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Clock(VirtualClock):
    """Virtual time that somebody may set forward and back."""

    def __init__(self) -> None:
        """Begin in order."""
        super().__init__(START)
        self.set_by_s = 0.0

    def now(self) -> float:
        """Return what the clock on the wall shows."""
        return self._now + self.set_by_s

    async def wait_until(self, due: float) -> None:
        """Wait until the clock on the wall shows it."""
        while (left_s := due - self.now()) > 0:  # noqa: ASYNC110 - as the clock of the system does
            await asyncio.sleep(left_s)

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end, on a loop that counts its turns."""
        with asyncio.Runner(loop_factory=lambda: Loop(self)) as runner:
            runner.run(main)


class Loop(_VirtualLoop):
    """An event loop that calls somebody at a turn."""

    def __init__(self, clock: Clock) -> None:
        """Take the time from a clock that nobody sets."""
        super().__init__(clock)
        self.turns = 0
        self.alarms: list[tuple[int, Callable[[], None]]] = []
        """Whom to call at which turn, the last first."""

    def time(self) -> float:
        """Return the time that only passes."""
        return self._clock.elapsed()

    def _run_once(self) -> None:
        self.turns += 1
        while self.alarms and self.alarms[-1][0] <= self.turns:
            self.alarms.pop()[1]()
        super()._run_once()  # type: ignore[misc]


class Machine:
    """One machine with its disk and its programs."""

    def __init__(self, seed: int, world: World, monitor: Monitor) -> None:
        """Begin with an empty disk."""
        self.world, self.monitor = world, monitor
        self.clock = Clock()
        self.chance = random.Random(f"machine {seed}")
        self.disk = Disk(random.Random(f"disk {seed}"))
        self.holder: Process | None = None
        self.processes: list[Process] = []
        self.slips: list[Callable[[], None]] = []
        """What others do between the reading and the writing of the next that appends."""
        self._folder = tempfile.TemporaryDirectory(prefix="surefoot-sim-", dir=_fast_folder())
        self.folder = Path(self._folder.name)
        (self.folder / "runs" / RUN).mkdir(parents=True)
        self._started, self.boots = 0, 1
        self._power_was_cut = False
        self._keeper: SqliteJournal | None = None

    def boot(self) -> Process:
        """Start a program."""
        self._started += 1
        if self._keeper is None:
            self._keeper = self._opened(None)
        process = Process(self, self._started)
        self.processes.append(process)
        if self.monitor.events:
            self.monitor.reopened(process.home.journal, after_power_cut=self._power_was_cut)
            self._power_was_cut = False
        return process

    def opened(self, process: Process) -> SqliteJournal:
        """Open the journal for a program."""
        return self._opened(process)

    def _opened(self, process: Process | None) -> SqliteJournal:
        def sync(path: Path) -> None:
            if process is not None and not process.is_alive:
                raise OSError(errno.EBADF, "the program is dead")
            self.disk.sync(path)

        journal = WatchedJournal.open(self.folder, disk=DatabaseDisk(vfs=self.disk.vfs, sync=sync))
        journal.process = process
        return journal

    def checkpoint(self) -> None:
        """Let SQLite move what is in its log into the database, as it does when that is long."""
        if self._keeper is not None:
            with suppress(apsw.Error):
                list(_connection(self._keeper).execute("PRAGMA wal_checkpoint(RESTART)"))

    def cut_power(self) -> None:
        """Stop everything at once; the disk keeps what it has."""
        self.disk.is_off = True
        for process in list(self.processes):
            process.kill()
        if self._keeper is not None:
            dropped(self._keeper)
            self._keeper = None
        self.disk.cut_power()
        self.disk.is_off = False
        self.boots += 1
        self._power_was_cut = True

    def close(self) -> None:
        """Leave nothing."""
        self.cut_power()
        self.disk.close()
        self._folder.cleanup()


class Process:
    """A program on the machine: an engine, or a command that a person has typed."""

    def __init__(self, machine: Machine, number: int) -> None:
        """Open the home."""
        self.machine, self.number = machine, number
        self.is_alive = True
        self.is_swept = False
        """Whether what it had at work was ended by an engine that took the run over."""
        self.task: asyncio.Task[Any] | None = None
        self.live: RunState | None = None
        own = {"host": "simulated", "is_root": False, "random_text": self._random_text}
        program = Program(pid=number, boot=f"boot {machine.boots}", **own)
        self.journal = machine.opened(self)
        self.home = Home(machine.folder, journal=self.journal, clock=machine.clock, program=program, machine=self)
        self.home.claims = Claims(self)

    @property
    def has_claim(self) -> bool:
        """Whether it holds the run."""
        return self.machine.holder is self

    def _random_text(self, length: int) -> str:
        return "".join(self.machine.chance.choices(LETTERS, k=length))

    def kill(self) -> None:
        """End it at once: nothing it does from here on reaches anything."""
        if not self.is_alive:
            return
        dropped(self.journal)
        self._leave()
        if self.task is not None:
            self.task.cancel()

    def exit(self) -> None:
        """End in good order."""
        if self.is_alive:
            with suppress(JournalError):
                self.home.close()
            self._leave()

    def _leave(self) -> None:
        """Let go of what the system takes back from a program that ends."""
        self.is_alive = False
        if self.has_claim:
            self.machine.holder = None
        if self in self.machine.processes:
            self.machine.processes.remove(self)

    async def open(self, home: Home, state: RunState, functions: FunctionRegistry) -> RunContext:
        """Make ready what a run works with (`surefoot.api.home.Machine`)."""
        return RunContext(
            run=RUN,
            folder=home.run_folder(RUN),
            plan=state.plan,
            blobs=home.journal.blobs,
            clock=home.clock,
            rung=Rung.PLAIN,
            created=state.created,
            functions=functions,
            environ={},
            performers=self._performer_of,
        )

    def _performer_of(self, effect: Effect) -> Performer:
        return performer_of(effect) if effect.on_crash is OnCrash.REWIND else self._perform

    async def _perform(self, context: RunContext, command: Command) -> Event:
        self.machine.monitor.dispatched(command, has_claim=self.has_claim)
        return await self.machine.world.perform(context, command, lambda: self.is_swept or not self.is_alive)


class Claims:
    """Who holds the run, as one program sees it (`surefoot.ports.storage.Claims`)."""

    def __init__(self, process: Process) -> None:
        """Speak for a program."""
        self._process = process

    def acquire(self, run: RunId) -> Claims:
        """Claim the run."""
        machine = self._process.machine
        if machine.holder is not None:
            raise RunHeld(f"run {run!r} is held by program {machine.holder.number}", run=run, holder=self.holder(run))
        machine.holder = self._process
        return self

    def take_over(self, run: RunId, grace_s: float) -> Claims:
        """Claim the run of a program that hangs: it does not end, and will not know."""
        del grace_s
        if (old := self._process.machine.holder) is not None:
            old.is_swept = True
            self._process.machine.holder = None
        return self.acquire(run)

    def release(self) -> None:
        """Let go of the run."""
        if self._process.has_claim:
            self._process.machine.holder = None

    def holder(self, run: RunId) -> Holder | None:
        """Return who holds it."""
        del run
        found = self._process.machine.holder
        return None if found is None else Holder(found.number)


class Holder:
    """A program that holds the run (`surefoot.ports.storage.Holder`)."""

    host = "simulated"
    is_visible = True

    def __init__(self, pid: int) -> None:
        """Name it."""
        self.pid = pid
        self.said = f"program {pid}"


class WatchedJournal(SqliteJournal):
    """The journal as one program has it open, with the monitor looking on."""

    process: Process | None = None
    conflicts = 0
    """How often in a row it was refused because others had appended."""

    def append(self, batches: Sequence[Batch]) -> list[Appended | JournalConflict | ClaimLost]:
        """Append, after what others slip in between the reading and the writing."""
        process = self.process
        assert process is not None
        slips, process.machine.slips = process.machine.slips, []
        for slip in slips:
            slip()
        answers = super().append(batches)
        self.conflicts = self.conflicts + 1 if isinstance(answers[0], JournalConflict) else 0
        if self.conflicts > CONFLICTS_MAX:
            raise AssertionError("the program tries again and again to append at a place that is gone")
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, Appended):
                process.machine.monitor.committed(batch, answer.hash)
        return answers

    def sync(self) -> None:
        """Force everything appended so far to disk."""
        process = self.process
        syncs = None if process is None else process.machine.disk.syncs
        super().sync()
        if process is not None and process.machine.disk.syncs != syncs:
            process.machine.monitor.synced()

    def raise_token(self, run: RunId) -> int:
        """Make all earlier fencing tokens void."""
        token = super().raise_token(run)
        if self.process is not None:
            self.process.machine.monitor.token = token
        return token


def _connection(journal: SqliteJournal) -> apsw.Connection:
    return journal._database._connection  # type: ignore[return-value]


def dropped(journal: SqliteJournal) -> None:
    """Let go of a journal as the system does for a program that is killed: nothing is synced."""
    with suppress(apsw.Error):
        _connection(journal).close()


def _fast_folder() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
