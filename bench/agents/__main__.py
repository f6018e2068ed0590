"""Let systems repair faulty functions with one model, keep what came of each, and write `docs/agents-measured.md`.

Every trial is kept in `build/agents`: a run that was ended goes on where it was, and more cases or systems can be
added. With `--again` trials are made anew. A case takes up to ten minutes for each system.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bench.agents import bare, one_shot, surefoot_runs
from bench.agents.asking import Asking, OutOfTimeError
from bench.agents.page import page
from bench.agents.trial import SECONDS_MAX, Trial, file_of, judge, keep, kept, shown
from bench.repair.cases import Case, read_cases
from bench.repair.stage import build
from surefoot.models.client import Providers

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build/agents"
Repair = Callable[[Case, Path, Asking, Trial], Awaitable[None]]
_ASKED: Mapping[str, Repair] = {"one-shot": one_shot.repair, "bare": bare.repair}
SYSTEMS = (*_ASKED, "steps", "goals")


def main() -> None:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.agents", description="Measure agents on one model.")
    parser.add_argument("--data", type=Path, default=os.environ.get("SUREFOOT_REPAIR_DATA"), help="folder of the cases")
    small = os.environ.get("SUREFOOT_SMALL_MODEL")
    parser.add_argument("--model", default=f"local:{small}" if small else None, help="`local:PATH`")
    parser.add_argument("--suite", default="quixbugs", help="`quixbugs` or `humanevalfix` (default: quixbugs)")
    parser.add_argument("--cases", type=int, default=6, help="so many, the shortest first (default: 6)")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help=f"some of {', '.join(SYSTEMS)}")
    parser.add_argument("--again", action="store_true", help="make kept trials anew")
    parser.add_argument("--kept", type=Path, default=KEPT, help="folder of what is kept (default: build/agents)")
    parser.add_argument("--page", action="store_true", help="only write the page from what is kept")
    told = parser.parse_args()
    if told.page:
        (ROOT / "docs/agents-measured.md").write_text(page(kept(told.kept)), "utf-8")
        return
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    if not told.data or not told.model:
        parser.error("name the folder of the cases with --data, and the model with --model local:PATH")
    cases = sorted(read_cases(Path(told.data) / f"{told.suite}.jsonl"), key=_length)[: told.cases]
    asyncio.run(_measure(cases, told.systems.split(","), told.model, told.kept, again=told.again))
    (ROOT / "docs/agents-measured.md").write_text(page(kept(told.kept)), "utf-8")


def _length(case: Case) -> int:
    return sum(map(len, case.files.values()))


async def _measure(cases: list[Case], systems: list[str], model: str, folder: Path, *, again: bool) -> None:
    providers = Providers({}, os.environ)
    try:
        for case in cases:
            for system in systems:
                if again or not file_of(folder, system, case.name).exists():
                    keep(await _try(case, system, model, folder, providers), folder)
    finally:
        await providers.close()


async def _try(case: Case, system: str, model: str, kept_in: Path, providers: Providers) -> Trial:
    folder = kept_in / "at-work" / f"{system}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    repository = folder / "repository"
    build([case], repository)
    trial = Trial(system=system, case=case.name, model=shown(model))
    began = time.monotonic()
    asking = Asking(providers, trial, model, SECONDS_MAX)
    try:
        if system in _ASKED:
            await _ASKED[system](case, repository, asking, trial)
        else:
            await surefoot_runs.repair(case, repository, model, trial)
    except OutOfTimeError:
        trial.end = f"{SECONDS_MAX:.0f} s"
    trial.taken_s = round(time.monotonic() - began, 1)
    trial.solved = judge(case, repository, folder / "judged")
    trial.conditions = {
        "day": time.strftime("%Y-%m-%d"),
        "on": f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} processors",
        "load": f"{os.getloadavg()[1]:.1f}",
    }
    sys.stdout.write(
        f"{time.strftime('%H:%M:%S')}  {system}  {case.name}  {'solved' if trial.solved else 'not solved'}"
        f"{' FALSE DONE' if trial.is_false else ''}  {trial.requests} requests  {trial.taken_s:.0f} s  {trial.end}\n"
    )
    sys.stdout.flush()
    return trial


if __name__ == "__main__":
    main()
