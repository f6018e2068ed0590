"""Paths that differ by case only, refused where case makes no difference."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from surefoot.errors import WorkspaceError

_SHOWN_MAX = 5


def is_case_blind(folder: Path) -> bool:
    """Tell whether a file in `folder` is found whatever the case of the letters in its name."""
    probe = folder / "surefoot-case-probe"
    probe.touch()
    try:
        return (folder / probe.name.upper()).exists()
    finally:
        probe.unlink()


def find_collisions(paths: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs of paths that are one place to who ignores case: two files, or a file and a folder.

    Two folders that differ by case only are no collision: their files still find room, in one folder.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for path in paths:
        if (other := files.setdefault(path.casefold(), path)) != path:
            found.append((other, path))
        at = path.rfind("/")
        while at > 0 and (folder := path[:at].casefold()) not in folders:
            folders[folder] = path[:at]
            at = path.rfind("/", 0, at)
    found.extend((files[folder], folders[folder]) for folder in files.keys() & folders.keys())
    return found


def refuse_collisions(paths: Iterable[str], why: str) -> None:
    """Refuse to work on these paths where case makes no difference, for the reason `why`.

    Raises:
        WorkspaceError: some of them collide; the message names them.
    """
    found = find_collisions(paths)
    if not found:
        return
    shown = "; ".join(f"{one!r} and {other!r}" for one, other in found[:_SHOWN_MAX])
    more = f"; and {len(found) - _SHOWN_MAX} more" if len(found) > _SHOWN_MAX else ""
    text = f"These paths differ by the case of their letters only: {shown}{more}. A run cannot hold both, because {why}"
    raise WorkspaceError(text, paths=tuple(found))
