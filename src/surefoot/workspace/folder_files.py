"""Removals, lookups and durable writes below a folder, which never follow a link out of it."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from surefoot import safe_open

_DELETE = '{ rm -rf -- "$1" || { chmod -R u+rwX -- "$1"; rm -rf -- "$1"; }; } <&- >&- 2>&- &'
_DEPTH = 3
"""So deep below a folder that is being removed one looks at the time: at each entry in the root of a lane."""
_BLOCK = 512
"""The unit in which a file system says how much a file takes."""


def remove_path(path: Path) -> None:
    """Remove a file, link or whole folder, if it is there; folders without write permission are opened up."""
    if safe_open.status_of(path) is None:
        return
    try:
        safe_open.remove(path)
    except OSError:
        safe_open.add_bits(path.parent, stat.S_IRWXU)
        open_folders(path)
        safe_open.remove(path)


def open_folders(top: Path) -> None:
    """Make every folder below `top` readable and writable for us again."""
    safe_open.add_bits(top, stat.S_IRWXU)
    for folder, names, _ in os.walk(top):
        for name in names:
            safe_open.add_bits(Path(folder, name), stat.S_IRWXU)


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
    top = Path(os.path.realpath(root))
    remove_path(top / path)
    for parent in (top / path).parents:
        if parent == top:
            return
        try:
            safe_open.remove_empty(parent)
        except OSError:
            return


def remove_soon(path: Path, within_s: float) -> None:
    """Remove a folder; a program of its own goes on with what is left of it after `within_s`.

    Another such program may be deleting the same folder.
    """
    deadline = time.monotonic() + within_s
    with suppress(OSError):
        for inner in _entries(path, _DEPTH):
            if time.monotonic() > deadline:
                command = ("sh", "-c", _DELETE, "sh", os.fspath(path))
                subprocess.run(command, check=False, start_new_session=True)
                return
            remove_path(inner)
        remove_path(path)


def _entries(path: Path, depth: int) -> Iterator[Path]:
    """Yield what lies so deep in a folder, and what ends before."""
    if depth == 0 or not is_folder(path) or not os.access(path, os.R_OK | os.X_OK):
        yield path
        return
    for inner in list(path.iterdir()):
        yield from _entries(inner, depth - 1)


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


def put_file(path: Path, content: bytes) -> None:
    """Write a small file unless it is there already; not durably, for it can be made again."""
    if holds(path, content):
        return
    remove_path(path)
    with safe_open.make_plain(path) as out:
        out.write(content)


def holds(path: Path, content: bytes) -> bool:
    """Tell whether `path` is a regular file with exactly this content."""
    try:
        with safe_open.open_plain(path) as file:
            return os.fstat(file.fileno()).st_size == len(content) and file.read(len(content) + 1) == content
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Tell whether `path` is a folder of its own, not a link to another."""
    return path.is_dir() and not path.is_symlink()


def make_folder(path: Path) -> bool:
    """Make sure `path` is a folder of its own, not a link to another; tell whether it was made."""
    found = safe_open.status_of(path)
    if found is not None:
        if stat.S_ISDIR(found.st_mode):
            return False
        # Only what stands there is removed: another lane may be making the folder just now.
        remove_path(path)
    if safe_open.status_of(path.parent) is None:
        make_folder(path.parent)
    safe_open.make_folder(path)
    return True


def size_of(path: Path) -> int:
    """Return how many bytes the files at and below a path take on disk."""
    found = 0
    for folder, _, files in os.walk(path):
        for name in files:
            with suppress(OSError):
                found += os.lstat(os.path.join(folder, name)).st_blocks * _BLOCK  # noqa: PTH118 - as os.walk names it
    return found
