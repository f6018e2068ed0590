"""The journal of all runs in one SQLite database: in a file below `$SUREFOOT_HOME`, or in memory.

Owns appending and reading: positions, the claim's fencing tokens, conflicts, snapshots, and what becomes of a run that
is removed. Must never look at what an event means, but for the first of each run.

A batch of decisions is appended only at the position it was decided at, a batch of facts wherever the end is. Whatever
can be wrong with a batch is found before the first row is written, so that a refused batch leaves the others of its
commit untouched. A journal has one connection, so that *others* are other connections.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Self, cast

from surefoot import faults
from surefoot.core.events import RunCreated
from surefoot.core.ids import BlobId, RunId
from surefoot.errors import ClaimLost, JournalConflict, JournalError
from surefoot.journal.blobs import BlobStore
from surefoot.journal.chain import GENESIS, problems, row_hash, verified
from surefoot.journal.codec import decode, encode
from surefoot.journal.database import BUSY_TIMEOUT_S, Binding, Connection, Database, Disk
from surefoot.ports.storage import Appended, Batch, E, Encoded, Recorded, RunRow, Standing, StoredRow
from surefoot.release import RELEASE

DATABASE_NAME = "journal.db"
_PAGE_ROWS = 500
"""Events are read so many at a time: no memory for long journals, no lock while the reader works."""
NOTICE_S = 0.25
"""How often the database is asked whether others have appended: it does not tell by itself."""


_End = tuple[int, bytes]
_NO_END: _End = (0, GENESIS)


class SqliteJournal:
    """`Journal` in one SQLite database, with the blobs beside it; the port says what its methods raise."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        """Use these; `open` is the usual way."""
        self._database = database
        self.blobs = blobs
        # What is known of ends and tokens holds as long as no other connection has committed.
        self._ends: dict[RunId, _End] = {}
        self._tokens: dict[RunId, int] = {}
        self._known_at: int | None = None

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        read_only: bool = False,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        disk: Disk | None = None,
    ) -> Self:
        """Open the journal below `home`, and make both unless `read_only`.

        Raises:
            JournalTooNew: a newer Surefoot wrote it; it is left untouched.
            JournalCorrupt: it is damaged, or not a journal.
            JournalLocked: another program keeps it locked, or the disk takes no more.
            JournalError: the folder cannot be made or written.
        """
        if not read_only:
            try:
                home.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise JournalError(
                    f"The folder {str(home)!r} for Surefoot's state cannot be made: {error.strerror}. "
                    "Make it yourself, or choose another with $SUREFOOT_HOME.",
                    path=str(home),
                ) from error
        database = Database(home / DATABASE_NAME, read_only=read_only, busy_timeout_s=busy_timeout_s, disk=disk)
        return cls(database, BlobStore(database, home / "blobs"))

    @classmethod
    def in_memory(cls) -> Self:
        """Open an empty journal that ends with this object, and that nobody else can open."""
        database = Database(None)
        return cls(database, BlobStore(database, None))

    @property
    def is_durable(self) -> bool:
        """Whether what is appended outlives this program."""
        return self._database.path is not None

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def runs(self) -> list[RunRow]:
        """Return all runs, the oldest first."""
        rows = self._database.rows("SELECT run, repository, created_at, goal FROM runs ORDER BY created_at, run")
        return [RunRow(*cast("tuple[RunId, str | None, float, str]", row)) for row in rows]

    def events(self, run: RunId, after: int = 0) -> Iterator[Recorded]:
        """Yield the events of a run behind position `after`, those appended meanwhile included."""
        assert after >= 0
        for stored, event in verified(run, after, self._rows(run, after - 1)):
            yield Recorded(run, stored.seq, event, stored.hash.hex())

    def events_of_kind(self, run: RunId, kind: type[E], most: int) -> list[E]:
        """Return up to `most` of a run's events of one kind, the chain unverified."""
        sql = "SELECT seq, version, body, release FROM events WHERE run = ? AND kind = ? ORDER BY seq LIMIT ?"
        rows = cast("list[tuple[int, int, bytes, str]]", self._database.rows(sql, (run, kind.kind, most)))
        found = (decode(run, seq, Encoded(kind.kind, version, body), release) for seq, version, body, release in rows)
        return [event for event in found if isinstance(event, kind)]

    def stored(self, run: RunId) -> Iterator[StoredRow]:
        """Yield a run's rows as they stand, unread and unverified: for a trail that can be checked elsewhere."""
        return self._rows(run, 0)

    def head(self, run: RunId) -> tuple[int, str]:
        """Return position and hash of the last event, or `(0, "")`."""
        seq, row_hash_ = self._read_end(run)
        return seq, row_hash_.hex()

    def append(self, batches: Sequence[Batch]) -> list[Appended | JournalConflict | ClaimLost]:
        """Append batches in one commit, with the small blobs that wait; return what became of each."""
        encoded = [[encode(event) for event in batch.events] for batch in batches]
        faults.point("journal.append.before")
        with self._database.lock:
            ends: dict[RunId, _End] = {}
            answers: list[Appended | JournalConflict | ClaimLost] = []
            with self._database.transaction(durable=any(batch.durable for batch in batches)) as connection:
                version = self._database.data_version_within()
                if version != self._known_at:
                    self._ends.clear()
                    self._tokens.clear()
                    self._known_at = version
                for batch, rows in zip(batches, encoded, strict=True):
                    refused = self._refusal(batch, ends)
                    answers.append(refused or self._write(connection, batch, rows, ends))
                written = self.blobs.write_pending(connection)
                faults.point("journal.append.written")
            self._ends |= ends
            self.blobs.committed(written)
        faults.point("journal.append.committed")
        return answers

    def sync(self) -> None:
        """Force everything appended so far to disk. Does not keep others from appending."""
        self._database.sync()

    def version(self) -> int:
        """Return a number that changes when another connection has committed."""
        return self._database.data_version()

    async def wait_for_appends(self, version: int) -> int:
        """Wait until another connection has committed since `version`, and return the new version.

        While a thread writes, nothing is asked: the event loop does not wait for the disk.
        """
        import asyncio  # which takes long to load, and is not needed to read a run

        if not self.is_durable:
            await asyncio.get_running_loop().create_future()  # nobody else can open it
        while True:
            await asyncio.sleep(NOTICE_S)
            latest = self._database.data_version_now()
            if latest is not None and latest != version:
                return latest

    def raise_token(self, run: RunId) -> int:
        """Make all earlier fencing tokens of the run void and return the new one.

        On disk with the next durable commit: with the engine's start, before it performs anything.
        """
        with self._database.lock:
            with self._database.transaction(durable=False) as connection:
                token = _raise_token(connection, run)
            self._tokens[run] = token
        faults.point("journal.token.raised")
        return token

    def snapshot(self, run: RunId) -> tuple[int, bytes, str] | None:
        """Return the state saved last, with the position it was folded up to and the name of the code that did."""
        rows = self._database.rows("SELECT seq, state, release FROM snapshots WHERE run = ?", (run,))
        return cast("tuple[int, bytes, str]", rows[0]) if rows else None

    def save_snapshot(self, run: RunId, seq: int, state: bytes, folded_by: str) -> None:
        """Keep the state folded up to `seq` in place of any earlier one. It may be lost at any time."""
        with self._database.transaction(durable=False) as connection:
            connection.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)", (run, folded_by, seq, state))

    def standings(self) -> dict[RunId, Standing]:
        """Return where the runs stand of which that is kept; those that have gone on since are left out."""
        sql = (
            "SELECT seq, state, outcome, goal, verified, steps, questions, run FROM standings"
            " WHERE seq = (SELECT max(seq) FROM events WHERE events.run = standings.run)"
        )
        rows = cast("list[tuple[int, str, str | None, str, int, int, int, RunId]]", self._database.rows(sql))
        return {row[7]: Standing(*row[:7]) for row in rows}

    def save_standings(self, standings: Mapping[RunId, Standing]) -> None:
        """Keep where runs stand. It may be lost at any time."""
        with self._database.transaction(durable=False) as connection:
            for run, standing in standings.items():
                _keep_standing(connection, run, standing)

    def delete_run(self, run: RunId) -> None:
        """Remove a run's events. Its engine, if there is one, loses its claim; its blobs stay until `gc`."""
        with self._database.lock:
            with self._database.transaction(durable=True) as connection:
                for table in ("events", "snapshots", "standings", "runs"):
                    connection.execute(f"DELETE FROM {table} WHERE run = ?", (run,))  # noqa: S608 - our own words
                token = _raise_token(connection, run)
            self._ends.pop(run, None)
            self._tokens[run] = token

    def gc(self, before: float, *, dry_run: bool = False) -> list[BlobId]:
        """Remove the blobs stored before that time that no event mentions; return their names."""
        return self.blobs.remove_unmentioned(self._bodies(), before, dry_run=dry_run)

    def audit(self, run: RunId) -> list[str]:
        """Return everything wrong with a run: its chain, its positions, its rows, its blobs. Empty: nothing."""
        return list(problems(run, self._rows(run, 0), self.blobs.problem))

    def _rows(self, run: RunId, after: int) -> Iterator[StoredRow]:
        sql = (
            "SELECT seq, kind, version, body, release, hash FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?"
        )
        while page := self._database.rows(sql, (run, after, _PAGE_ROWS)):
            for row in page:
                seq, kind, version, body, release, hash_ = cast("tuple[int, str, int, bytes, str, bytes]", row)
                yield StoredRow(seq, Encoded(kind, version, body), release, hash_)
                after = seq

    def _bodies(self) -> Iterator[bytes]:
        sql = "SELECT run, seq, body FROM events WHERE (run, seq) > (?, ?) ORDER BY run, seq LIMIT ?"
        place: tuple[Binding, Binding] = ("", 0)
        while page := self._database.rows(sql, (*place, _PAGE_ROWS)):
            for run, seq, body in page:
                yield cast("bytes", body)
                place = (run, seq)

    def _read_end(self, run: RunId) -> _End:
        rows = self._database.rows("SELECT seq, hash FROM events WHERE run = ? ORDER BY seq DESC LIMIT 1", (run,))
        return cast("_End", rows[0]) if rows else _NO_END

    def _end(self, run: RunId, ends: dict[RunId, _End]) -> _End:
        end = ends.get(run) or self._ends.get(run)
        if end is None:
            end = self._ends[run] = self._read_end(run)
        return end

    def _token(self, run: RunId) -> int:
        if run not in self._tokens:
            rows = self._database.rows("SELECT token FROM claims WHERE run = ?", (run,))
            self._tokens[run] = cast("int", rows[0][0]) if rows else 0
        return self._tokens[run]

    def _refusal(self, batch: Batch, ends: dict[RunId, _End]) -> JournalConflict | ClaimLost | None:
        run, expected, events = batch.run, batch.expected, batch.events
        assert events, "a batch holds an event"
        assert expected is not None or not any(event.is_decision for event in events), "decisions have a position"
        assert not any(isinstance(event, RunCreated) for _, event in pairwise(events)), "only the first creates the run"
        if batch.token is not None and batch.token != self._token(run):
            return ClaimLost(
                f"Run {run!r} was taken over by another engine, or removed: token {batch.token} is void, "
                f"{self._token(run)} is valid. This engine must stop; see `surefoot status {run}`.",
                run=run,
                token=batch.token,
                valid=self._token(run),
            )
        seq, _ = self._end(run, ends)
        if expected is not None and expected != seq:
            text = f"Run {run!r} has gone on to event {seq}; the decisions were taken at {expected}. Decide again."
        elif isinstance(events[0], RunCreated) == (seq == 0):
            return None
        elif seq == 0:
            text = f"Run {run!r} is not in the journal (any more), so that nothing can be added to it."
        else:
            text = f"Run {run!r} is in the journal already. Choose another run id."
        return JournalConflict(text, run=run, expected=expected, head=seq)

    def _write(
        self, connection: Connection, batch: Batch, rows: Sequence[Encoded], ends: dict[RunId, _End]
    ) -> Appended:
        run = batch.run
        seq, previous = self._end(run, ends)
        bindings: list[tuple[Binding, ...]] = []
        for row in rows:
            seq += 1
            previous = row_hash(previous, run, seq, row, RELEASE)
            bindings.append((run, seq, row.kind, row.version, RELEASE, row.body, previous))
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", bindings)
        first = batch.events[0]
        if isinstance(first, RunCreated):
            goal = (first.plan.goal.strip().splitlines() or [""])[0]
            connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?)", (run, first.repository, goal, first.at))
        # Facts may come to stand behind others that the standing does not know.
        if batch.standing is not None and batch.standing.seq == seq:
            _keep_standing(connection, run, batch.standing)
        ends[run] = (seq, previous)
        return Appended(seq, previous.hex())


def _keep_standing(connection: Connection, run: RunId, standing: Standing) -> None:
    figures = (standing.goal, standing.verified, standing.steps, standing.questions)
    connection.execute(
        "INSERT INTO standings VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq,"
        " state = excluded.state, outcome = excluded.outcome, goal = excluded.goal, verified = excluded.verified,"
        " steps = excluded.steps, questions = excluded.questions WHERE excluded.seq > standings.seq",
        (run, standing.seq, standing.state, standing.outcome, *figures),
    )


def _raise_token(connection: Connection, run: RunId) -> int:
    rows = connection.execute(
        "INSERT INTO claims VALUES (?, 1) ON CONFLICT DO UPDATE SET token = token + 1 RETURNING token", (run,)
    )
    ((token,),) = rows
    assert isinstance(token, int)
    return token
