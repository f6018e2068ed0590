"""Files opened, made and removed without following a symbolic link, neither at the path nor on the way to it.

Owns every contact of the engine with files that something else may be changing: lanes, clones, scratch homes. A path is
walked folder by folder from `/`, each opened without following a link, so that nobody can exchange a folder for a link
in between. Paths are absolute and their beginning is resolved: the folder of a run is (`RunWorkspace`).
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path

_WALK = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""A folder that can be searched need not be readable."""
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Without O_NONBLOCK, opening a pipe would wait for somebody to write."""
MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def folder_of(path: Path, *, below: Path | None = None) -> Generator[tuple[int, str]]:
    """Open the folder that a path lies in; return its descriptor and the name in it.

    `below` is a folder that is there, and below which folders are made where they are missing; files and links that
    stand in their place are removed.

    Raises:
        OSError: a folder on the way is missing, or is a link, or something else.
    """
    assert path.is_absolute(), path
    _, *folders, name = path.parts
    fixed = len(folders) if below is None else len(below.parts) - 1
    at = os.open("/", _WALK)
    try:
        for number, part in enumerate(folders):
            inner = _open_folder(at, part, path) if number < fixed else _make_folder(at, part)
            os.close(at)
            at = inner
        yield at, name
    finally:
        os.close(at)


def _open_folder(folder: int, name: str, path: Path) -> int:
    try:
        return os.open(name, _WALK, dir_fd=folder)
    except NotADirectoryError as error:
        said = f"{name!r} on the way is a link or a file, where a folder was expected"
        raise NotADirectoryError(errno.ENOTDIR, said, os.fspath(path)) from error


def _make_folder(folder: int, name: str) -> int:
    """Open a folder, which is made where there is none."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return os.open(name, _WALK, dir_fd=folder)
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    os.mkdir(name, dir_fd=folder)
    return os.open(name, _WALK, dir_fd=folder)


def open_plain(path: Path) -> BufferedReader:
    """Open a plain file for reading.

    Raises:
        OSError: there is none; ELOOP says that a link stands at the path or on the way.
    """
    with folder_of(path) as (folder, name):
        descriptor = os.open(name, READ, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no plain file", os.fspath(path))
    return os.fdopen(descriptor, "rb")


def open_within(root: Path, path: Path) -> BufferedReader:
    """Open a plain file for reading, below a folder; links on the way are followed as long as they stay below it.

    Raises:
        OSError: there is none, or it lies elsewhere.
    """
    top = os.path.realpath(root)
    real = os.path.realpath(path)
    if not real.startswith(top + os.sep):
        raise OSError(errno.ELOOP, "a link leads out of the folder", os.fspath(path))
    # What was resolved is opened without following a link: one that was put there meanwhile leads nowhere.
    return open_plain(Path(real))


def status_of(path: Path) -> os.stat_result | None:
    """Return what stands at a path; None: nothing does, or a folder on the way is none."""
    with suppress(FileNotFoundError, NotADirectoryError), folder_of(path) as (folder, name):
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    return None


def target_of(path: Path) -> str:
    """Return where a symbolic link leads.

    Raises:
        OSError: there is none.
    """
    with folder_of(path) as (folder, name):
        return os.readlink(name, dir_fd=folder)


def make_plain(path: Path, mode: int = 0o666, *, below: Path | None = None) -> BufferedWriter:
    """Open a new file for writing; `below` as for `folder_of`.

    Raises:
        FileExistsError: something stands at the path.
        OSError: a folder on the way is missing, or is a link.
    """
    with folder_of(path, below=below) as (folder, name):
        return os.fdopen(os.open(name, MAKE, mode, dir_fd=folder), "wb")


def make_link(path: Path, target: str, *, below: Path | None = None) -> None:
    """Make a symbolic link; `below` as for `folder_of`."""
    with folder_of(path, below=below) as (folder, name):
        os.symlink(target, name, dir_fd=folder)


def make_folder(path: Path, mode: int | None = None) -> None:
    """Make a folder unless it is there, with these permission bits if they are given; the one above has to be there.

    Raises:
        OSError: something else stands there, or a folder on the way is missing or a link.
    """
    with folder_of(path) as (folder, name):
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
        made = os.open(name, READ | os.O_DIRECTORY, dir_fd=folder)
        try:
            if mode is not None:
                os.fchmod(made, mode)
        finally:
            os.close(made)


def move(path: Path, to: Path, *, below: Path | None = None) -> os.stat_result:
    """Move a file or link to a path, over a file or link that stands there; return how it stands there then.

    `below` is as for `folder_of`.

    Raises:
        OSError: a folder stands there, or a folder on the way is missing or a link.
    """
    with folder_of(path) as (folder, name), folder_of(to, below=below) as (other, new):
        os.rename(name, new, src_dir_fd=folder, dst_dir_fd=other)
        return os.stat(new, dir_fd=other, follow_symlinks=False)


def remove(path: Path) -> None:
    """Remove a file, link or whole folder.

    Raises:
        OSError: it is not there, or cannot be removed, or a folder on the way is a link.
    """
    with folder_of(path) as (folder, name):
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


def remove_empty(path: Path) -> None:
    """Remove an empty folder.

    Raises:
        OSError: it is none, or a folder on the way is a link.
    """
    with folder_of(path) as (folder, name):
        os.rmdir(name, dir_fd=folder)


def add_bits(path: Path, bits: int) -> None:
    """Add permission bits to a file or folder; nothing happens where they cannot be added."""
    with suppress(OSError), folder_of(path) as (folder, name):
        # Opened without any right on it, for that is what may be missing.
        held = os.open(name, getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            mode = os.fstat(held).st_mode
            if (stat.S_ISDIR(mode) or stat.S_ISREG(mode)) and mode & bits != bits:
                place: int | str = f"/proc/self/fd/{held}" if hasattr(os, "O_PATH") else held
                os.chmod(place, stat.S_IMODE(mode) | bits)  # noqa: PTH101 - a descriptor has no path
        finally:
            os.close(held)


def sync(path: Path) -> None:
    """Force a file's content, or a folder's names, to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
