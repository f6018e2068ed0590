"""The claim on a run, held by everything that creates, changes or removes the run's files."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

from surefoot.api.home import Home
from surefoot.core.ids import RunId
from surefoot.errors import RunHeld, RunNotFound
from surefoot.journal.claim import LOCK_NAME
from surefoot.ports.storage import Holder


@contextmanager
def claimed(home: Home, run: RunId, *, is_new: bool = False, take_over_s: float | None = None) -> Generator[None]:
    """Hold the claim on a run, or on the id of a new one; `take_over_s`: end who has it, after so much grace.

    Raises:
        RunHeld: somebody else holds it.
        RunNotFound: the run was removed before it could be claimed.
        JournalError: the run's folder cannot be written.
    """
    claim = home.claims.acquire(run) if take_over_s is None else home.claims.take_over(run, take_over_s)
    try:
        if not is_new and home.journal.head(run)[0] == 0:
            raise RunNotFound(f"run {run!r} was removed just now; `surefoot ls` lists the runs there are", name=run)
        yield
    finally:
        claim.release()


@contextmanager
def set_aside(home: Home, run: RunId, how: str) -> Generator[None]:
    """Hold the claim on a run while no engine may be at work on it; `how` is the command that sees to that.

    Raises:
        RunHeld: an engine is at work on it.
        RunNotFound: the run was removed before it could be claimed.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(claimed(home, run))
        except RunHeld as error:
            holder = cast("Holder | None", error.facts.get("holder"))
            who = "" if holder is None else f" ({holder.said})"
            text = f"run {run!r} is being worked on{who}; `surefoot {how} {run}` first"
            raise RunHeld(text, run=run, holder=holder) from None
        yield


def clear(folder: Path) -> None:
    """Remove everything in a run's folder but the lock, which the caller holds."""
    for path in folder.iterdir():
        if path.name == LOCK_NAME:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
