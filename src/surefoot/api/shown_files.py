"""The files that an `ask` step shows with its question, shortened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from surefoot.api.home import Home
from surefoot.core.globs import matches
from surefoot.core.plan import Step
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.core.untrusted_text import printable
from surefoot.errors import WorkspaceError
from surefoot.masking import Masker, masker_of
from surefoot.workspace import RunWorkspace

FILES_MAX = 10
"""So many files are shown beside one question."""
LINES_MAX = 80
"""So many lines are shown of each."""
WIDTH_MAX = 400
"""So many characters are shown of each line."""
SIZE_MAX = 262_144
"""A larger file, in bytes, is named and not read."""


@record
class ShownFile:
    """A file, or what the run has changed in it, as a person sees it beside a question."""

    path: str
    """Where it lies, relative to the plan's folder; where nothing matches, the glob."""
    text: str
    """Its content, or the difference to the run's base commit; secrets are masked."""
    is_diff: bool
    """Whether the text is a difference: so it is where the base commit had the file and the run changed it."""
    remark: str
    """What is left out, or why there is no text; empty: nothing."""


def shown_files(home: Home, state: RunState, step: Step) -> tuple[ShownFile, ...]:
    """Return the files that a question of the step shows, as they are on the run's branch now."""
    globs, source, branch = step.body.shown_files, state.created.repository, state.branch
    if not globs or source is None or branch is None:
        return ()
    try:
        space = RunWorkspace.open(home.run_folder(state.created.run), Path(source), state.created.run)
        return tuple(_read(space, globs, state.plan.folder, branch.head))
    except WorkspaceError as error:
        return (ShownFile(path=", ".join(globs), text="", is_diff=False, remark=error.message),)


def _read(space: RunWorkspace, globs: tuple[str, ...], folder: str, head: str) -> Iterator[ShownFile]:
    inside = f"{folder}/" if folder else ""
    before, now = space.blobs(space.base), space.blobs(head)
    names = [path.removeprefix(inside) for path in sorted(now) if path.startswith(inside)]
    for glob in globs:
        if not any(matches(name, (glob,)) for name in names):
            yield ShownFile(path=glob, text="", is_diff=False, remark="no file on the run's branch matches")
    found = [name for name in names if matches(name, globs)]
    masker = masker_of(os.environ)
    for name in found[:FILES_MAX]:
        path = inside + name
        (blob, size), (old, old_size) = now[path], before.get(path, ("", 0))
        if max(size, old_size) > SIZE_MAX:
            yield ShownFile(path=printable(name), text="", is_diff=False, remark=f"{size:,} bytes are not shown")
        elif old in ("", blob):
            yield _shown(name, space.content(blob), masker, is_diff=False)
        else:
            yield _shown(name, space.difference(space.base, head, path), masker, is_diff=True)
    if len(found) > FILES_MAX:
        yield ShownFile(path=", ".join(globs), text="", is_diff=False, remark=f"{len(found) - FILES_MAX} more files")


def _shown(name: str, content: bytes, masker: Masker, *, is_diff: bool) -> ShownFile:
    path = printable(name)
    if b"\0" in content:
        return ShownFile(path=path, text="", is_diff=False, remark=f"not a text: {len(content):,} bytes")
    lines = masker.text(content.decode("utf-8", "backslashreplace")).splitlines()
    kept = [line if len(line) <= WIDTH_MAX else f"{line[:WIDTH_MAX]}…" for line in lines[:LINES_MAX]]
    more = len(lines) - len(kept)
    return ShownFile(path=path, text="\n".join(kept), is_diff=is_diff, remark=f"{more} more lines" if more else "")
