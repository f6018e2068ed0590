"""Files of one lane copied to another lane of the same run, each as it was noted or not at all.

Something may be at work in the lane that is copied from. So each file is opened without following a link and held
against its stamp, before it is read and afterwards: a program can give a file its old size and times back, but not its
time of change. Files that share their content share it in the copy; no file is shared between two lanes, because
programs write files in place. Where the file system can, content is shared until it is written (reflink).

Paths of the lane that stand in texts and links are written anew. Where one stands in anything else, nothing is copied.
"""

from __future__ import annotations

import fcntl
import os
import posixpath
import re
import stat
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from surefoot import safe_open
from surefoot.core.record import record
from surefoot.core.regex import regex

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CLONE = 0x40049409
"""The request of Linux that lets two files share their content until one is written (FICLONE)."""
_PIECE = 8 << 20
"""Larger files are read in pieces; one that names the lane is not copied."""
_SPAN_NS = 10_000_000
"""All that was written while `prepare` ran has times in such a span in a copy."""
_FIRST_LINE_MAX = 127
"""Systems cut the first line of a script off behind so many bytes."""
_PLAIN = regex(r"[A-Za-z0-9/._+@-]+")
"""A path in which nothing is written in another way in any kind of text."""
_Below = dict[str, dict[str, None]]
"""What lies in each folder."""
_PARTS = b"lanes|homes|clones|indexes"


class NotCopied(Exception):
    """The files cannot be copied; the reason is told."""


@record(kw_only=False)
class Contents:
    """What is to be copied of a folder."""

    stamps: Mapping[str, str] = field(default_factory=dict[str, str])
    """Each file and link, with its stamp."""
    folders: Mapping[str, int] = field(default_factory=dict[str, int])
    """Each folder, with its permission bits."""


def stamp_of(status: os.stat_result) -> str:
    """Return what tells that a file is as it was: also its time of change, which no program can set."""
    return f"{status.st_mode} {status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


