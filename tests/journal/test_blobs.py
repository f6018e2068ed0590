"""Blobs are what their names say, or an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.core.events import RunResumed
from surefoot.core.ids import RunId
from surefoot.errors import JournalCorrupt, JournalLocked
from surefoot.journal.blobs import SMALL_BYTES_MAX
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch

SIZES = (0, 1, SMALL_BYTES_MAX, SMALL_BYTES_MAX + 1, 3 << 20)


def commit(journal: SqliteJournal, run: RunId) -> None:
    """Append something, which takes waiting blobs along."""
    journal.append([Batch(run, None, [RunResumed(at=1.0, by="")])])


@pytest.mark.parametrize("size", SIZES)
def test_a_blob_outlives_the_commit_and_the_program(journal: SqliteJournal, run: RunId, home: Path, size: int) -> None:
    """Another opening reads it once an event was appended after it."""
    blob = journal.blobs.put(b"x" * size)
    commit(journal, run)
    reader = SqliteJournal.open(home, read_only=True)
    assert reader.blobs.get(blob) == b"x" * size
    reader.close()


def test_storing_the_same_again_leaves_one_file(journal: SqliteJournal, home: Path) -> None:
    """Nor does it leave unfinished ones."""
    blobs = [journal.blobs.put(b"x" * 5000) for _ in range(3)]
    files = [path for path in (home / "blobs").rglob("*") if path.is_file()]
    assert len(set(blobs)) == len(files) == 1


def test_storing_again_heals_a_truncated_file(journal: SqliteJournal, home: Path) -> None:
    """A damaged disk need not keep a blob from being stored anew."""
    blob = journal.blobs.put(b"x" * 5000)
    (home / "blobs" / blob[:2] / blob[2:]).write_bytes(b"x")
    assert journal.blobs.get(journal.blobs.put(b"x" * 5000)) == b"x" * 5000


def test_altered_content_is_never_returned(journal: SqliteJournal, home: Path) -> None:
    """Not even where the length is right."""
    blob = journal.blobs.put(b"x" * 5000)
    (home / "blobs" / blob[:2] / blob[2:]).write_bytes(b"y" * 5000)
    with pytest.raises(JournalCorrupt, match="does not match its name"):
        journal.blobs.get(blob)


def test_a_blob_folder_that_cannot_be_written_is_named(journal: SqliteJournal, home: Path) -> None:
    """The error says what to do."""
    (home / "blobs").touch()
    with pytest.raises(JournalLocked, match="Free some space or make the folder writable"):
        journal.blobs.put(b"x" * 5000)


KILLED = """
import sys
from pathlib import Path
from surefoot.journal.sqlite import SqliteJournal
SqliteJournal.open(Path(sys.argv[1])).blobs.put(b"x" * 5000)
"""


def test_a_kill_before_the_rename_leaves_no_blob_and_gc_clears_up(journal: SqliteJournal, home: Path) -> None:
    """What is unfinished has no name, and is removed once it is old."""
    environment = os.environ | {"SUREFOOT_FAULT": "journal.blob.written:1"}
    done = subprocess.run([sys.executable, "-c", KILLED, home], check=False, env=environment)
    (unfinished,) = [path for path in (home / "blobs").rglob("*") if path.is_file()]
    assert done.returncode == -9
    assert (journal.gc(before=4e9), unfinished.exists()) == ([], False)
