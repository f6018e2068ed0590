"""Let a worker repair faulty functions, count what is verified and wrong, and write `docs/truth.md` with its picture.

What was found is kept in `build/truth`; the page tells of all that is there.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.truth import keeping
from bench.truth.cases import FILES, read_cases
from bench.truth.page import PICTURE, page, picture, summary
from bench.truth.runs import BETWEEN_SEEDS, SEED, perform
from bench.truth.trials import ATTEMPTS, try_all

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> None:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.truth", description="Count wrong results that are verified.")
    parser.add_argument("folder", type=Path, help=f"holds {' and '.join(FILES)}")
    parser.add_argument("--first", type=int, help="so many cases alone; writes no page")
    parser.add_argument("--at-once", type=int, default=1, help="so many cases at once (default: 1)")
    parser.add_argument("--best-of", type=int, nargs="*", default=[1, ATTEMPTS], help="real runs (default: 1 and 5)")
    parser.add_argument("--seeds", type=int, default=1, help="so many real runs of each kind (default: 1)")
    parser.add_argument("--no-trials", action="store_true", help="keep the trials that are there")
    parser.add_argument("--kept", action="store_true", help="try nothing; make the page of what is kept")
    parser.add_argument("--build", type=Path, default=ROOT / "build/truth", help="what is kept (default: build/truth)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of the page (default: docs)")
    told = parser.parse_args(arguments)
    cases = read_cases(told.folder)[: told.first]
    if not cases and not told.kept:
        parser.exit(0, f"{told.folder} holds neither {' nor '.join(FILES)}: there is nothing to measure\n")
    if not told.kept:
        if not told.no_trials:
            keeping.keep_trials(try_all(cases, told.at_once), told.build)
        for number, best_of in itertools.product(range(told.seeds), told.best_of):
            folder = told.build / f"at-work-{best_of}"
            shutil.rmtree(folder, ignore_errors=True)
            keeping.keep_run(perform(cases, best_of, folder, SEED + number * BETWEEN_SEEDS), told.build)
    tried, runs = keeping.kept_trials(told.build), keeping.kept_runs(told.build)
    sys.stdout.write(summary(tried, runs))
    if told.first is None:
        (told.out / "truth.md").write_text(page(tried, runs), "utf-8")
        (told.out / PICTURE).write_text(picture(tried), "utf-8")


if __name__ == "__main__":
    main()
