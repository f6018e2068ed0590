"""Files of a lane, read and written so that nothing leads out of it.

Owns every contact of tools with files: a path is walked folder by folder from the lane's root, without following a
link, so that nobody can swap a folder for a link in between. A link is followed for reading if it leads into the lane;
for writing never. What is no plain file is refused before a byte is read (a pipe would wait for ever), and so is a file
too big to hold.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from surefoot.core.record import record

FILE_BYTES_MAX = 8_000_000
"""No bigger file is read or written as a whole."""
_BINARY_LOOK = 8_000
_PATH_MAX = 1_000
"""Longer paths are within what Linux takes only where the root is not deep itself."""
_NAME_BYTES_MAX = 255


class Refused(Exception):
    """The path, or the file there, cannot be used; the message says why and what to do."""

    def __init__(self, text: str, *, is_misuse: bool = True) -> None:
        """Keep whether the call was wrong, or only did not find what it looked for."""
        super().__init__(text)
        self.text = text
        self.is_misuse = is_misuse


@record(kw_only=False)
class Held:
    """A file as it was found."""

    path: str
    """Where it really lies, from the root."""
    content: bytes
    mode: int
    """Its permission bits."""

    @property
    def digest(self) -> str:
        """Name the content."""
        return digest_of_content(self.content)


def digest_of_content(content: bytes) -> str:
    """Return the name by which a file's content is remembered: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(content).hexdigest()[:16]


def clean(path: str) -> str:
    """Return a path as it is written everywhere: relative, `/` between folders, no `.` and no `..`; the root is `.`.

    Raises:
        Refused: it leads out of the lane, or into `.git`.
    """
    try:
        can_be_name = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        can_be_name = False
    if not can_be_name:
        raise Refused(f"the path {path!r} holds characters that no path has; give a path relative to the root")
    if path.startswith(("/", "~")):
        raise Refused(f"{path!r} is not relative to the root; leave out what leads there")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if len(path) > _PATH_MAX or any(len(os.fsencode(part)) > _NAME_BYTES_MAX for part in parts):
        raise Refused(f"the path {path[:80]!r}… is too long; take a shorter one", is_misuse=False)
    if ".." in parts:
        raise Refused(f"{path!r} goes up with `..`; name the path from the root")
    if any(part.lower() == ".git" for part in parts):
        raise Refused(f"{path!r} lies in git's own folder, which is closed; use the tool `git` to look at the history")
    return "/".join(parts) or "."


def text_of(path: str, content: bytes) -> str:
    """Return a file's content as text.

    Raises:
        Refused: it is binary, or no UTF-8.
    """
    if b"\0" in content[:_BINARY_LOOK]:
        raise Refused(f"{path} is binary ({len(content)} bytes); only text can be shown or edited", is_misuse=False)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        text = f"{path} is no UTF-8 text (byte 0x{content[error.start]:02x} in line {line}); it can neither be shown "
        raise Refused(text + "nor edited by these tools", is_misuse=False) from error


