"""What was found is kept as JSON, so that the page can be made from runs of another day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.truth.runs import Ended, RealRun
from bench.truth.trials import Result, Tried


def keep_trials(tried: Sequence[Tried], folder: Path) -> None:
    """Keep the trials of all cases."""
    _write(folder / "trials.json", [asdict(one) for one in tried])


def keep_run(run: RealRun, folder: Path) -> None:
    """Keep a run, beside those with another `best_of`."""
    _write(folder / f"run-{run.best_of}.json", asdict(run))


def kept_trials(folder: Path) -> list[Tried]:
    """Return the trials that are kept."""
    path = folder / "trials.json"
    rows: list[Any] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return [Tried(**{**row, "trials": tuple(tuple(map(_result, trial)) for trial in row["trials"])}) for row in rows]


def kept_runs(folder: Path) -> list[RealRun]:
    """Return the runs that are kept, by their `best_of`."""
    rows: list[Any] = [json.loads(path.read_text("utf-8")) for path in folder.glob("run-*.json")]
    runs = [RealRun(**{**row, "ended": tuple(Ended(**one) for one in row["ended"])}) for row in rows]
    return sorted(runs, key=lambda one: one.best_of)


def _result(row: dict[str, Any]) -> Result:
    return Result(**{**row, "shows": tuple(row["shows"])})


def _write(path: Path, rows: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows), "utf-8")
