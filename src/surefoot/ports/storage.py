"""The ports of what outlives a program: the journal, its blobs, and the claim on a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from surefoot.core.events import Event
from surefoot.core.ids import BlobId, RunId
from surefoot.core.record import record
from surefoot.errors import ClaimLost, JournalConflict

E = TypeVar("E", bound=Event)


@record(kw_only=False)
class Recorded:
    """An event with its place in the journal."""

    run: RunId
    seq: int
    """Its position, from 1."""
    event: Event
    hash: str
    """The hash of its row, in hex; covers all events before."""


@record(kw_only=False)
class Encoded:
    """An event as it stands in a row."""

    kind: str
    version: int
    body: bytes


@record(kw_only=False)
class StoredRow:
    """One row of the events, as it was read."""

    seq: int
    row: Encoded
    release: str
    hash: bytes


@record(kw_only=False)
class Standing:
    """Where a run stands at one position, in the figures that lists of runs show."""

    seq: int
    """The position it was folded up to."""
    state: str
    """`running`, `waiting`, `paused` or `ended`."""
    outcome: str | None
    goal: str
    """The first line of its goal, as amended."""
    verified: int
    """Verified steps."""
    steps: int
    questions: int
    """Open questions."""


@record(kw_only=False)
class Batch:
    """Events of one run that are appended together or not at all."""

    run: RunId
    expected: int | None
    """The position the decisions among them were taken at; None: facts only, appended wherever the end is."""
    events: Sequence[Event]
    """In order; at least one. The first batch of a run begins with `RunCreated`."""
    token: int | None = None
    """The engine's fencing token; None: the batch needs no claim."""
    durable: bool = False
    """Whether it must be on disk, not only safe from the death of this program, when `append` returns."""
    standing: Standing | None = None
    """Where the run stands behind these events, kept in the same commit; None: lists of runs fold the journal."""


@record(kw_only=False)
class Appended:
    """A batch that is committed."""

    seq: int
    hash: str


@record(kw_only=False)
class RunRow:
    """What can be said of a run without reading its events."""

    run: RunId
    repository: str | None
    """The user's folder; None: a run without a workspace."""
    created_at: float
    goal: str
    """The first line of its goal."""


class Blobs(Protocol):
    """Content by the name of its digest. May be used from any thread."""

    def put(self, content: bytes) -> BlobId:
        """Store content and return its name. Storing it again changes nothing."""
        ...

    def put_file(self, source: Path) -> BlobId:
        """Store a file's content and return its name. The file may be changed afterwards.

        Raises:
            JournalError: the file cannot be read.
        """
        ...

    def get(self, blob: BlobId) -> bytes:
        """Return a blob's content.

        Raises:
            JournalCorrupt: there is no such blob, or its content does not match its name.
        """
        ...

    def open(self, blob: BlobId) -> BinaryIO:
        """Open a blob to be read a piece at a time. Unlike `get`, this does not compare it with its name.

        Raises:
            JournalCorrupt: there is no such blob.
        """
        ...

    def size(self, blob: BlobId) -> int:
        """Return a blob's length in bytes.

        Raises:
            JournalCorrupt: there is no such blob.
        """
        ...

    def problem(self, blob: BlobId) -> str | None:
        """Say what is wrong with a blob, or None."""
        ...


