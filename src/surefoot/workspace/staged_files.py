"""Files copied from a lane for git, and from git into a lane, through a folder only the engine can change.

git looks at a file and opens it apart, so that a program in the lane could put a link there in between: git is only
shown copies.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from surefoot import safe_open
from surefoot.core.record import record
from surefoot.errors import EffectError
from surefoot.settings.lane_limits import FILE_CURE, LaneLimits
from surefoot.workspace.folder_files import remove_path

_PIECE = 1 << 20
_READING_S = 60.0
_IN_THE_WAY = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL, errno.EEXIST, errno.ENXIO})
"""What is said where something else stands at a path by the time it is opened."""


class Allowance:
    """How much a step may still have of files: how many, how long together, and until when."""

    def __init__(self, limits: LaneLimits, doing: str, within_s: float | None = None) -> None:
        """Begin with all of it. `doing` says in messages what is done; all is read within so many seconds from now."""
        self._limits = limits
        self._doing = doing
        self._until_s = None if within_s is None else time.monotonic() + within_s
        self._files = 0
        self._bytes = 0

    def pieces(self, path: str, content: BufferedReader) -> Iterator[bytes]:
        """Yield a file in pieces.

        Raises:
            EffectError: it is too large, or would be too much together with those before, or takes too long.
        """
        self._files += 1
        if self._files > self._limits.step_files_max:
            raise _too_much(f"the step {self._doing} more than {self._limits.step_files_max} files", "step_files_max")
        self._admit(path, os.fstat(content.fileno()).st_size)
        size = 0
        while piece := content.read(_PIECE):
            size += len(piece)
            self._admit(path, size)
            yield piece
        self._bytes += size

    def _admit(self, path: str, size: int) -> None:
        if size > self._limits.file_bytes_max:
            raise too_large(self._doing, path, size, self._limits)
        if self._bytes + size > self._limits.step_bytes_max:
            most = f"more than {self._limits.step_bytes_max} bytes"
            raise _too_much(f"the step {self._doing} {most}, the last of them in {path}", "step_bytes_max")
        if self._until_s is not None and time.monotonic() > self._until_s:
            text = f"the files that the step {self._doing} could not be read within its time-out; at last {path}"
            raise EffectError(f"{text}; write less, or raise `timeout`", retryable=False)


def too_large(doing: str, path: str, size: int, limits: LaneLimits) -> EffectError:
    """Return the error that a file is larger than any may be."""
    most = f"at most {limits.file_bytes_max} were expected"
    return _too_much(f"the step {doing} {path}, which has {size} bytes; {most}", "file_bytes_max")


def _too_much(text: str, key: str) -> EffectError:
    return EffectError(f"{text}; {FILE_CURE.format(key)}", retryable=False)


def reading_s(timeout_s: float) -> float:
    """Return how long reading what a body made may take: as long as its step may, and at least a minute."""
    return max(timeout_s, _READING_S)


@contextmanager
def stage_at(place: Path) -> Generator[Path]:
    """Make an empty folder, which is removed in the end."""
    remove_path(place)
    place.mkdir()
    try:
        yield place
    finally:
        remove_path(place)


@record(kw_only=False)
class Copied:
    """A file of a lane that was copied."""

    status: os.stat_result
    """How it was when it was opened."""
    blob: str
    """The id git has for what was read, byte for byte."""


def copy_out(
    root: Path, paths: Iterable[str], stage: Path, allowance: Allowance, algorithm: str = "sha1"
) -> dict[str, Copied]:
    """Copy what stands at these paths of a lane: files and links, and folders without what is in them.

    What is none of these, or is gone, or lies beyond a link, is left out. Returns the files; `algorithm` names blobs.
    """
    copied: dict[str, Copied] = {}
    for path in paths:
        try:
            found = _copy_one(root / path, path, stage / path, allowance, algorithm)
        except OSError as error:
            if error.errno not in _IN_THE_WAY:
                raise
        else:
            copied |= {} if found is None else {path: found}
    return copied


def _copy_one(file: Path, path: str, copy: Path, allowance: Allowance, algorithm: str) -> Copied | None:
    status = safe_open.status_of(file)
    if status is None:
        return None
    if stat.S_ISREG(status.st_mode):
        with _opened(file) as content:
            status = os.fstat(content.fileno())
            copy.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.new(algorithm, b"blob %d\0" % status.st_size, usedforsecurity=False)
            with safe_open.make_plain(copy) as out:
                for piece in allowance.pieces(path, content):
                    digest.update(piece)
                    out.write(piece)
            if status.st_mode & stat.S_IXUSR:
                safe_open.add_bits(copy, stat.S_IXUSR)
            return Copied(status, digest.hexdigest())
    if stat.S_ISLNK(status.st_mode):
        target = safe_open.target_of(file)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.symlink_to(target)
    elif stat.S_ISDIR(status.st_mode):
        copy.mkdir(parents=True, exist_ok=True)
    return None


def _opened(file: Path) -> BufferedReader:
    try:
        return safe_open.open_plain(file)
    except PermissionError:
        safe_open.add_bits(file, stat.S_IRUSR | stat.S_IWUSR)
        return safe_open.open_plain(file)


def put_in(stage: Path, paths: Iterable[str], root: Path) -> dict[str, os.stat_result]:
    """Move what stands at these paths into a lane, in place of whatever stands there; return how it stands there."""
    stamps: dict[str, os.stat_result] = {}
    for path in paths:
        is_folder = stat.S_ISDIR((stage / path).lstat().st_mode)
        found = safe_open.status_of(root / path)
        if found is not None and stat.S_ISDIR(found.st_mode) and not is_folder:
            remove_path(root / path)
        if is_folder:
            with safe_open.folder_of(root / path / "inside", below=root):
                continue
        stamps[path] = safe_open.move(stage / path, root / path, below=root)
    return stamps


def differing(stage: Path, paths: Iterable[str], root: Path) -> list[str]:
    """Return the paths at which a lane does not hold, byte for byte, the file that is staged."""
    return [path for path in paths if not _is_same(stage / path, root / path)]


def _is_same(staged: Path, file: Path) -> bool:
    try:
        with safe_open.open_plain(file) as ours, staged.open("rb") as theirs:
            if os.fstat(ours.fileno()).st_size != os.fstat(theirs.fileno()).st_size:
                return False
            return all(piece == theirs.read(_PIECE) for piece in iter(lambda: ours.read(_PIECE), b""))
    except OSError:
        return False
