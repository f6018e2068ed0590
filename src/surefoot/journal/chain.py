"""The hash chain over a run's events, and its audit.

The chain shows accidents and careless edits; whoever can write the journal can also write a whole new chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from surefoot.core.events import Event
from surefoot.core.ids import BlobId, RunId
from surefoot.errors import JournalCorrupt, JournalError
from surefoot.journal.codec import blobs_of, decode
from surefoot.ports.storage import Encoded, StoredRow

GENESIS = b""
"""Stands for the hash before the first event."""


def row_hash(previous: bytes, run: RunId, seq: int, row: Encoded, release: str) -> bytes:
    """Return the hash of a row; it covers everything the row says and, through `previous`, all rows before."""
    # No word of the first line holds a blank or a line break (the time stands in the body), so that no two rows give
    # the same bytes.
    words = f"{run} {seq} {row.kind} {row.version} {release}\n"
    return hashlib.sha256(previous + words.encode() + row.body).digest()


def verified(run: RunId, after: int, rows: Iterable[StoredRow]) -> Iterator[tuple[StoredRow, Event]]:
    """Yield the rows behind position `after` with their events, as long as the chain holds.

    `rows` begin with the one at `after` itself, if there is one: the chain goes on from its hash.

    Raises:
        JournalCorrupt: a row is missing, was altered, or does not hold what its kind says.
        JournalTooNew: a newer Surefoot wrote the row.
    """
    previous, seq = (None, after - 1) if after else (GENESIS, 0)
    for stored in rows:
        seq += 1
        if stored.seq != seq:
            raise _corrupt(run, seq, "is missing")
        if previous is not None:
            if stored.hash != row_hash(previous, run, seq, stored.row, stored.release):
                raise _corrupt(run, seq, "was altered")
            yield stored, decode(run, seq, stored.row, stored.release)
        previous = stored.hash


def _corrupt(run: RunId, seq: int, what: str) -> JournalCorrupt:
    return JournalCorrupt(
        f"Event {seq} of run {run!r} {what}: the journal was damaged or edited. See `surefoot audit {run}`, "
        f"and put {run!r} back from a copy of the journal.",
        run=run,
        seq=seq,
    )


def problems(run: RunId, rows: Iterable[StoredRow], blob_problem: Callable[[BlobId], str | None]) -> Iterator[str]:
    """Yield everything that is wrong with a run's rows and with the blobs they refer to."""
    previous, last = GENESIS, 0
    asked: set[BlobId] = set()
    for stored in rows:
        seq, is_next = stored.seq, stored.seq == last + 1
        if not is_next:
            missing = f"event {last + 1} is" if seq == last + 2 else f"events {last + 1} to {seq - 1} are"
            yield f"Run {run!r}: {missing} missing."
        elif stored.hash != row_hash(previous, run, seq, stored.row, stored.release):
            yield f"Run {run!r}: event {seq} does not match its hash: it or its place in the chain was altered."
        previous, last = stored.hash, seq
        try:
            event = decode(run, seq, stored.row, stored.release)
        except JournalError as error:
            yield error.message
            continue
        for blob in blobs_of(event):
            if blob not in asked:
                asked.add(blob)
                problem = blob_problem(blob)
                if problem is not None:
                    yield f"Run {run!r}: event {seq} refers to blob {blob}, which {problem}."
    if last == 0:
        yield f"Run {run!r} has no events."