class Journal(Protocol):
    """The append-only record of all runs. Positions of a run count from 1 without a gap.

    May be used from any thread; callers take turns. *Others* are other openings of the same journal, in this program or
    in another one.
    """

    @property
    def blobs(self) -> Blobs:
        """The blobs that events refer to; those that wait are written with the next batch."""
        ...

    @property
    def is_durable(self) -> bool:
        """Whether what is appended outlives this program."""
        ...

    def append(self, batches: Sequence[Batch]) -> list[Appended | JournalConflict | ClaimLost]:
        """Append batches in one commit and return, in their order, what became of each.

        A batch whose decisions come too late, or whose token is not the run's, is refused alone.

        Raises:
            JournalLocked: nothing was appended; the journal stays readable.
        """
        ...

    def sync(self) -> None:
        """Force everything appended so far to disk. Does not keep others from appending.

        Raises:
            JournalLocked: the disk refuses it; nothing is appended from then on.
        """
        ...

    def events(self, run: RunId, after: int = 0) -> Iterator[Recorded]:
        """Yield the events of a run behind position `after`, those appended meanwhile included.

        Raises:
            JournalTooNew: a newer Surefoot wrote an event.
            JournalCorrupt: an event is missing, was altered or cannot be read; none behind it is yielded.
        """
        ...

    def events_of_kind(self, run: RunId, kind: type[E], most: int) -> list[E]:
        """Return up to `most` of a run's events of one kind, the chain unverified: for what may be wrong, like guesses.

        Raises:
            JournalTooNew: a newer Surefoot wrote one.
            JournalCorrupt: one cannot be read.
        """
        ...

    def stored(self, run: RunId) -> Iterator[StoredRow]:
        """Yield a run's rows as they stand, unread and unverified: for a trail that can be checked elsewhere."""
        ...

    def head(self, run: RunId) -> tuple[int, str]:
        """Return position and hash of the last event, or `(0, "")`."""
        ...

    def runs(self) -> list[RunRow]:
        """Return all runs, the oldest first."""
        ...

    def version(self) -> int:
        """Return a number that changes when others have appended.

        Raises:
            JournalLocked: what was appended is not on disk.
            JournalGone: the journal is not where it was any more.
        """
        ...

    async def wait_for_appends(self, version: int) -> int:
        """Wait until others have appended since `version`, and return the new version.

        Raises:
            JournalLocked: what was appended is not on disk.
            JournalGone: the journal is not where it was any more.
        """
        ...

    def raise_token(self, run: RunId) -> int:
        """Make all earlier fencing tokens of the run void and return the new one."""
        ...

    def snapshot(self, run: RunId) -> tuple[int, bytes, str] | None:
        """Return the state saved last, with the position it was folded up to and the name of what folded it."""
        ...

    def save_snapshot(self, run: RunId, seq: int, state: bytes, folded_by: str) -> None:
        """Keep the state folded up to `seq` in place of any earlier one. It may be lost at any time."""
        ...

    def standings(self) -> dict[RunId, Standing]:
        """Return where the runs stand of which that is kept; those that have gone on since are left out."""
        ...

    def save_standings(self, standings: Mapping[RunId, Standing]) -> None:
        """Keep where runs stand. It may be lost at any time."""
        ...

    def delete_run(self, run: RunId) -> None:
        """Remove a run's events. Its engine, if there is one, loses its claim; its blobs stay until `gc`."""
        ...

    def gc(self, before: float, *, dry_run: bool = False) -> list[BlobId]:
        """Remove the blobs stored before that time that no event mentions, unless `dry_run`; return their names."""
        ...

    def audit(self, run: RunId) -> list[str]:
        """Return everything wrong with a run: its chain, its positions, its rows, its blobs. Empty: nothing."""
        ...

    def close(self) -> None:
        """Let go of the journal.

        Raises:
            JournalLocked: what was appended is not on disk.
        """
        ...


class Holder(Protocol):
    """Who holds a run."""

    @property
    def pid(self) -> int:
        """Its operating-system id."""
        ...

    @property
    def host(self) -> str:
        """The machine's name."""
        ...

    @property
    def said(self) -> str:
        """Who it is, in a few words."""
        ...

    @property
    def is_visible(self) -> bool:
        """Whether this very program can be seen from here."""
        ...


class Claim(Protocol):
    """The exclusive right to perform one run's effects, until it is released or its program ends, however it ends."""

    def release(self) -> None:
        """Let go of the run. May be called twice."""
        ...


class Claims(Protocol):
    """Who holds which run. The fencing token (`Journal.raise_token`) voids what a holder says that lost its claim."""

    def acquire(self, run: RunId) -> Claim:
        """Claim a run.

        Raises:
            RunHeld: another engine holds it; `facts["holder"]` is a `Holder`, or None when it cannot be told.
            JournalError: the claim cannot be written down.
        """
        ...

    def take_over(self, run: RunId, grace_s: float) -> Claim:
        """End whoever holds the run, after `grace_s` seconds by force, then claim it. A free run is just claimed.

        Raises:
            RunHeld: the holder cannot be ended from here, or did not go; nothing else was ended.
        """
        ...

    def holder(self, run: RunId) -> Holder | None:
        """Return who holds the run now; None when nobody does, or it has not yet said who it is."""
        ...
