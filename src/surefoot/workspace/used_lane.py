"""What of the files of a used lane is not as a checkout writes it, so that a clean lane can take over the rest.

To check a large repository out takes longer than all else that a short run does; to look through one that is checked
out takes a tenth of that.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from surefoot.workspace.git import Git, split_names

_MANY = 1000
"""A lane with more to put back is made anew: files are put back one by one."""


def find_spoilt(root: Path, git: Git, folder_mode: int) -> tuple[str, ...] | None:
    """Return all at and below `root` that a checkout of the index would not have written just so.

    `git` has an index with the stamps from when these files were checked out; a body can change neither content nor
    permissions without changing them. `folder_mode` is that of a folder made just now.

    Returns:
        Untracked paths, the ignored ones included, and tracked files that were touched. None: there are too many, or a
        folder has other permissions.
    """
    odd = _odd_paths(os.fspath(root), folder_mode)
    if odd is None:
        return None
    untracked = split_names(git.run("ls-files", "-z", "--others", "--directory"))
    touched = split_names(git.run("diff-files", "-z", "--name-only"))
    found = dict.fromkeys((*odd, *(path.rstrip("/") for path in untracked), *touched))
    return tuple(found) if len(found) <= _MANY else None


def _odd_paths(root: str, folder_mode: int) -> list[str] | None:
    """Return what git does not tell of: pipes, empty folders, inner repositories, other permissions and hard links."""
    plain = {folder_mode & 0o666, folder_mode & 0o777}
    odd: list[str] = []
    folders = [""]
    for folder in folders:
        if stat.S_IMODE(os.lstat(f"{root}/{folder}").st_mode) != folder_mode:
            return None
        with os.scandir(f"{root}/{folder}") as entries:
            found = list(entries)
        if folder and not found:
            odd.append(folder)
        for entry in found:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name == ".git":
                odd.extend([path] if folder else [])
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif not entry.is_symlink() and not _is_plain(entry.stat(follow_symlinks=False), plain):
                odd.append(path)
    return odd


def _is_plain(status: os.stat_result, modes: set[int]) -> bool:
    return stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) in modes and status.st_nlink == 1
