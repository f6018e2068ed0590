"""Measure, print, and write `docs/internals/performance.md` with its plot: `make bench`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from rich.console import Console

from bench import (
    home_scale,
    memory,
    migrations,
    one_step,
    opening,
    plan_scale,
    repository,
    scheduling,
    short_run,
    start_up,
    steps,
    trains,
)
from bench.measuring import ROOT, Measurement, Setting
from bench.page import conditions, picture_of, print_goals, print_section, write_page
from bench.plot import draw

MEASUREMENTS: tuple[Measurement, ...] = (
    steps.measure,
    opening.measure,
    memory.measure,
    repository.measure,
    one_step.measure,
    scheduling.measure,
    start_up.measure,
    short_run.measure,
    trains.measure,
    migrations.measure,
    home_scale.measure,
    plan_scale.measure,
)
PAGE = "performance.md"
PICTURE = "performance"
"""How the names of its pictures begin."""


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure how fast Surefoot is.")
    parser.add_argument("--quick", action="store_true", help="a smoke run of seconds, without peers; writes no page")
    parser.add_argument("--rounds", type=int, default=5, help="how often each figure is taken (default: 5)")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these measurements alone; writes no page")
    parser.add_argument("--out", type=Path, help="folder of the page (default: docs)")
    told = parser.parse_args()
    setting = Setting(rounds=1 if told.quick else max(1, told.rounds), quick=told.quick)
    console, load = Console(width=None if os.isatty(1) else 160), os.getloadavg()
    wanted = [one for one in MEASUREMENTS if not told.only or one.__module__.removeprefix("bench.") in told.only]
    sections = [measure(setting) for measure in wanted]
    for section in sections:
        print_section(console, section)
    print_goals(console, sections)
    if told.out is None and (told.quick or told.only):
        return
    folder: Path = told.out or ROOT / "docs/internals"
    folder.mkdir(parents=True, exist_ok=True)
    for section in sections:
        if section.bars is not None:
            draw(section.bars, folder / picture_of(PICTURE, section.bars))
    write_page(folder / PAGE, PICTURE, conditions(load, setting), sections)
    console.print(f"Written: {folder / PAGE}", markup=False, highlight=False)


if __name__ == "__main__":
    main()
