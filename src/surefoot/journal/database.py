"""One connection to the journal's SQLite database: opening, migrating, locking, syncing, errors.

A *durable* commit (`synchronous=FULL`) is on disk when it returns: one fsync of the write-ahead log, which also covers
every commit before. Any other (`synchronous=NORMAL`) survives the death of this program, but not a power cut until
`sync` or the next durable commit; a power cut takes commits off the end only. The connection may be used from any
thread: `lock` lets them in one at a time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Protocol, cast

import apsw

from surefoot import safe_open
from surefoot.core.record import record
from surefoot.errors import JournalCorrupt, JournalError, JournalGone, JournalLocked, JournalTooNew
from surefoot.journal.schema import MIGRATIONS

BUSY_TIMEOUT_S = 5.0
"""How long another program's commit is waited for."""

Binding = str | bytes | int | float | None
Row = tuple[Binding, ...]


class Connection(Protocol):
    """The part of `apsw.Connection` that the journal uses; apsw's own types are incomplete."""

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        ...

    def execute(self, statements: str, bindings: Sequence[Binding] = ()) -> Iterator[Row]:
        """Run statements; the rows of the answer are read as they are asked for."""
        ...

    def executemany(self, statements: str, sequenceofbindings: Iterable[Sequence[Binding]]) -> object:
        """Run statements once for each set of values."""
        ...

    def total_changes(self) -> int:
        """Count the rows changed since the connection was opened."""
        ...

    def set_busy_timeout(self, milliseconds: int) -> None:
        """Set how long another program's lock is waited for."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


@record
class Disk:
    """What the files of the database are written with."""

    vfs: str | None = None
    """The name under which a layer for files is registered with SQLite; None: the one for this operating system."""
    sync: Callable[[Path], None] = safe_open.sync
    """Forces a file to disk beside SQLite."""


class Database:
    """The connection, its lock, and the two kinds of commit."""

    def __init__(
        self,
        path: Path | None,
        *,
        read_only: bool = False,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        disk: Disk | None = None,
    ) -> None:
        """Open the database, and unless `read_only` make it and bring it to the newest schema. No path: one in memory.

        A `read_only` opening of a database that does not exist yet gives an empty one, and makes nothing on disk.
        """
        self.path = path
        self._disk = disk or Disk()
        self.lock = threading.RLock()
        self._syncing = threading.Lock()
        """Held while commits are forced to disk: a durable one meanwhile would claim that they are there."""
        self._is_full = False
        self._is_synced = True
        self._failure: JournalError | None = None
        """Why commits are not on disk. The system tells of that once only, so nothing is committed after it."""
        try:
            self._connection = (
                _empty() if path is None else self._opened(path, read_only=read_only, busy_timeout_s=busy_timeout_s)
            )
        except apsw.Error as error:
            raise self._explained(error) from error
        self._file = None if read_only or path is None else _identity(path)
        """Which file was opened; None: it is only read, and may be another one the next time, or there is none."""

    def close(self) -> None:
        """Close the connection. What was committed stays, and is on disk.

        Raises:
            JournalLocked: it is not on disk; the connection is closed all the same.
        """
        try:
            if self._failure is None:  # else it was told already
                self.sync()
        finally:
            with self.lock:
                self._connection.close()

    def rows(self, sql: str, bindings: Sequence[Binding] = ()) -> list[Row]:
        """Return all rows of a query."""
        with self.lock:
            try:
                return list(self._connection.execute(sql, bindings))
            except (apsw.Error, UnicodeDecodeError) as error:
                raise self._explained(error) from error

    @contextmanager
    def transaction(self, *, durable: bool) -> Generator[Connection]:
        """Hold the database's write lock; commit at the end, roll back on any exception.

        Raises:
            JournalLocked: an earlier commit could not be forced to disk, so that none after it can say it is there.
            JournalGone: the file is not at its path any more; what was committed is lost with it.
        """
        with self.lock, self._syncing if durable else nullcontext():
            connection = self._connection
            if self._failure is not None:
                raise self._failure
            try:
                if durable != self._is_full:
                    connection.execute("PRAGMA synchronous=FULL" if durable else "PRAGMA synchronous=NORMAL")
                    self._is_full = durable
                connection.execute("BEGIN IMMEDIATE")
                before = connection.total_changes()
                yield connection
                connection.execute("COMMIT")
                if connection.total_changes() != before:
                    self._is_synced = durable
                self._refuse_without_file()
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if isinstance(error, apsw.Error | UnicodeDecodeError):
                    explained = self._explained(error)
                    if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_FSYNC:
                        self._failure = explained  # what was committed before may be lost with it
                    raise explained from error
                raise

    def data_version(self) -> int:
        """Return a number that changes when another connection has committed.

        Raises:
            JournalLocked: an earlier commit could not be forced to disk.
            JournalGone: the file is not at its path any more.
        """
        if self._failure is not None:
            raise self._failure
        self._refuse_without_file()
        return self.data_version_within()

    def data_version_within(self) -> int:
        """Return the same within a transaction, at the end of which it is looked whether the file is there."""
        ((version,),) = self.rows("PRAGMA data_version")
        assert isinstance(version, int)
        return version

    def data_version_now(self) -> int | None:
        """Return the same without waiting; None while another thread uses the connection."""
        if not self.lock.acquire(blocking=False):
            return None
        try:
            return self.data_version()
        finally:
            self.lock.release()

    def sync(self) -> None:
        """Force every commit so far to disk.

        Raises:
            JournalLocked: the disk refused, now or before; nothing can be committed on this connection any more.
            JournalGone: the file is not at its path any more.
        """
        with self._syncing:
            if self._failure is not None:
                raise self._failure
            if self._is_synced or self.path is None:
                return
            self._refuse_without_file()
            # Set first: a commit that comes in between clears it again and is synced by the next call.
            self._is_synced = True
            try:
                # SQLite keeps no lock on this file, so that closing a second descriptor of it does no harm; and the
                # lock of this object is not held, so that the disk may take its time.
                self._disk.sync(self.path.with_name(f"{self.path.name}-wal"))
            except OSError as error:
                self._failure = JournalLocked(
                    f"The journal {str(self.path)!r} could not be forced to disk: {error.strerror}. Its last events "
                    "may be lost when this machine stops, so nothing more is done. Look at the disk, then resume.",
                    path=str(self.path),
                )
                raise self._failure from error

    def _refuse_without_file(self) -> None:
        """Refuse to go on with a file that nobody will find again."""
        if self.path is not None and self._file is not None and _identity(self.path) != self._file:
            self._failure = JournalGone(
                f"The journal {str(self.path)!r} was deleted, moved or replaced while it was in use, so nothing more "
                "is done: nobody would find what is written. Put it back, with the files beside it, then resume.",
                path=str(self.path),
            )
            raise self._failure

    def _opened(self, path: Path, *, read_only: bool, busy_timeout_s: float) -> Connection:
        if read_only and not path.exists():
            return _empty()
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        connection = cast("Connection", apsw.Connection(str(path), flags=flags, vfs=self._disk.vfs))
        try:
            connection.set_busy_timeout(round(busy_timeout_s * 1000))
            version = self._version_of(connection)
            if read_only:
                return connection if version == len(MIGRATIONS) else self._older(connection, version)
            _use_wal(connection, busy_timeout_s)
            connection.execute("PRAGMA synchronous=NORMAL")
            if version < len(MIGRATIONS):
                self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _version_of(self, connection: Connection) -> int:
        ((version,),) = connection.execute("PRAGMA user_version")
        assert isinstance(version, int)
        if version > len(MIGRATIONS):
            raise JournalTooNew(
                f"The journal {str(self.path)!r} has schema {version}; this Surefoot knows up to {len(MIGRATIONS)}. "
                "It was left untouched. Use the newer Surefoot that wrote it, or another $SUREFOOT_HOME.",
                path=str(self.path),
                version=version,
            )
        return version

    def _older(self, connection: Connection, version: int) -> Connection:
        connection.close()
        if version == 0:  # another program is just making it
            return _empty()
        raise JournalError(
            f"The journal {str(self.path)!r} has schema {version} of an older Surefoot and cannot be brought up to "
            "date while it is only read. Use a command that writes, such as `surefoot resume`, once.",
            path=str(self.path),
            version=version,
        )

    def _migrate(self, connection: Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another program may have been first.
            for number in range(self._version_of(connection), len(MIGRATIONS)):
                connection.execute(MIGRATIONS[number])
                connection.execute(f"PRAGMA user_version={number + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def _explained(self, error: apsw.Error | UnicodeDecodeError) -> JournalError:
        place = repr(str(self.path))
        said = str(error).removeprefix("SqliteError: ")
        match error:
            case apsw.BusyError() | apsw.LockedError():
                kind = JournalLocked
                text = (
                    f"Another program keeps the journal {place} locked. Nothing was written. "
                    f"End it (`fuser {self.path}` names it), then resume."
                )
            case apsw.FullError():
                kind, text = JournalLocked, f"The disk of the journal {place} is full. Free some space, then resume."
            case apsw.IOError():
                kind = JournalLocked
                text = (
                    f"The disk of the journal {place} refused a read or a write ({said}): it is full, limited or "
                    "failing. Nothing of the last change was kept. Look at the disk, then resume."
                )
            case apsw.NotADBError() | apsw.CorruptError() | apsw.FormatError() | UnicodeDecodeError():
                kind = JournalCorrupt
                text = (
                    f"The journal {place} is damaged, or not a journal ({said}). Keep a copy of it and of the files "
                    "beside it, then put back a backup or choose another $SUREFOOT_HOME."
                )
            case apsw.CantOpenError() | apsw.ReadOnlyError() | apsw.PermissionsError() | apsw.AuthError():
                kind = JournalError
                text = (
                    f"The journal {place} cannot be opened for this ({said}). Make its folder writable for you, "
                    "or choose another $SUREFOOT_HOME."
                )
            case _:
                kind, text = JournalError, f"SQLite refused to work on the journal {place}: {said}."
        return kind(text, path=str(self.path))


def _identity(path: Path) -> tuple[int, int] | None:
    """Return by what a file is known, whatever its path; None: there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - once a commit, and it takes half as long
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _use_wal(connection: Connection, timeout_s: float) -> None:
    """Switch to a write-ahead log. SQLite does not wait for another program that does the same, so this does."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            ((mode,),) = connection.execute("PRAGMA journal_mode=WAL")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
            continue
        if mode != "wal":
            raise apsw.CantOpenError(f"its file system allows no write-ahead log, only {mode!r}")
        return


def _empty() -> Connection:
    connection = cast("Connection", apsw.Connection(":memory:"))
    for migration in MIGRATIONS:
        connection.execute(migration)
    return connection
