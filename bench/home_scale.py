"""A home of 1,000 ended runs and a journal of a gigabyte: what `ls`, `status` and `inbox` take there.

Three runs are made for real: one that completes, one in which a step fails, one that waits for a person. The first two
are replayed under other names, event by event, through the journal's own append; so is what the engine keeps of where
they stand. The commands are whole programs, taken in turn with each other and with the interpreter alone.
"""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import surefoot
from bench.measuring import Goal, Section, Setting, median, spread
from bench.participants.surefoot_runs import nothing
from surefoot import Plan, Step, StepArgument
from surefoot.api.home import Home
from surefoot.core.events import RunCreated
from surefoot.core.ids import RunId
from surefoot.engines.standings import standing_at
from surefoot.ports.storage import Batch

WAITING = "20260101-waiter"
COMMANDS = {
    "ls": ("ls",),
    "status": ("status", WAITING),
    "inbox": ("inbox",),
    "inbox --all": ("inbox", "--all"),
}
BYTES_PER_STEP = 1_650
"""What the journal holds of a step that does nothing, about."""


async def _fail(_: StepArgument) -> None:
    raise RuntimeError("as it should")


def _chain(steps: int, last: Step) -> Plan:
    made = [Step(f"step-{at}", nothing, needs=[f"step-{at - 1}"] if at else []) for at in range(steps)]
    return Plan(goal="Be one of many", steps=[*made, last])


def make_home(folder: Path, runs: int, run_bytes: int) -> None:
    """Make a home with so many ended runs, each about so large, and one that waits."""
    steps = max(3, run_bytes // BYTES_PER_STEP)
    end = [f"step-{steps - 1}"]
    lasts = (Step("last", nothing, needs=end), Step("last", _fail, needs=end), Step("last", ask="Go on?", needs=end))
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for number, last in enumerate(lasts[:2]):
            surefoot.run(_chain(steps, last), home=Path(name), run_id=f"20260101-maker{number}")
        with Home(Path(name)) as made, Home(folder) as home:
            for number in range(runs):
                _replay(made, home, RunId(f"20260101-maker{number % 2}"), RunId(f"20260101-{number:06}"))
    surefoot.run(_chain(steps, lasts[2]), home=folder, run_id=WAITING)


def _replay(made: Home, home: Home, run: RunId, name: RunId) -> None:
    """Append a run's events under another name."""
    events = [recorded.event for recorded in made.journal.events(run)]
    assert isinstance(events[0], RunCreated)
    events[0] = replace(events[0], run=name)
    batch = Batch(name, 0, events, standing=standing_at(made.state(run)))
    (answer,) = home.journal.append([batch])
    assert not isinstance(answer, Exception)


def taken_s(home: Path, *words: str) -> float:
    """Run the program and return how long it took."""
    begun = time.perf_counter()
    env = {**os.environ, "SUREFOOT_HOME": str(home)}
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL, env=env, cwd=home)
    return time.perf_counter() - begun


def _journal_bytes(home: Path) -> int:
    return sum(path.stat().st_size for path in home.glob("journal.db*"))


def measure(setting: Setting) -> Section:
    """Make the home, and run the commands in turn."""
    runs, size = setting.size(1_000, 6), setting.size(1_000_000_000, 100_000)
    section = Section(f"A home of {runs:,} ended runs", ("", "seconds"))
    compileall.compile_dir(Path(surefoot.__file__).parent, quiet=1)
    taken: dict[str, list[float]] = {"": []} | {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        home = Path(name)
        make_home(home, runs, size // runs)
        megabytes = _journal_bytes(home) / 1e6
        for _ in range(setting.size(15, 1)):
            taken[""].append(taken_s(home, "-c", "pass"))
            for command, words in COMMANDS.items():
                taken[command].append(taken_s(home, "-m", "surefoot", *words))
    for command, seconds in taken.items():
        said = f"`surefoot {command}`" if command else "`python -c pass`"
        section.rows.append((said, f"{median(seconds):.3f} ({spread(seconds)})"))
    section.notes.append(
        f"The journal has {megabytes:,.0f} MB and stands in the page cache; output goes nowhere. `status` is that of a "
        "run as long as the others. One run more waits for an answer, which `inbox` shows."
    )
    section.goals += [
        Goal(f"`surefoot {command}`, {runs:,} runs", median(taken[command]), 0.5, 0.3, " s", how=spread(taken[command]))
        for command in COMMANDS
    ]
    return section
