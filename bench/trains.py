"""Results judged in trains: how often a suite is run for each verified step, and how long a run takes.

Each step writes one file. Its suite sleeps, and fails where the file of a bad step is there; so what others do on the
machine changes little. The same plan is run with trains and with the queue as it was before there were any: of the
commit before the one that brought `core/trains.py`, where the repository has it; else in trains of one result.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.measuring import ROOT, Bars, Goal, Section, Setting, number, run_module
from bench.repository import make_repository

BODY_S = 0.5
RUNGS = ("bubblewrap", "landlock", "plain")
TRAINS, BEFORE = "trains", "one at a time"
BROUGHT_BY = "src/surefoot/core/trains.py"
"""The file with which trains came."""
PLAN = """
goal: One file a step, and a suite
limits: {{parallel: {lanes}{limits}}}
steps:
  - id: add-{{n}}
    for_each: {{n: {items}}}
    run: sleep {body_s}; if echo {bad} | grep -qw {{n}}; then echo wrong; else echo fine; fi > f{{n}}.txt
    retry: {{maximum_attempts: 1}}
    checks:
      - {{run: "test -s f{{n}}.txt", expect: fail_to_pass}}
      - {{run: "echo asked >> $SUREFOOT_MEETING/asked; sleep {suite_s}; ! grep -q wrong f*.txt", expect: pass_to_pass}}
"""
COLUMNS = (
    *("steps", "lanes", "rung", "suite, s", "bad results, %", "suite runs per verified step", "… one at a time"),
    *("wall, s", "… one at a time", "times faster"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One run."""

    lanes: int = 4
    rung: str = "bubblewrap"
    suite_s: float = 1.0
    bad: int = 0
    """Which share of the results the suite does not pass, in per cent."""
    steps: int = 16

    @property
    def good(self) -> int:
        """Return how many steps are verified in the end."""
        return self.steps - round(self.steps * self.bad / 100)


def plan_of(shape: Shape, limits: str) -> str:
    """Return the plan; which steps are bad is the same in every run."""
    wrong = random.Random(7).sample(range(shape.steps), shape.steps - shape.good)  # noqa: S311 - no secret
    return PLAN.format(
        lanes=shape.lanes,
        limits=limits and f", {limits}",
        items=json.dumps([str(one) for one in range(shape.steps)]),
        body_s=BODY_S,
        suite_s=shape.suite_s,
        bad=" ".join(str(one) for one in sorted(wrong)) or "none",
    )


def run_once(shape: Shape, limits: str, source: str) -> dict[str, float]:
    """Run the plan in a new repository with a new home, and return the wall and how often the suite was run."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, user, meeting = Path(name), Path(name) / "user", Path(name) / "meeting"
        user.mkdir()
        meeting.mkdir()
        make_repository(user, 20)
        (folder / "plan.yaml").write_text(plan_of(shape, limits), "utf-8")
        own = {"HOME": str(folder / "home"), "MEETING": str(meeting), "RUNG": shape.rung}
        env = {**os.environ, "PYTHONPATH": source, **{f"SUREFOOT_{key}": value for key, value in own.items()}}
        begun = time.perf_counter()
        run_surefoot(user, env, "run", str(folder / "plan.yaml"))
        wall_s = time.perf_counter() - begun
        report = json.loads(run_surefoot(user, env, "report", "--json"))
        verified = sum(step["state"] == "verified" for step in report["steps"])
        assert (verified, report["rung"]) == (shape.good, shape.rung), report["findings"]
        asked = len((meeting / "asked").read_text("utf-8").splitlines())
        return {"wall_s": wall_s, "asked": asked, "per_step": asked / verified}


def run_surefoot(folder: Path, env: dict[str, str], *args: str) -> str:
    """Run the program to its end in a folder, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "surefoot", *args], cwd=folder, env=env, check=False, capture_output=True, text=True
    )
    return done.stdout


def unpack_earlier(folder: Path) -> str | None:
    """Write the sources before there were trains into the folder; return their place, or None without that history."""
    added = _git("log", "--diff-filter=A", "--format=%H", "--", BROUGHT_BY).split()
    if not added:
        return None
    content = subprocess.run(["git", "archive", f"{added[-1]}^", "src"], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=content.stdout, check=True)
    return str(folder / "src")


def _git(*args: str) -> str:
    return subprocess.run(["git", *args], cwd=ROOT, check=False, capture_output=True, text=True).stdout


