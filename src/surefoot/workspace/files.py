"""Files and folders put, removed and looked at without ever following a link out of the folder they are in.

Owns removals and durable writes. Must never trust that what a body left behind is what it seems. Read
`surefoot.workspace.clone` next.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_BLOCK = 512
"""The unit in which a file system says how much a file takes."""


def remove_path(path: Path) -> None:
    """Remove a file, link or whole folder, if it is there; folders without write permission are opened up."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if not stat.S_ISDIR(mode):
        try:
            path.unlink()
        except PermissionError:
            _open_up(path.parent)
            path.unlink()
        return
    try:
        shutil.rmtree(path)
    except OSError:
        _open_up(path.parent)
        open_folders(path)
        shutil.rmtree(path)


def open_folders(top: Path) -> None:
    """Make every folder below `top` readable and writable for us again."""
    _open_up(top)
    for folder, names, _ in os.walk(top):
        for name in names:
            _open_up(Path(folder, name))


def open_files(root: Path, paths: Iterable[str]) -> None:
    """Make those of the files that nobody can read readable and writable for us again."""
    for path in paths:
        if not is_beyond_link(root, path) and not os.access(root / path, os.R_OK):
            _open_up(root / path, stat.S_IRUSR | stat.S_IWUSR)


def _open_up(path: Path, bits: int = stat.S_IRWXU) -> None:
    with suppress(OSError):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
            path.chmod(stat.S_IMODE(mode) | bits)


def is_beyond_link(root: Path, path: str) -> bool:
    """Tell whether a folder on the way from `root` to `path` is a symbolic link (or no folder at all)."""
    at = root
    for part in path.split("/")[:-1]:
        at /= part
        try:
            if not stat.S_ISDIR(at.lstat().st_mode):
                return True
        except OSError:
            return True
    return False


def remove_inside(root: Path, path: str) -> None:
    """Remove `path` below `root`, and the folders that are empty after that, never through a link."""
    if is_beyond_link(root, path):
        return
    remove_path(root / path)
    for parent in (root / path).parents:
        if parent == root:
            return
        try:
            parent.rmdir()
        except OSError:
            return


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, durably, whatever stood at its place."""
    fresh = path.with_name(f"{path.name}.new")
    remove_path(fresh)
    try:
        with fresh.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    if is_folder(path):
        remove_path(path)
    fresh.replace(path)


def holds(path: Path, content: bytes) -> bool:
    """Tell whether `path` is a regular file with exactly this content."""
    try:
        status = path.lstat()
        return stat.S_ISREG(status.st_mode) and status.st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Tell whether `path` is a folder of its own, not a link to another."""
    return path.is_dir() and not path.is_symlink()


def make_folder(path: Path) -> None:
    """Make sure `path` is a folder of its own, not a link to another."""
    if not is_folder(path):
        remove_path(path)
        path.mkdir(parents=True)


def size_of(path: Path) -> int:
    """Return how many bytes the files at and below a path take on disk."""
    found = 0
    for folder, _, files in os.walk(path):
        for name in files:
            with suppress(OSError):
                found += os.lstat(os.path.join(folder, name)).st_blocks * _BLOCK  # noqa: PTH118 - as os.walk names it
    return found
