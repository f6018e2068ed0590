"""The yardstick: one row of 300 bytes a commit, synced, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import apsw

from surefoot.journal.database import Connection

ROW_BYTES = 300


def chain(folder: Path, steps: int) -> float:
    """Write one row after the other."""
    database = cast("Connection", apsw.Connection(str(folder / "raw.db")))
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    body = bytes(ROW_BYTES)
    begun = time.perf_counter()
    for seq in range(steps):
        database.execute("INSERT INTO rows VALUES (?, ?)", (seq, body))
    taken = time.perf_counter() - begun
    database.close()
    return taken
