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
    """Keep a run, beside those with another `best_of` or seed."""
    _write(folder / f"run-{run.best_of}-{run.seed}.json", asdict(run))


def kept_trials(folder: Path) -> list[Tried]:
    """Return the trials that are kept."""
    path = folder / "trials.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return [_tried(**row) for row in rows]


def kept_runs(folder: Path) -> list[RealRun]:
    """Return the runs that are kept, by their `best_of` and seed."""
    rows: list[dict[str, Any]] = [json.loads(path.read_text("utf-8")) for path in folder.glob("run-*.json")]
    return sorted((_run(**row) for row in rows), key=lambda one: (one.best_of, one.seed))


def _tried(*, trials: list[list[dict[str, Any]]], **fields: Any) -> Tried:
    return Tried(trials=tuple(tuple(_result(**one) for one in trial) for trial in trials), **fields)


def _result(*, shows: list[str], bounds: list[str], **fields: Any) -> Result:
    return Result(shows=tuple(shows), bounds=tuple(bounds), **fields)


def _run(*, ended: list[dict[str, Any]], **fields: Any) -> RealRun:
    return RealRun(ended=tuple(Ended(**one) for one in ended), **fields)


def _write(path: Path, rows: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows), "utf-8")
