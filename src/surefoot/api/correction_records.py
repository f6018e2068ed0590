"""What people corrected in the runs of a home, as rows of a data set."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from surefoot.api.answers import masker_for
from surefoot.api.home import Home
from surefoot.api.queries import events
from surefoot.core.corrections import Correction, corrections
from surefoot.core.ids import RunId
from surefoot.errors import UsageError

FORMAT = "surefoot.corrections/1"


def run_corrections(home: Home, run: RunId | None = None, repository: Path | None = None) -> list[Correction]:
    """Return what people said, refused, changed or found wrong: in all runs, one, or those of a repository; old first.

    Raises:
        JournalCorrupt: the journal of a run was altered.
    """
    root = None if repository is None else str(repository)
    rows = sorted(home.journal.runs(), key=lambda row: row.created_at)
    found: list[Correction] = []
    for row in rows:
        if run in (None, row.run) and root in (None, row.repository):
            masked = masker_for(home.state(row.run)).text
            told = corrections(row.run, ((one.seq, one.event) for one in events(home, row.run)))
            found += [one if one.command is None else replace(one, command=masked(one.command)) for one in told]
    return found


def export_corrections(home: Home, found: Iterable[Correction], path: Path) -> None:
    """Write corrections into a file, one JSON object a line after a header; patches and plans stand in them as texts.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"format": FORMAT}) + "\n")
            file.writelines(json.dumps(_row(home, one)) + "\n" for one in found)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}); name another file") from error


def _row(home: Home, one: Correction) -> dict[str, Any]:
    text = None if one.patch is None else home.journal.blobs.get(one.patch).decode("utf-8", "replace")
    return {**asdict(one), "patch": text}
