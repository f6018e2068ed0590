"""The home (`$SUREFOOT_HOME`), the implementations behind the ports, and the lookup of runs by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from surefoot.clock import SystemClock
from surefoot.core.events import RunCreated, StepVerified
from surefoot.core.ids import RunId, nearest_said
from surefoot.core.state import RunState
from surefoot.engines.snapshots import load_state
from surefoot.engines.standings import standing_at
from surefoot.errors import JournalError, RunNotFound, SurefootError
from surefoot.journal.claim import FlockClaims
from surefoot.journal.sqlite import DATABASE_NAME, SqliteJournal
from surefoot.ports import Clock, Program
from surefoot.ports.storage import Claims, Holder, Journal, Standing

if TYPE_CHECKING:
    from surefoot.workers.run_context import FunctionRegistry, RunContext

LATEST = "latest"


def home_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return `$SUREFOOT_HOME`, or its default below `$XDG_STATE_HOME`."""
    env = os.environ if environ is None else environ
    if env.get("SUREFOOT_HOME"):
        return Path(env["SUREFOOT_HOME"]).absolute()
    state = env.get("XDG_STATE_HOME") or str(Path(env.get("HOME", "~")).expanduser() / ".local" / "state")
    return Path(state).absolute() / "surefoot"


def has_journal(folder: Path) -> bool:
    """Tell whether there is a journal below a home, without opening it."""
    return (folder / DATABASE_NAME).is_file()


def random_text(length: int) -> str:
    """Return so many letters and digits that nobody can guess."""
    import secrets
    import string

    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))


def this_program() -> Program:
    """Describe the program that this is."""
    host, is_root = os.uname().nodename, os.geteuid() == 0
    return Program(pid=os.getpid(), host=host, is_root=is_root, random_text=random_text, boot=_boot())


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:  # not every system tells
        return ""


class Machine(Protocol):
    """Where the commands of runs are carried out, if that is not simply this machine."""

    async def open(self, home: Home, state: RunState, functions: FunctionRegistry) -> RunContext:
        """Make ready what a run works with; the caller holds its claim."""
        ...


class Home:
    """`$SUREFOOT_HOME`, opened: the journal and the folders of the runs, and what works on them is given."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        journal: Journal | None = None,
        clock: Clock | None = None,
        program: Program | None = None,
        machine: Machine | None = None,
    ) -> None:
        """Open the home at `folder` (default: where the environment says), making it if need be.

        Raises:
            JournalError: the journal cannot be opened; the message says why and what to do.
        """
        self.folder = (home_folder() if folder is None else folder).resolve()
        self.journal: Journal = SqliteJournal.open(self.folder) if journal is None else journal
        self.claims: Claims = FlockClaims(self.folder / "runs")
        self.clock: Clock = SystemClock() if clock is None else clock
        self.program = this_program() if program is None else program
        self.machine = machine
        """Makes ready what a run works with; None: the files and programs of this machine."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the journal."""
        self.close()

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()

    def run_folder(self, run: RunId) -> Path:
        """Return the folder of a run."""
        return self.folder / "runs" / run

    def size_file(self, run: RunId) -> Path:
        """Return the file that says how many bytes the folder of a run took when an engine last let go of the run."""
        return self.run_folder(run) / "size"

    def noted_size(self, run: RunId) -> int | None:
        """Return what that file says; None: no engine has let go of the run."""
        try:
            return int(self.size_file(run).read_text("ascii"))
        except (OSError, ValueError):
            return None

    def holder(self, run: RunId) -> Holder | None:
        """Return whose engine is at work on the run; None: none is."""
        return self.claims.holder(run)

    def is_held(self, run: RunId) -> bool:
        """Tell whether an engine is at work on the run."""
        return self.claims.holder(run) is not None

    def find(self, name: str = LATEST, repository: Path | None = None) -> RunId:
        """Return the run that an id, a unique prefix or `latest` means; `latest` looks at one repository if given.

        Raises:
            RunNotFound: none, or more than one, goes by that name.
        """
        rows = self.journal.runs()
        if name == LATEST:
            own = [row for row in rows if repository is None or row.repository == str(repository)]
            if not own:
                where = f" in {repository}" if repository is not None else ""
                raise RunNotFound(f"there is no run{where} yet; `surefoot run PLAN` starts one", name=name)
            return max(own, key=lambda row: (row.created_at, row.run)).run
        if not name:
            raise RunNotFound("the name of the run is empty; `surefoot ls` lists the runs there are", name=name)
        found = [row.run for row in rows if row.run == name] or [row.run for row in rows if row.run.startswith(name)]
        if not found:
            near = nearest_said(name, (row.run for row in rows))
            raise RunNotFound(f"there is no run {name!r}; `surefoot ls` lists the runs there are{near}", name=name)
        if len(found) > 1:
            raise RunNotFound(f"{name!r} means several runs: {', '.join(sorted(found))}; give more of it", name=name)
        return found[0]

    def state(self, run: RunId) -> RunState:
        """Return the state of a run."""
        return load_state(self.journal, run)

    def standings(self) -> dict[RunId, Standing]:
        """Return where the runs stand, but for those that an engine has brought further than is kept.

        What is missing is made anew: a program may have been killed before it could keep it.
        """
        standings = self.journal.standings()
        missing = [row.run for row in self.journal.runs() if row.run not in standings and not self.is_held(row.run)]
        made: dict[RunId, Standing] = {}
        for run in missing:
            with suppress(SurefootError):  # a damaged run hides no other
                made[run] = standing_at(self.state(run))
        if made:
            with suppress(JournalError):  # of a disk that is full, runs can still be listed
                self.journal.save_standings(made)
        return standings | made

    def has_verified(self, state: RunState, commit: str) -> bool:
        """Tell whether a run's journal knows a commit: as the base, or as a step's result, even one taken back."""
        if commit in (state.created.base, *(node.commit for node in state.nodes.values())):
            return True
        recorded = self.journal.events(state.created.run)
        return any(isinstance(one.event, StepVerified) and one.event.commit == commit for one in recorded)

    def created(self, run: RunId) -> RunCreated:
        """Return a run's first event."""
        first = next(iter(self.journal.events(run))).event
        assert isinstance(first, RunCreated)
        return first
