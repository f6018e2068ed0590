"""The changes of files that an agent makes, looked for beside the loop of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from surefoot.cli.patches import patch_lines
from surefoot.cli.progress import ChangesOf
from surefoot.threads import in_thread
from surefoot.views.diffs import read_tree_diff
from surefoot.views.lines import Line

_HEADS = ("  diff ", "  index ", "  --- ")
"""Lines of a patch that say nothing more to whom it names the file once."""


def changes_of(store: Path, looking: set[asyncio.Task[None]]) -> ChangesOf:
    """Return what looks for changes between trees of a run's store, and shows them in the order it was asked.

    `looking` holds what is under way.
    """
    one_by_one = asyncio.Lock()

    async def look(trees: tuple[str, str], show: Callable[[list[Line]], None]) -> None:
        async with one_by_one:
            found = await in_thread(read_tree_diff, store, trees)
            show([] if found is None else [line for line in patch_lines(found) if not line.text.startswith(_HEADS)])

    def begin(trees: tuple[str, str], show: Callable[[list[Line]], None]) -> None:
        task = asyncio.get_running_loop().create_task(look(trees, show))
        looking.add(task)
        task.add_done_callback(looking.discard)

    return begin