def shapes(*, quick: bool) -> Iterator[Shape]:
    """Return what is run: by lanes and rung, then by length of the suite and share of bad results."""
    if quick:
        yield Shape(lanes=2, suite_s=0.1, steps=2, rung="plain")
        return
    for rung in RUNGS:
        for lanes in (1, 2, 4):
            yield Shape(lanes=lanes, rung=rung)
    for suite_s in (0.5, 2.0):
        for bad in (0, 10, 30):
            yield Shape(suite_s=suite_s, bad=bad)


def measure(setting: Setting) -> Section:
    """Run each shape with trains and without, in turn; first the long one for which a goal is set."""
    section = Section("Trains: suite runs per verified step", COLUMNS)
    found: dict[Shape, dict[str, dict[str, float]]] = {}
    long = Shape(lanes=2, suite_s=0.1, steps=3, rung="plain") if setting.quick else Shape(suite_s=4.0, steps=60)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        earlier = unpack_earlier(Path(name))
        for shape in (long, *shapes(quick=setting.quick)):
            found[shape] = _pair(shape, earlier)
            section.rows.append(_row(shape, found[shape]))
            sys.stderr.write(f"trains: {' | '.join(section.rows[-1])}\n")
    _set_goals(section, found, long)
    section.bars = Bars(_bars(found), "suite runs per verified step, logarithmic; less is better", TITLE, "trains")
    section.notes.append(
        f"Each step sleeps {BODY_S} s and writes a file; the suite sleeps as long as the table says. Wall is that of "
        "`surefoot run`, from its start to its end. Each pair was run in turn, once."
    )
    section.notes.append(said_of_before(earlier))
    return section


TITLE = "Suite runs per verified step, 16 steps, 1 s suite"


def arms_of(earlier: str | None) -> dict[str, tuple[str, str]]:
    """Return further limits and the sources of either way; `earlier` are those before there were trains."""
    now = str(ROOT / "src")
    return {TRAINS: ("", now), BEFORE: ("train: 1", now) if earlier is None else ("", earlier)}


def said_of_before(earlier: str | None) -> str:
    """Say what stands beside the trains."""
    former = "the queue as it was before there were trains."
    return f"One at a time: {former if earlier is not None else '`limits: {train: 1}`.'}"


def _pair(shape: Shape, earlier: str | None) -> dict[str, dict[str, float]]:
    told = json.dumps(asdict(shape))
    return {name: run_module("bench.trains", told, *arm) for name, arm in arms_of(earlier).items()}


def _row(shape: Shape, found: dict[str, dict[str, float]]) -> tuple[str, ...]:
    ours, theirs = found[TRAINS], found[BEFORE]
    what = (str(shape.steps), str(shape.lanes), shape.rung, number(shape.suite_s), str(shape.bad))
    times = number(theirs["wall_s"] / ours["wall_s"])
    asked = (number(ours["per_step"]), number(theirs["per_step"]))
    return (*what, *asked, number(ours["wall_s"]), number(theirs["wall_s"]), times)


def _set_goals(section: Section, found: dict[Shape, dict[str, dict[str, float]]], long: Shape) -> None:
    four = {shape: one[TRAINS]["per_step"] for shape, one in found.items() if shape.lanes > 1 and not shape.bad}
    worst = max(four, key=lambda shape: four[shape] if shape.lanes == max(one.lanes for one in four) else 0.0)
    how = f"the worst of all rungs: {worst.rung}, {worst.steps} steps, none bad"
    section.goals.append(Goal("suite runs per verified step, four lanes", four[worst], 1.2, 0.4, how=how))
    ours, theirs = found[long][TRAINS], found[long][BEFORE]
    share = theirs["asked"] * long.suite_s / theirs["wall_s"]
    how = f"{long.steps} good results, {number(100 * share)} % of the wall one at a time is the suite's"
    times = theirs["wall_s"] / ours["wall_s"]
    section.goals.append(Goal("trains, times faster than one at a time", times, 2, 3, "×", is_floor=True, how=how))


def _bars(found: dict[Shape, dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    drawn = {shape: one for shape, one in found.items() if replace(shape, lanes=4, rung="bubblewrap") == Shape()}
    return {
        f"{shape.rung}, {shape.lanes} lane{'s' * (shape.lanes > 1)}": {
            name: arm["per_step"] for name, arm in one.items()
        }
        for shape, one in (drawn or found).items()
    }


def main() -> None:
    """Run one shape and print its figures: `python -m bench.trains SHAPE LIMITS SOURCE`."""
    told, limits, source = sys.argv[1:]
    sys.stdout.write(json.dumps(run_once(Shape(**json.loads(told)), limits, source)) + "\n")


if __name__ == "__main__":
    main()
