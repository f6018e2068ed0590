"""DBOS on a SQLite system database that was switched to WAL beforehand (as shipped it syncs four times a step)."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# Not installed where types are checked.
_dbos: Any = import_module("dbos").DBOS


async def _nothing() -> None:
    return None


_step: Callable[[], Awaitable[None]] = _dbos.step(name="nothing")(_nothing)


async def _chain(steps: int) -> None:
    for _ in range(steps):
        await _step()


async def _fan(width: int) -> None:
    await _step()
    await asyncio.gather(*(_step() for _ in range(width)))
    await _step()


_chain_flow: Callable[[int], Awaitable[None]] = _dbos.workflow(name="chain")(_chain)
_fan_flow: Callable[[int], Awaitable[None]] = _dbos.workflow(name="fan")(_fan)


def _timed(folder: Path, flow: Callable[[int], Awaitable[None]], size: int, runs: int) -> float:
    path = folder / "dbos.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.close()
    url = f"sqlite:///{path}"
    _dbos(config={"name": "bench", "system_database_url": url, "run_admin_server": False, "log_level": "ERROR"})
    _dbos.launch()

    async def at_once() -> float:
        begun = time.perf_counter()
        await asyncio.gather(*(flow(size) for _ in range(runs)))
        return time.perf_counter() - begun

    try:
        return asyncio.run(at_once())
    finally:
        _dbos.destroy()


def chain(folder: Path, steps: int) -> float:
    """Run one durable function that calls a step many times."""
    return _timed(folder, _chain_flow, steps, 1)


def fan(folder: Path, width: int) -> float:
    """Call a step many times at once."""
    return _timed(folder, _fan_flow, width, 1)


def many(folder: Path, runs: int, steps: int) -> float:
    """Run many chains at once."""
    return _timed(folder, _chain_flow, steps, runs)
