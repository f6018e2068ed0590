"""Blobs: content by the name of its digest, small ones in the journal's database, large ones below `blobs/`.

A small blob is written by the next commit of the journal, which is the earliest that can refer to it, and so costs no
sync; until then it is read from memory. A large one is synced and then renamed into place, so that a name never stands
for half a content. Content that does not match its name is never returned.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO

from surefoot import faults, safe_open
from surefoot.core.ids import BlobId
from surefoot.core.regex import regex
from surefoot.errors import JournalCorrupt, JournalError, JournalLocked
from surefoot.journal.database import Connection, Database

SMALL_BYTES_MAX = 4096
"""Content up to this size stands in the database."""
_CHUNK_BYTES = 1 << 20
_ID = regex(r"[0-9a-f]{64}")
_MENTIONED = regex(rb"[0-9a-f]{64}")
_UNFINISHED = ".unfinished-"


class BlobStore:
    """`Blobs` below one folder and in one database; the port says what its methods raise."""

    def __init__(self, database: Database, folder: Path | None) -> None:
        """Use the database's `blobs` table and `folder`, made when it is first needed; None: the table only."""
        self._database = database
        self._folder = folder
        self._lock = threading.Lock()
        self._pending: dict[BlobId, bytes] = {}

    def put(self, content: bytes) -> BlobId:
        """Store content and return its name. Storing it again changes nothing."""
        blob = BlobId(hashlib.sha256(content).hexdigest())
        if self._folder is None or len(content) <= SMALL_BYTES_MAX:
            with self._lock:
                self._pending[blob] = content
        elif not _is_there(_path(self._folder, blob), len(content)):
            with _unfinished(self._folder) as (out, path):
                out.write(content)
                _finish(out, path, _path(self._folder, blob))
        return blob

    def put_file(self, source: Path) -> BlobId:
        """Store a file's content, a piece at a time, and return its name."""
        try:
            with source.open("rb") as content:
                start = content.read(SMALL_BYTES_MAX + 1)
                if self._folder is None or len(start) <= SMALL_BYTES_MAX:
                    return self.put(start + content.read())
                digest, size = hashlib.sha256(), 0
                with _unfinished(self._folder) as (out, path):
                    for piece in _pieces(start, content):
                        digest.update(piece)
                        size += len(piece)
                        out.write(piece)
                    blob = BlobId(digest.hexdigest())
                    if not _is_there(_path(self._folder, blob), size):
                        _finish(out, path, _path(self._folder, blob))
                return blob
        except OSError as error:
            raise JournalError(
                f"The file {str(source)!r} could not be read to be stored: {error.strerror}. Nothing was stored.",
                path=str(source),
            ) from error

    def get(self, blob: BlobId) -> bytes:
        """Return a blob's content, compared with its name."""
        with self.open(blob) as content:
            found = content.read()
        if hashlib.sha256(found).hexdigest() != blob:
            raise _corrupt(blob, "does not match its name: it was altered or damaged")
        return found

    def open(self, blob: BlobId) -> BinaryIO:
        """Open a blob to be read a piece at a time, not compared with its name."""
        with self._lock:
            pending = self._pending.get(blob)
        if pending is not None:
            return BytesIO(pending)
        rows = self._database.rows("SELECT content FROM blobs WHERE id = ?", (blob,))
        if rows:
            content = rows[0][0]
            assert isinstance(content, bytes)
            return BytesIO(content)
        if self._folder is None:
            raise _corrupt(blob, "is missing")
        try:
            return _path(self._folder, blob).open("rb")
        except OSError as error:
            raise _corrupt(blob, f"is missing ({error.strerror})") from error

    def size(self, blob: BlobId) -> int:
        """Return a blob's length in bytes."""
        with self.open(blob) as content:
            return content.seek(0, os.SEEK_END)

    def problem(self, blob: BlobId) -> str | None:
        """Say what is wrong with a blob, or None."""
        try:
            with self.open(blob) as content:
                digest = hashlib.sha256()
                for piece in _pieces(b"", content):
                    digest.update(piece)
        except JournalCorrupt as error:
            return str(error.facts["problem"])
        return None if digest.hexdigest() == blob else "does not match its name: it was altered or damaged"

    def write_pending(self, connection: Connection) -> list[BlobId]:
        """Write the small blobs that wait for a commit into an open transaction; say which, for `committed`."""
        with self._lock:
            waiting = list(self._pending.items())
        if not waiting:
            return []
        now = time.time()
        connection.executemany(
            "INSERT INTO blobs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET stored_at = excluded.stored_at",
            [(blob, now, content) for blob, content in waiting],
        )
        return [blob for blob, _ in waiting]

    def committed(self, blobs: Iterable[BlobId]) -> None:
        """Forget from memory what a commit holds now."""
        with self._lock:
            for blob in blobs:
                self._pending.pop(blob, None)

    def remove_unmentioned(self, texts: Iterable[bytes], before: float, *, dry_run: bool = False) -> list[BlobId]:
        """Remove the blobs stored before that time whose names occur in none of the texts, unless `dry_run`.

        Returns their names.
        """
        rows = self._database.rows("SELECT id FROM blobs WHERE stored_at < ?", (before,))
        small = {str(row[0]) for row in rows}
        found = () if self._folder is None else self._folder.glob("[0-9a-f][0-9a-f]/*")
        named = {path.parent.name + path.name: path for path in found}
        large = {name: path for name, path in named.items() if _ID.fullmatch(name) and path.stat().st_mtime < before}
        for text in texts:
            for mentioned in _MENTIONED.findall(text):
                small.discard(mentioned.decode())
                large.pop(mentioned.decode(), None)
        unmentioned = [BlobId(blob) for blob in sorted(small | set(large))]
        if dry_run:
            return unmentioned
        with self._database.transaction(durable=False) as connection:
            # Asked again: a blob stored meanwhile has a new time.
            connection.executemany(
                "DELETE FROM blobs WHERE id = ? AND stored_at < ?", [(blob, before) for blob in small]
            )
        for path in large.values():
            path.unlink(missing_ok=True)
        for path in () if self._folder is None else self._folder.glob(f"{_UNFINISHED}*"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
        return unmentioned


def _path(folder: Path, blob: BlobId) -> Path:
    if _ID.fullmatch(blob) is None:
        raise _corrupt(blob, "is no name of a blob")
    return folder / blob[:2] / blob[2:]


def _is_there(path: Path, size: int) -> bool:
    """Tell whether the file is whole, and if so mark it as stored now, so that `gc` lets it be."""
    try:
        os.utime(path)
        return path.stat().st_size == size
    except OSError:
        return False


@contextmanager
def _unfinished(folder: Path) -> Generator[tuple[IO[bytes], Path]]:
    import tempfile  # which loads compressors and more, and is not needed to read

    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=_UNFINISHED, delete=False) as out:
            path = Path(out.name)
            try:
                yield out, path
            finally:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise JournalLocked(
            f"A blob could not be written below {str(folder)!r}: {error.strerror}. "
            "Free some space or make the folder writable, then resume.",
            path=str(folder),
        ) from error


def _finish(out: IO[bytes], unfinished: Path, final: Path) -> None:
    out.flush()
    os.fsync(out.fileno())
    if not final.parent.exists():
        final.parent.mkdir(mode=0o700, exist_ok=True)
        safe_open.sync(final.parent.parent)
    faults.point("journal.blob.written")
    unfinished.replace(final)
    safe_open.sync(final.parent)


def _pieces(start: bytes, rest: BinaryIO) -> Iterator[bytes]:
    yield start
    while piece := rest.read(_CHUNK_BYTES):
        yield piece


def _corrupt(blob: BlobId, problem: str) -> JournalCorrupt:
    return JournalCorrupt(
        f"Blob {blob!r} {problem}. What it was evidence for stands in the journal; put the blob back from a backup.",
        blob=blob,
        problem=problem,
    )
