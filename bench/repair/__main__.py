"""Let a model repair faulty functions, print what came of it, and write `docs/internals/repair.md`.

What a whole run has brought is kept in `build/repair`, and the page tells of all that is there.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from bench.repair.cases import read_cases
from bench.repair.page import page, read_results, summary, write_result
from bench.repair.performing import ORACLE, perform

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build/repair"


def main() -> None:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.repair", description="Let a model repair faulty functions.")
    parser.add_argument("files", type=Path, nargs="*", help="lines of JSON, as of QuixBugs and HumanEvalFix")
    parser.add_argument("--model", default=ORACLE, help="`oracle`, `local:PATH` or `PROVIDER:NAME` (default: oracle)")
    parser.add_argument("--attempts", type=int, default=1, help="so many a case (default: 1)")
    parser.add_argument("--turns", type=int, default=6, help="so many replies an attempt (default: 6)")
    parser.add_argument("--first", type=int, help="so many cases alone; is not kept and writes no page")
    told = parser.parse_args()
    if not told.files:
        parser.error("name the files with the cases")
    cases = [case for file in told.files for case in read_cases(file)][: told.first]
    folder = KEPT / "at-work"
    shutil.rmtree(folder, ignore_errors=True)
    found = perform(cases, told.model, attempts=told.attempts, turns=told.turns, folder=folder)
    sys.stdout.write(summary(found))
    if told.first is None:
        write_result(found, KEPT)
        (ROOT / "docs/internals/repair.md").write_text(page(read_results(KEPT)), "utf-8")


if __name__ == "__main__":
    main()
