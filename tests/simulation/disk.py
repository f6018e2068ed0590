"""A faulty disk below the real SQLite: it loses and tears what was not synced, is full, or refuses.

The files are real ones, so that SQLite locks and maps them as ever. What of them a power cut would leave is kept
beside: the content at the last sync, and every write since.
"""

from __future__ import annotations

import errno
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import apsw

SECTOR_BYTES = 512
"""What a power cut leaves of one write is a whole number of these."""
_numbers = itertools.count(1)


@dataclass
class Kept:
    """What a power cut leaves of one file."""

    durable: bytearray = field(default_factory=bytearray)
    """Its content at the last sync."""
    unsynced: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Writes since, each with its place; None in place of content: cut off there."""

    def apply(self, writes: Sequence[tuple[int, bytes | None]]) -> None:
        """Let writes reach the platter."""
        for place, content in writes:
            if content is None:
                del self.durable[place:]
                continue
            self.durable.extend(b"\0" * (place - len(self.durable)))
            self.durable[place : place + len(content)] = content

    def sync(self) -> None:
        """Let all writes reach the platter."""
        self.apply(self.unsynced)
        self.unsynced.clear()


class Disk:
    """The disk of one simulated machine, registered with SQLite under `vfs`."""

    def __init__(self, chance: random.Random) -> None:
        """Draw what is lost from `chance`."""
        self.vfs = f"simulated-{next(_numbers)}"
        self.files: dict[str, Kept] = {}
        self.failures: list[type[apsw.Error]] = []
        """How the next writes fail, one after the other."""
        self.failing_syncs = 0
        """How many of the next syncs fail."""
        self.writes_left: int | None = None
        """How many more writes there are until the power is cut amid one; None: it stays."""
        self.syncs = 0
        """How often something was forced to the platter."""
        self.is_off = False
        """Whether the power is cut: nothing reaches it any more."""
        self._chance = chance
        self._layer = _Layer(self)

    def close(self) -> None:
        """Take the layer out of SQLite."""
        self._layer.unregister()

    def sync(self, path: Path) -> None:
        """Force a file to the platter, as Surefoot does beside SQLite."""
        self.synced(str(path), OSError(errno.EIO, "Input/output error"))

    def synced(self, path: str, error: Exception) -> None:
        """Bring a file's writes to the platter, or fail with the error."""
        if self.failing_syncs or self.is_off:
            self.failing_syncs = max(0, self.failing_syncs - 1)
            raise error
        self.syncs += 1
        if (kept := self.files.get(path)) is not None:
            kept.sync()

    def written(self, path: str, place: int, content: bytes | None) -> None:
        """Take a write, or fail."""
        if self.writes_left is not None:
            self.writes_left -= 1
            self.is_off = self.is_off or self.writes_left < 0
        if self.is_off:
            raise apsw.exception_for(apsw.SQLITE_IOERR_WRITE)
        if self.failures:
            raise self.failures.pop(0)("the disk refuses it")
        self.files.setdefault(path, Kept()).unsynced.append((place, content))

    def heal(self) -> None:
        """Let it work as it should."""
        self.failures.clear()
        self.failing_syncs = 0

    def cut_power(self) -> None:
        """Leave of each file what had reached the platter: of writes without a sync some, and some in part.

        Whoever has a file open has let go of it before.
        """
        self.heal()
        self.writes_left, self.is_off = None, False
        for path, kept in self.files.items():
            kept.apply([torn for write in kept.unsynced if (torn := self._torn(write)) is not None])
            kept.unsynced.clear()
            Path(path).write_bytes(kept.durable)
            Path(f"{path}-shm").unlink(missing_ok=True)

    def _torn(self, write: tuple[int, bytes | None]) -> tuple[int, bytes | None] | None:
        place, content = write
        fate = self._chance.random()
        if fate < 0.4:
            return None
        if content is None or fate < 0.8:
            return write
        return place, content[: self._chance.randrange(len(content) // SECTOR_BYTES + 1) * SECTOR_BYTES]


class _Layer(apsw.VFS):
    """The layer for files that SQLite calls."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk.vfs, "")
        self._disk = disk

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - apsw's name
        """Open a file."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or not (flags[0] & (apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_WAL)):
            return apsw.VFSFile("", name, flags)
        return _File(self._disk, path, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - apsw's interface
        """Delete a file."""
        super().xDelete(filename, syncdir)
        self._disk.files.pop(filename, None)


class _File(apsw.VFSFile):
    """A file whose writes the disk takes, or refuses."""

    def __init__(self, disk: Disk, path: str, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk, self._path = disk, path

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - apsw's name
        """Write."""
        self._disk.written(self._path, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - apsw's name
        """Cut off."""
        self._disk.written(self._path, newsize, None)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802, ARG002 - apsw's interface
        """Force it to the platter; the real file need not be there."""
        self._disk.synced(self._path, apsw.exception_for(apsw.SQLITE_IOERR_FSYNC))
