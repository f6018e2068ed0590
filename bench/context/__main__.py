"""Replay the trajectories of a folder, print the counts, and write `docs/internals/context.md` with its picture."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench.context.page import PICTURE, Replayed, page, summary
from bench.context.picture import drawn
from bench.context.replaying import FULL, LAST, replay
from bench.context.trajectories import SOURCES, Trajectory, read

ROOT = Path(__file__).resolve().parents[2]
BUDGETS = (20_000, 32_000)
RELATIVE = 0.25
"""A budget that goes with the length of the run, so that long and short ones are asked the same."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.context", description="Count what briefs take.")
    parser.add_argument("folder", type=Path, help=f"holds {', '.join(f'{name}.jsonl.gz' for name in SOURCES)}")
    parser.add_argument("--every", type=int, default=1, help="each so-manyth trajectory alone; writes no page")
    parser.add_argument("--at-once", type=int, default=1, help="so many at once (default: 1)")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs/internals", help="folder of the page (default: docs/internals)"
    )
    told = parser.parse_args(arguments)
    wanted = [one for at, one in enumerate(read(told.folder)) if at % told.every == 0 and one.turns]
    with ProcessPoolExecutor(told.at_once) as pool:
        runs = list(pool.map(_replayed, wanted))
    sys.stdout.write(summary(runs))
    if told.every == 1:
        (told.out / "context.md").write_text(page(runs), "utf-8")
        (told.out / PICTURE).write_text(_picture(runs), "utf-8")


def _replayed(one: Trajectory) -> Replayed:
    return Replayed(one.name, one.source, len(one.turns), replay(one, BUDGETS, RELATIVE))


def _picture(runs: Sequence[Replayed]) -> str:
    longest = max(runs, key=lambda one: one.length)
    shown = (FULL, LAST, *(f"ours, {room:,}" for room in BUDGETS))
    return drawn(f"The longest run: {longest.turns} turns", {way: longest.ways[way].sizes for way in shown})


if __name__ == "__main__":
    os.nice(5)
    main()
