"""What a body can leave in a lane that no tree of git shows."""

from __future__ import annotations

import os

from surefoot.workspace.excluded import CACHE_NAMES, LANE_NAMES

_NOT_SWEPT = frozenset({*CACHE_NAMES, *LANE_NAMES, "node_modules"}) - {"__pycache__"}


def find_strays(root: str) -> list[str]:
    """Return what no tree can show below `root`, relative to it: `.git`, `__pycache__`, pipes, empty folders."""
    strays: list[str] = []
    folders = [""]
    remaining: dict[str, int] = {}
    for folder in folders:
        # What git could not look through was opened before; what is closed still is ignored, and not ours to sweep.
        if not os.access(f"{root}/{folder}", os.R_OK | os.X_OK):
            remaining[folder] = 1
            continue
        with os.scandir(f"{root}/{folder}") as entries:
            found = list(entries)
        remaining[folder] = len(found)
        for entry in found:
            if entry.is_file(follow_symlinks=False) and entry.name != ".git":
                continue
            path = f"{folder}/{entry.name}" if folder else entry.name
            if _is_stray(entry, path):
                strays.append(path)
            elif entry.is_dir(follow_symlinks=False) and _is_swept(entry.name):
                folders.append(path)
    strays.extend(folder for folder in reversed(folders) if folder and not remaining[folder])
    return strays


def _is_stray(entry: os.DirEntry[str], path: str) -> bool:
    if entry.name == ".git":
        return path != ".git"
    if entry.is_dir(follow_symlinks=False):
        return entry.name == "__pycache__"
    return not entry.is_file(follow_symlinks=False) and not entry.is_symlink()


def _is_swept(name: str) -> bool:
    return name != ".git" and name not in _NOT_SWEPT and not name.endswith(".egg-info")