class LaneCopy:
    """Copies files from one lane, and from its scratch home, to another."""

    def __init__(self, run_dir: Path, source: str, target: str, *, made_ns: tuple[int, int]) -> None:
        """Know the two lanes by name. `made_ns`: when what is copied began to be made, and when it was.

        What was written meanwhile gets times of now, in the same order: newer than what is checked out in the other
        lane, as if it had been made there.

        Raises:
            NotCopied: nobody can tell where the lane is named.
        """
        self._paths = _Paths(os.fspath(run_dir), source, target)
        self._began_ns, self._ended_ns = made_ns
        now_ns = time.time_ns()
        self.made_ns = (now_ns, now_ns + _SPAN_NS)
        """The same of the copy."""
        self._linked: dict[tuple[int, int], Path] = {}
        self._can_share = sys.platform == "linux"
        self._written_anew: set[str] = set()

    def copy_home(self, source: Path, target: Path, contents: Contents, verbatim: tuple[str, ...]) -> None:
        """Copy a scratch home. What lies in folders of `verbatim` must not depend on where it lies.

        Raises:
            NotCopied: as for `copy`; or what lies there is for the lane at its place alone, such as an environment that
                is found by a digest of that.
        """
        kept = next((path for path in contents.stamps if _is_kept_by_place(path, verbatim)), None)
        if kept is not None:
            raise NotCopied(f"{kept} in the scratch home may be kept for the place of the lane")
        self._paths.refuse_lanes = True
        self.copy(source, target, contents, verbatim=verbatim)

    def copy(self, source: Path, target: Path, contents: Contents, *, verbatim: tuple[str, ...] = ()) -> None:
        """Copy these contents of the folder `source` into the folder `target`.

        In what lies in folders of `verbatim` a path of the lane means nothing.

        Raises:
            NotCopied: a file is not as it was noted, or names the lane where that cannot be written anew; what was
                copied so far is left.
        """
        self._top, self._target, self._contents, self._verbatim = source, target, contents, verbatim
        self._written_anew.clear()
        below: _Below = {"": {}}
        for path in sorted({*contents.stamps, *contents.folders}):
            if path in contents.folders:
                below.setdefault(path, {})
            _enter(below, path)
        try:
            with safe_open.folder_of(source / "_") as (ours, _), safe_open.folder_of(target / "_") as (theirs, _):
                # Opened again, for they were opened only to be passed.
                self._copy_folder(os.open(".", _FOLDER, dir_fd=ours), os.open(".", _FOLDER, dir_fd=theirs), "", below)
        except OSError as error:
            raise NotCopied(f"{error.strerror}: {error.filename or ''}") from error

    def _copy_folder(self, ours: int, theirs: int, folder: str, below: _Below) -> None:
        """Copy what is in a folder; its descriptors are closed."""
        try:
            names = [path for path in below[folder] if path not in below]
            for path in names:
                self._copy_entry(ours, theirs, path)
            for path in (path for path in below[folder] if path in below):
                name = posixpath.basename(path)
                inner = os.open(name, _FOLDER, dir_fd=ours)
                try:
                    with suppress(FileExistsError):
                        os.mkdir(name, 0o700, dir_fd=theirs)
                    made = os.open(name, _FOLDER, dir_fd=theirs)
                except OSError:
                    os.close(inner)
                    raise
                self._copy_folder(inner, made, path, below)
            if folder in self._contents.folders:
                os.fchmod(theirs, self._contents.folders[folder])
        finally:
            os.close(ours)
            os.close(theirs)

    def _copy_entry(self, ours: int, theirs: int, path: str) -> None:
        name, stamp = posixpath.basename(path), self._contents.stamps[path]
        if self._is_stale_bytecode(path):
            return
        status = os.stat(name, dir_fd=ours, follow_symlinks=False)
        if stamp_of(status) != stamp:
            raise NotCopied(f"{path} has changed")
        if stat.S_ISLNK(status.st_mode):
            leads = self._paths.link(os.fsencode(os.readlink(name, dir_fd=ours)), os.fspath(self._top / path))
            os.symlink(leads, name, dir_fd=theirs)
        elif stat.S_ISREG(status.st_mode):
            self._copy_file(ours, theirs, path, status)
        else:
            raise NotCopied(f"{path} is neither a file nor a link")

    def _copy_file(self, ours: int, theirs: int, path: str, status: os.stat_result) -> None:
        name, one = posixpath.basename(path), (status.st_dev, status.st_ino)
        if one in self._linked:
            os.link(self._linked[one], name, dst_dir_fd=theirs, follow_symlinks=False)
            return
        source = os.open(name, safe_open.READ, dir_fd=ours)
        try:
            made = os.open(name, safe_open.MAKE, 0o600, dir_fd=theirs)
            try:
                self._copy_content(source, made, path)
                os.fchmod(made, stat.S_IMODE(status.st_mode))
                written_ns = self._written_ns(name, status.st_mtime_ns)
                os.utime(made, ns=(written_ns, written_ns))
            finally:
                os.close(made)
            if stamp_of(os.fstat(source)) != self._contents.stamps[path]:
                raise NotCopied(f"{path} has changed")
        finally:
            os.close(source)
        if status.st_nlink > 1:
            self._linked[one] = self._target / path

    def _written_ns(self, name: str, written_ns: int) -> int:
        """Return when a file was written, in the copy."""
        if name.endswith(".py") or not self._began_ns <= written_ns <= self._ended_ns:  # bytecode knows the time of .py
            return written_ns
        share = (written_ns - self._began_ns) * _SPAN_NS // max(1, self._ended_ns - self._began_ns)
        return self.made_ns[0] + share

    def _copy_content(self, source: int, made: int, path: str) -> None:
        content = os.read(source, _PIECE)
        is_whole = len(content) < _PIECE
        if not is_whole:
            self._refuse_naming(source, path)
        elif not path.startswith(self._verbatim) and self._paths.is_in(content) and not self._is_bytecode(path):
            content = self._paths.text(content, path)
            self._written_anew.add(path)
            _write(made, content)
            return
        if not content or self._shares(source, made):
            return
        if is_whole:
            _write(made, content)
            return
        os.lseek(source, 0, os.SEEK_SET)
        while piece := os.read(source, _PIECE):
            _write(made, piece)

    def _refuse_naming(self, source: int, path: str) -> None:
        """Refuse a large file that names the lane."""
        if path.startswith(self._verbatim):
            return
        os.lseek(source, 0, os.SEEK_SET)
        end = b""
        while piece := os.read(source, _PIECE):
            if self._paths.is_in(end + piece):
                raise NotCopied(f"{path} is large and names the lane")
            end = piece[-self._paths.length :]

    def _shares(self, source: int, made: int) -> bool:
        """Let the new file share the content of the other one, where the file system can."""
        if self._can_share:
            try:
                fcntl.ioctl(made, _CLONE, source)
            except OSError:
                self._can_share = False
            else:
                return True
        return False

    def _source_of(self, path: str) -> str | None:
        """Return the module that a file is the bytecode of, as the interpreter keeps and loads it; None: of none."""
        folder, _, name = path.rpartition("/")
        stem, _, tag = name.removesuffix(".pyc").partition(".")
        is_plain = folder.endswith("__pycache__") and name.endswith(".pyc") and "pytest" not in tag
        module = posixpath.join(posixpath.dirname(folder), f"{stem}.py")
        return module if is_plain and module in self._contents.stamps else None

    def _is_bytecode(self, path: str) -> bool:
        """Tell whether the interpreter will put right what a file says of its place."""
        return self._source_of(path) is not None

    def _is_stale_bytecode(self, path: str) -> bool:
        return path.endswith(".pyc") and self._source_of(path) in self._written_anew