@record(kw_only=False)
class LaneFiles:
    """The files below a root."""

    root: Path
    """Nothing outside is ever touched."""

    def read(self, path: str) -> Held:
        """Return a plain file. A link is followed as long as it stays in the lane.

        Raises:
            Refused: there is no such file, or it is not one that can be read.
        """
        inner = self.followed(path)
        with self._folder_of(inner, path) as (folder, name):
            return _read_in(folder, name, inner)

    def followed(self, path: str) -> str:
        """Return where a path leads once links are followed, from the root.

        Raises:
            Refused: it leads out of the lane.
        """
        root = os.path.realpath(self.root)
        real = os.path.realpath(os.path.join(root, clean(path)))  # noqa: PTH118 - beside realpath
        if real != root and not real.startswith(root + os.sep):
            raise Refused(f"{path} is a link that leads out of the workspace; only what lies in it can be read")
        return clean(os.path.relpath(real, root))

    def look(self, path: str) -> Held | None:
        """Return what stands at a path that is to be written, or None where nothing does; no link is followed.

        Raises:
            Refused: a link, a folder or something else stands there, or on the way.
        """
        try:
            inner = clean(path)
            with self._folder_of(inner, path) as (folder, name):
                return _read_in(folder, name, inner)
        except Missing:
            return None

    def status(self, path: str) -> os.stat_result | None:
        """Return what is at a path, links not followed; None where nothing is, or a link leads there."""
        try:
            with self._folder_of(path, path) as (folder, name):
                return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except (Refused, OSError):
            return None

    def is_folder(self, path: str) -> bool:
        """Tell whether a path is a folder of the lane, reached without a link."""
        try:
            with self._folder_of(f"{clean(path)}/.", path):
                return True
        except Refused:
            return False

    def write(self, path: str, content: bytes, mode: int | None) -> None:
        """Write a file whole or not at all; folders on the way are made.

        Raises:
            OSError: the disk, or the permissions, do not allow it.
        """
        with self._folder_of(path, path, makes=True) as (folder, name):
            fresh = f".surefoot-{os.getpid()}.new"
            with suppress(FileNotFoundError):
                os.unlink(fresh, dir_fd=folder)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            try:
                with os.fdopen(os.open(fresh, flags, 0o666, dir_fd=folder), "wb") as out:
                    out.write(content)
                    if mode is not None:
                        os.fchmod(out.fileno(), mode)
                os.rename(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
            except OSError:
                with suppress(OSError):
                    os.unlink(fresh, dir_fd=folder)
                raise

    def remove(self, path: str) -> None:
        """Remove a file, and the folders that are empty after that.

        Raises:
            OSError: the permissions do not allow it.
        """
        with suppress(Missing), self._folder_of(path, path) as (folder, name), suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        above = path.rpartition("/")[0]
        while above:
            with suppress(Missing, Refused), self._folder_of(above, above) as (folder, name):
                try:
                    os.rmdir(name, dir_fd=folder)
                except OSError:
                    return
            above = above.rpartition("/")[0]

    @contextmanager
    def _folder_of(self, path: str, said: str, *, makes: bool = False) -> Generator[tuple[int, str]]:
        """Open the folder that a path lies in, walking down from the root without following a link."""
        *folders, name = path.split("/")
        at = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in folders:
                if makes:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=at)
                below = _open_folder(part, at, said)
                os.close(at)
                at = below
            yield at, name
        finally:
            os.close(at)


class Missing(Refused):
    """There is nothing at the path."""

    def __init__(
        self, path: str, cure: str = "look with `list` or `search`", what: str = "file", *, is_misuse: bool = False
    ) -> None:
        """Keep the path, so that the nearest ones can be named."""
        super().__init__(f"there is no {what} {path}; {cure}", is_misuse=is_misuse)
        self.path = path


def _open_folder(name: str, folder: int, said: str) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError as error:
        raise Missing(said) from error
    except OSError as error:  # a link is ELOOP or ENOTDIR, a file ENOTDIR
        if _is_link(name, folder):
            text = f"{said}: the folder {name!r} on the way is a symbolic link; name the path where the file really is"
            raise Refused(text) from error
        raise Refused(f"{said}: {name!r} on the way is no folder that can be opened ({error.strerror})") from error


def _read_in(folder: int, name: str, path: str) -> Held:
    # Without O_NONBLOCK, opening a pipe would wait for somebody to write.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        opened = os.open(name, flags, dir_fd=folder)
    except FileNotFoundError as error:
        raise Missing(path) from error
    except OSError as error:
        if _is_link(name, folder):
            raise Refused(f"{path} is a symbolic link; name the file it leads to") from error
        raise Refused(f"{path} cannot be read: {error.strerror}", is_misuse=False) from error
    try:
        status = os.fstat(opened)
        if stat.S_ISDIR(status.st_mode):
            raise Refused(f"{path} is a folder; `list` shows what is in it")
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{path} is no plain file (a pipe, socket or device), so it is left alone")
        with os.fdopen(opened, "rb", closefd=False) as file:
            content = file.read(FILE_BYTES_MAX + 1)
    finally:
        os.close(opened)
    if len(content) > FILE_BYTES_MAX:
        text = f"{path} is too big ({status.st_size} bytes; at most {FILE_BYTES_MAX}); look into it with `search`"
        raise Refused(text, is_misuse=False)
    return Held(path, content, stat.S_IMODE(status.st_mode))


def _is_link(name: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False
