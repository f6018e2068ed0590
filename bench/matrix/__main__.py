"""Put every system that is installed through every case, and write `docs/matrix.md`: `make matrix`.

Owns the order of trials. Must never count a trial that could not be carried out: it is named instead. Read
`bench.matrix.cases` next.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.matrix.cases import CASES, Case, Finding
from bench.matrix.driving import System, Trial
from bench.matrix.page import write_page
from bench.matrix.systems import SYSTEMS
from bench.matrix.world import TrialFailed, World
from bench.measuring import ROOT, versions

PAGE = "matrix.md"


def carry_out(system: System, case: Case) -> Finding | None:
    """Carry out one trial in a folder of its own; None where the system has no such flow."""
    with tempfile.TemporaryDirectory(prefix="matrix-", ignore_cleanup_errors=True) as name:
        world = World.make(Path(name) / "trial")
        try:
            if not system.prepare(world, case.flow):
                return None
            return case.act(Trial(system, world, case.flow))
        finally:
            world.clear()


def main() -> None:
    """Carry out what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench.matrix", description="Kill systems and count effects.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is tried (default: 3)")
    parser.add_argument("--races", type=int, default=5, help="how often where timing matters (default: 5)")
    parser.add_argument("--at-once", type=int, default=2, help="trials at a time (default: 2)")
    parser.add_argument(
        "--systems", nargs="*", metavar="NAME", help="these alone; writes no page unless --out is given"
    )
    parser.add_argument("--cases", nargs="*", metavar="KEY", help="these alone; writes no page unless --out is given")
    parser.add_argument("--out", type=Path, help="folder of the page (default: docs)")
    told = parser.parse_args()
    chosen = [each for each in SYSTEMS if not told.systems or each.name in told.systems]
    present = [each for each in chosen if each.is_installed()]
    missing = [each.name for each in chosen if not each.is_installed()]
    cases = [each for each in CASES if not told.cases or each.key in told.cases]
    found, broken = _all(present, cases, told)
    conditions = [
        ("date", time.strftime("%Y-%m-%d", time.gmtime())),
        ("versions", versions([package for each in present for package in each.packages])),
        ("not measured, because not installed", ", ".join(missing) or "none"),
        (
            "machine",
            f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}",
        ),
        ("trials of each case", f"{told.rounds}; {told.races} where timing matters (rows 2 and 5)"),
        ("trials that could not be carried out", "; ".join(broken) or "none"),
        ("to repeat it", "`make matrix` (an environment of its own, `.venv-bench`), on Linux"),
    ]
    if told.out is None and (told.systems or told.cases):
        return
    folder: Path = told.out or ROOT / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    write_page(folder / PAGE, cases, [each.name for each in present], found, conditions)
    sys.stdout.write(f"Written: {folder / PAGE}\n")


def _all(
    systems: Sequence[System], cases: Sequence[Case], told: argparse.Namespace
) -> tuple[dict[tuple[str, str], list[Finding]], list[str]]:
    found: dict[tuple[str, str], list[Finding]] = {}
    broken: list[str] = []

    def one(system: System, case: Case) -> None:
        try:
            finding = carry_out(system, case)
        except TrialFailed as failed:
            broken.append(f"{system.name}, {case.key}: {failed}")
            sys.stdout.write(f"{broken[-1]}\n")
            return
        if finding is not None:
            found.setdefault((system.name, case.key), []).append(finding)
            sys.stdout.write(f"{system.name}, {case.key}: {finding}\n")
            sys.stdout.flush()

    with ThreadPoolExecutor(max_workers=told.at_once) as pool:
        waiting = [
            pool.submit(one, system, case)
            for case in cases
            for system in systems
            for _ in range(told.races if case.is_race else told.rounds)
        ]
        for each in waiting:
            each.result()
    return found, broken


if __name__ == "__main__":
    main()
