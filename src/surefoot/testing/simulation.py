"""Repeatable runs: virtual time, a journal in memory, fixed ids."""

from __future__ import annotations

import random
import string
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from surefoot.api.engagement import Watching
from surefoot.api.home import Home
from surefoot.api.python_plans import Plan, run_plan
from surefoot.api.run_options import Options
from surefoot.core.events import Event
from surefoot.core.ids import RunId
from surefoot.core.record import record
from surefoot.core.report_shape import Report
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports import Program
from surefoot.testing.virtual_clock import VirtualClock

RUN = "20260101-aaaaaa"
"""The id of a simulated run unless another one is asked for."""


@record
class Simulated:
    """What came of a simulated run."""

    report: Report
    events: tuple[Event, ...]
    journal: bytes
    """The journal to the letter: a line an event, with the hash that covers all before."""
    took_s: float
    """How long the run took in virtual seconds."""


def simulate(
    plan: Plan,
    *,
    repo: Path | str | None = None,
    options: Options | None = None,
    watching: Watching | None = None,
    clock: VirtualClock | None = None,
) -> Simulated:
    """Carry out a plan on a virtual clock and return what came of it.

    Two simulations of one plan give the same journal, byte by byte, as long as its functions behave alike and no step
    or check is a command: what commands take is measured outside.
    """
    clock = clock or VirtualClock()
    began = clock.now()
    with simulated_home(clock) as home:
        main = run_plan(plan, repo=repo, run_id=RUN, home=home, options=options, watching=watching)
        report = clock.run(main)
        return Simulated(
            report=report,
            events=tuple(recorded.event for recorded in home.journal.events(RunId(RUN))),
            journal=journal_text(home, RUN),
            took_s=clock.now() - began,
        )


@contextmanager
def simulated_home(clock: VirtualClock) -> Generator[Home]:
    """Open an empty home that ends with the block: its journal in memory, its ids made from a seed."""
    seeded = random.Random(RUN)  # noqa: S311 - to be the same each time is what these are for
    letters = string.ascii_lowercase + string.digits
    program = Program(
        pid=1, host="simulated", is_root=False, random_text=lambda length: "".join(seeded.choices(letters, k=length))
    )
    with (
        tempfile.TemporaryDirectory(prefix="surefoot-") as folder,
        Home(Path(folder), journal=SqliteJournal.in_memory(), clock=clock, program=program) as home,
    ):
        yield home


def journal_text(home: Home, run: str) -> bytes:
    """Return a run's journal to the letter."""
    rows = home.journal.stored(RunId(run))
    return b"".join(f"{one.seq} {one.row.kind} {one.hash.hex()} ".encode() + one.row.body + b"\n" for one in rows)
