"""Reading: events, runs, snapshots, what is removed, and what is refused.

May break rows by hand.
"""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from surefoot.core.events import RunResumed
from surefoot.core.ids import RunId
from surefoot.errors import JournalCorrupt, JournalError, JournalTooNew
from surefoot.journal.schema import MIGRATIONS
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch
from surefoot.release import RELEASE

OTHER = RunId("20260101-zzzzzz")


def edit(home: Path, sql: str, *bindings: str | int | bytes) -> None:
    """Change the database behind the journal's back."""
    connection = apsw.Connection(str(home / "journal.db"))
    connection.execute(sql, bindings)
    connection.close()


def resumed(journal: SqliteJournal, run: RunId, count: int) -> None:
    """Append so many facts, each one different."""
    journal.append([Batch(run, None, [RunResumed(at=float(n), by=f"{n}") for n in range(count)])])


def test_what_was_written_is_there_after_reopening(journal: SqliteJournal, run: RunId, home: Path) -> None:
    """Another opening reads the same events with the same hashes."""
    resumed(journal, run, 3)
    before = list(journal.events(run))
    journal.close()
    again = SqliteJournal.open(home, read_only=True)
    assert list(again.events(run)) == before
    again.close()


def test_reading_a_journal_that_does_not_exist_makes_nothing(home: Path) -> None:
    """`surefoot ls` on a new machine lists no runs and leaves no trace."""
    journal = SqliteJournal.open(home, read_only=True)
    assert journal.runs() == []
    assert not home.exists()
    journal.close()


def test_a_journal_opened_for_reading_refuses_to_write(journal: SqliteJournal, run: RunId, home: Path) -> None:
    """The error says what to do."""
    reader = SqliteJournal.open(home, read_only=True)
    with pytest.raises(JournalError, match="cannot be opened for this"):
        resumed(reader, run, 1)
    reader.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), 'two', 'owt') AS BLOB) WHERE seq = 3",
        "UPDATE events SET body = CAST('not JSON' AS BLOB) WHERE seq = 3",
        "UPDATE events SET release = '9.9' WHERE seq = 3",
        "UPDATE events SET hash = x'00' WHERE seq = 3",
        "DELETE FROM events WHERE seq = 3",
    ],
)
def test_an_altered_row_is_named_and_nothing_behind_it_is_read(
    journal: SqliteJournal, run: RunId, home: Path, change: str
) -> None:
    """State is never folded from what was not written."""
    journal.append([Batch(run, None, [RunResumed(at=1.0, by=by) for by in ("one", "two", "three")])])
    edit(home, change)
    reader = journal.events(run)
    assert [next(reader).seq, next(reader).seq] == [1, 2]
    with pytest.raises(JournalCorrupt, match=rf"Event 3 of run '{run}'.*surefoot audit {run}"):
        next(reader)


def test_a_missing_row_at_the_position_itself_is_named(journal: SqliteJournal, run: RunId, home: Path) -> None:
    """Who has read up to there cannot go on as if nothing were wrong."""
    resumed(journal, run, 3)
    edit(home, "DELETE FROM events WHERE seq = 2")
    with pytest.raises(JournalCorrupt, match=r"Event 2 of run .* is missing"):
        list(journal.events(run, after=2))


def test_a_row_that_does_not_hold_its_event_is_named(home: Path, run: RunId, journal: SqliteJournal) -> None:
    """Even where the chain was made to fit."""
    from surefoot.journal.chain import row_hash
    from surefoot.ports.storage import Encoded

    body = b'{"at":1.0,"who":"nobody"}'
    digest = row_hash(bytes.fromhex(journal.head(run)[1]), run, 2, Encoded("run_resumed", 1, body), RELEASE)
    edit(home, "INSERT INTO events VALUES (?, 2, 'run_resumed', 1, ?, ?, ?)", run, RELEASE, body, digest)
    with pytest.raises(JournalCorrupt, match="does not hold a 'run_resumed'"):
        list(journal.events(run))


@pytest.mark.parametrize(("kind", "version"), [("moon_landed", 1), ("run_resumed", 2)])
def test_an_event_of_a_newer_release_names_that_release(
    journal: SqliteJournal, run: RunId, home: Path, kind: str, version: int
) -> None:
    """An unknown kind, or a known one in a newer version."""
    from surefoot.journal.chain import row_hash
    from surefoot.ports.storage import Encoded

    digest = row_hash(bytes.fromhex(journal.head(run)[1]), run, 2, Encoded(kind, version, b"{}"), "7.0")
    edit(home, "INSERT INTO events VALUES (?, 2, ?, ?, '7.0', x'7b7d', ?)", run, kind, version, digest)
    with pytest.raises(JournalTooNew, match=rf"Event 2 of run '{run}'.*Use Surefoot 7\.0 or newer"):
        list(journal.events(run))


def test_a_journal_of_a_newer_schema_is_left_untouched(journal: SqliteJournal, home: Path) -> None:
    """The error says so, and the file is byte for byte what it was."""
    journal.close()
    edit(home, f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    before = (home / "journal.db").read_bytes()
    with pytest.raises(JournalTooNew, match="left untouched"):
        SqliteJournal.open(home)
    assert (home / "journal.db").read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"This is a diary, not a database.\n" * 500, b"SQLite format 3\0" + b"\xff" * 8000]
)
def test_a_file_that_is_no_journal_is_refused(home: Path, content: bytes) -> None:
    """The error says what to keep and what to do."""
    home.mkdir()
    (home / "journal.db").write_bytes(content)
    with pytest.raises(JournalCorrupt, match="put back a backup"):
        SqliteJournal.open(home)


def test_a_truncated_journal_is_refused(journal: SqliteJournal, run: RunId, home: Path) -> None:
    """SQLite's own finding becomes ours."""
    resumed(journal, run, 2000)
    journal.close()
    content = (home / "journal.db").read_bytes()
    (home / "journal.db").write_bytes(content[: len(content) // 2])
    with pytest.raises(JournalCorrupt, match="damaged"):
        SqliteJournal.open(home).audit(run)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error says which folder and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match=r"state' for Surefoot's state cannot be made: .*SUREFOOT_HOME"):
        SqliteJournal.open(tmp_path / "file" / "state")


def test_a_database_that_cannot_be_opened_is_named(home: Path) -> None:
    """A folder where the file should be is no reason for a riddle."""
    (home / "journal.db").mkdir(parents=True)
    with pytest.raises(JournalError, match="Make its folder writable"):
        SqliteJournal.open(home)


def test_state_is_private(journal: SqliteJournal, home: Path) -> None:
    """Nobody else may read what commands printed."""
    assert home.stat().st_mode & 0o777 == 0o700
