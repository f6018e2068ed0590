"""Put every system that is installed through every case, and write `docs/internals/matrix.md`: `make matrix`."""

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
from bench.matrix.record import Record
from bench.matrix.systems import SYSTEMS
from bench.matrix.world import TrialFailed, World
from bench.measuring import ROOT, versions

PAGE = "matrix.md"
KEPT = ROOT / "build" / "matrix.json"
"""What was found, so that one system can be tried again without the others."""


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
    parser.add_argument("--rounds", type=int, default=2, help="how often each case is tried (default: 2)")
    parser.add_argument("--races", type=int, default=4, help="how often where timing matters (default: 4)")
    parser.add_argument("--at-once", type=int, default=2, help="trials at a time (default: 2)")
    parser.add_argument("--systems", nargs="*", metavar="NAME", help="these alone")
    parser.add_argument("--cases", nargs="*", metavar="KEY", help="these alone")
    parser.add_argument("--add", action="store_true", help="keep what was found before of everything that is not named")
    parser.add_argument("--out", type=Path, help="folder of the page (default: docs)")
    told = parser.parse_args()
    record = Record.read(KEPT) if told.add else Record()
    chosen = [each for each in SYSTEMS if each.is_installed() and (not told.systems or each.name in told.systems)]
    cases = [each for each in CASES if not told.cases or each.key in told.cases]
    for each in chosen:
        record.begin(each.name, versions(each.packages), [case.key for case in cases])
    _carry_out_all(chosen, cases, record, told)
    record.write(KEPT)
    names = [each.name for each in SYSTEMS if each.name in record.versions]
    missing = [each.name for each in SYSTEMS if each.name not in names]
    conditions = [
        ("date", time.strftime("%Y-%m-%d", time.gmtime())),
        ("versions", ", ".join(record.versions[name] for name in names)),
        ("not measured, because not installed", ", ".join(missing) or "none"),
        (
            "machine",
            f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}",
        ),
        ("trials that could not be carried out", "; ".join(record.broken) or "none"),
        ("to repeat it", "`make matrix` (an environment of its own, `.venv-bench`), on Linux"),
    ]
    folder: Path = told.out or ROOT / "docs/internals"
    folder.mkdir(parents=True, exist_ok=True)
    write_page(folder / PAGE, CASES, names, record, conditions)
    sys.stdout.write(f"Written: {folder / PAGE}\n")


def _carry_out_all(systems: Sequence[System], cases: Sequence[Case], record: Record, told: argparse.Namespace) -> None:
    def one(system: System, case: Case) -> None:
        try:
            finding = carry_out(system, case)
        except TrialFailed as failed:
            record.broken.append(f"{system.name}, {case.key}: {failed}")
            sys.stdout.write(f"{record.broken[-1]}\n")
            return
        if finding is not None:
            record.add(system.name, case.key, finding)
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


if __name__ == "__main__":
    main()
