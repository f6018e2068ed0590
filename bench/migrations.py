"""Migrations of real packages with four lanes: with trains, and with the queue as it was before there were any.

The plans are those of `examples`, one file a step and the package's own tests as the suite that all steps share. The
packages are fetched from the registry; one that cannot be had is named and left out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from bench.measuring import ROOT, Section, Setting, number, run_module
from bench.trains import BEFORE, TRAINS, arms_of, run_surefoot, said_of_before, unpack_earlier

EXAMPLES = ROOT / "examples"
PACKAGES = ("isodate", "click", "sqlparse", "Markdown")
LANES = 4
LIMITS = re.compile(r"attempts: 1(?:, parallel: \d+)?}")
COLUMNS = (
    *("package", "files changed", "suite runs per verified step", "… one at a time"),
    *("wall, s", "… one at a time", "times faster"),
)


def measure(setting: Setting) -> Section:
    """Migrate each package in both ways, in turn; a smoke run takes the smallest alone."""
    section = Section(f"Trains: four migrations of real packages, {LANES} lanes", COLUMNS)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        earlier = unpack_earlier(folder)
        for package in PACKAGES[: setting.size(len(PACKAGES), 1)]:
            source = folder / package
            command = [sys.executable, str(EXAMPLES / "fetch.py"), package, str(source)]
            if subprocess.run(command, check=False, capture_output=True).returncode != 0:
                section.notes.append(f"{package} could not be fetched, and is left out.")
                continue
            found = {arm: run_module("bench.migrations", str(source), *told) for arm, told in arms_of(earlier).items()}
            section.rows.append(_row(package, found[TRAINS], found[BEFORE]))
            sys.stderr.write(f"migrations: {' | '.join(section.rows[-1])}\n")
    section.notes.append(
        "The plans of `examples`: a codemod for each file, then the tests of the package. Wall is that of "
        "`surefoot run`, environments for its lanes included. Each pair was run in turn, once."
    )
    section.notes.append(said_of_before(earlier))
    return section


def _row(package: str, ours: dict[str, float], theirs: dict[str, float]) -> tuple[str, ...]:
    files = number(ours["verified"])
    changed = files if ours["verified"] == theirs["verified"] else f"{files}; {number(theirs['verified'])}"
    times = number(theirs["wall_s"] / ours["wall_s"])
    asked = (number(ours["per_step"]), number(theirs["per_step"]))
    return (package, changed, *asked, number(ours["wall_s"]), number(theirs["wall_s"]), times)


def run_once(source: Path, limits: str, sources: str) -> dict[str, float]:
    """Migrate a copy of the package in a new home; return the wall, and how often the suite was run."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        user = folder / source.name
        subprocess.run(["git", "clone", "-q", str(source), str(user)], check=True)
        plan = _plan(source.name, folder / "plan", limits)
        env = {**os.environ, "PYTHONPATH": sources, "SUREFOOT_HOME": str(folder / "home")}
        begun = time.perf_counter()
        run_surefoot(user, env, "run", str(plan))
        wall_s = time.perf_counter() - begun
        report = json.loads(run_surefoot(user, env, "report", "--json"))
        verified = sum(step["state"] == "verified" for step in report["steps"])
        events = map(json.loads, run_surefoot(user, env, "watch", report["run"], "--json").splitlines())
        suites = _suites(plan)
        asked = sum(one["kind"] == "check_answered" and one["check"] == suites["-" in one["step"]] for one in events)
        return {"wall_s": wall_s, "verified": verified, "per_step": asked / max(verified, 1)}


def _plan(package: str, folder: Path, limits: str) -> Path:
    """Write the plan of the package for four lanes, and return its path."""
    shutil.copytree(EXAMPLES / package.lower(), folder)
    path = folder / "plan.yaml"
    text, count = LIMITS.subn(f"attempts: 1, parallel: {LANES}{limits and f', {limits}'}}}", path.read_text("utf-8"))
    assert count == 1, f"{path} has other limits"
    path.write_text(text, "utf-8")
    return path


def _suites(path: Path) -> tuple[int, int]:
    """Return which of the acceptance checks is the suite, and which of the checks of a step, counted from 0."""
    plan = yaml.safe_load(path.read_text("utf-8"))
    of_run, of_step = (
        [one.get("name") for one in checks].index("suite") for checks in (plan["accept"], plan["steps"][0]["checks"])
    )
    return of_run, of_step


def main() -> None:
    """Migrate one package and print the figures: `python -m bench.migrations FOLDER LIMITS SOURCE`."""
    folder, limits, sources = sys.argv[1:]
    sys.stdout.write(json.dumps(run_once(Path(folder), limits, sources)) + "\n")


if __name__ == "__main__":
    main()