class _Paths:
    """The paths of one lane in texts and links, written anew for another one."""

    def __init__(self, run_dir: str, source: str, target: str) -> None:
        if not _PLAIN.fullmatch(run_dir):
            raise NotCopied(f"the path {run_dir!r} may be written in several ways")
        top = os.fsencode(run_dir)
        self._needles = tuple(top + b"/" + part for part in _PARTS.split(b"|"))
        self._any = regex(re.escape(top) + b"/(?:" + _PARTS + b")")
        own = re.escape(os.fsencode(source)) + rb"(?![A-Za-z0-9._-])"
        self._own = regex(b"(" + re.escape(top) + b"/(?:" + _PARTS + b")/)" + own)
        self._target = os.fsencode(target)
        self._roots = tuple(f"{run_dir}/{part.decode()}/{source}" for part in _PARTS.split(b"|"))
        self._run_dir = run_dir
        self.length = max(map(len, self._needles))
        self.refuse_lanes = False
        """Whether a text that names a worktree is for that one alone."""

    def is_in(self, content: bytes) -> bool:
        """Tell whether a lane of the run is named."""
        return any(needle in content for needle in self._needles)

    def text(self, content: bytes, path: str) -> bytes:
        """Return a text that names the other lane."""
        if b"\0" in content:
            raise NotCopied(f"{path} is no text and names the lane")
        written, count = self._own.subn(rb"\g<1>" + self._target, content)
        if count != len(self._any.findall(content)):
            raise NotCopied(f"{path} names another lane, or something beside this one")
        if self.refuse_lanes and self._needles[0] in content:
            raise NotCopied(f"{path} in the scratch home names the lane")
        first = written.split(b"\n", 1)[0]
        if first.startswith(b"#!") and len(first) > _FIRST_LINE_MAX:
            raise NotCopied(f"the first line of the script {path} would be too long")
        return written

    def link(self, leads: bytes, path: str) -> bytes:
        """Return where a link shall lead that stands at an absolute path."""
        if self.is_in(leads):
            return self.text(leads, path)
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(leads)))
        own = next(root for root in self._roots if path.startswith(f"{root}/"))
        if not leads.startswith(b"/") and not f"{place}/".startswith(f"{own}/") and place.startswith(self._run_dir):
            raise NotCopied(f"the link {path} leads out of the lane")
        return leads


def _is_kept_by_place(path: str, verbatim: tuple[str, ...]) -> bool:
    return posixpath.basename(path) == "pyvenv.cfg" and not path.startswith(verbatim)


def _enter(below: _Below, path: str) -> None:
    """Note a path in its folder, and that folder in its own; folders are keys."""
    folder = posixpath.dirname(path)
    if folder not in below:
        below[folder] = {}
        _enter(below, folder)
    below[folder][path] = None


def _write(made: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(made, rest) :]
