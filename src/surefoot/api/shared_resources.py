"""The home and the journal writer that runs of one event loop share.

Runs that share the writer append in one commit and wait for one sync.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from surefoot.api.home import Home, home_folder
from surefoot.engines.writer import GroupWriter
from surefoot.ports.storage import Journal

_homes: dict[tuple[AbstractEventLoop, Path], tuple[Home, int]] = {}
"""The open homes, and how many use each."""
_writers: dict[tuple[AbstractEventLoop, Journal], GroupWriter] = {}
"""The writers at work."""


@contextmanager
def shared_home(folder: Path | None = None) -> Generator[Home]:
    """Open the home at `folder`, or share the one this event loop has open already; the last to leave closes it."""
    where = home_folder() if folder is None else folder.absolute()
    place = (get_running_loop(), where)
    home, users = _homes.get(place) or (Home(where), 0)
    _homes[place] = (home, users + 1)
    try:
        yield home
    finally:
        _, users = _homes.pop(place)
        if users > 1:
            _homes[place] = (home, users - 1)
        else:
            home.close()


@asynccontextmanager
async def shared_writer(home: Home) -> AsyncGenerator[GroupWriter]:
    """Give the writer that all engines of this event loop share; the last to leave brings everything to disk."""
    place = (get_running_loop(), home.journal)
    writer = _writers.setdefault(place, GroupWriter(home.journal, home.clock))
    writer.callers += 1
    try:
        yield writer
    finally:
        writer.callers -= 1
        if writer.callers == 0:
            del _writers[place]
            await writer.close()
