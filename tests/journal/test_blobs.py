"""Blobs are what their names say, or an error.

Owns the contract of `BlobStore`, small and large. Read `test_claim` next.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.core.events import RunResumed
from surefoot.core.ids import BlobId, RunId
from surefoot.errors import JournalCorrupt, JournalError, JournalLocked
from surefoot.journal import Batch, Journal
from surefoot.journal.blobs import SMALL_BYTES_MAX

SIZES = (0, 1, SMALL_BYTES_MAX, SMALL_BYTES_MAX + 1, 3 << 20)


def commit(journal: Journal, run: RunId) -> None:
    """Append something, which takes waiting blobs along."""
    journal.append([Batch(run, None, [RunResumed(at=1.0, by="")])])


@pytest.mark.parametrize("size", SIZES)
def test_a_blob_is_named_by_its_digest_and_read_at_once(journal: Journal, size: int) -> None:
    """No commit is needed to read what was stored."""
    content = b"x" * size
    blob = journal.blobs.put(content)
    assert blob == hashlib.sha256(content).hexdigest()
    assert (journal.blobs.get(blob), journal.blobs.size(blob)) == (content, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_stored_as_its_content_would_be(journal: Journal, tmp_path: Path, size: int) -> None:
    """A file may be too long for the memory; its name is the same."""
    (tmp_path / "file").write_bytes(b"x" * size)
    blob = journal.blobs.put_file(tmp_path / "file")
    assert blob == journal.blobs.put(b"x" * size)
    assert journal.blobs.get(blob) == b"x" * size


@pytest.mark.parametrize("size", SIZES)
def test_a_blob_outlives_the_commit_and_the_program(journal: Journal, run: RunId, home: Path, size: int) -> None:
    """Another opening reads it once an event was appended after it."""
    blob = journal.blobs.put(b"x" * size)
    commit(journal, run)
    reader = Journal.open(home, read_only=True)
    assert reader.blobs.get(blob) == b"x" * size
    reader.close()


def test_a_large_blob_is_read_piece_by_piece(journal: Journal) -> None:
    """Reports show the end of an output without reading the whole."""
    blob = journal.blobs.put(b"x" * 10_000 + b"end")
    with journal.blobs.open(blob) as content:
        content.seek(-3, os.SEEK_END)
        assert content.read() == b"end"


def test_storing_the_same_again_leaves_one_file(journal: Journal, home: Path) -> None:
    """Nor does it leave unfinished ones."""
    blobs = [journal.blobs.put(b"x" * 5000) for _ in range(3)]
    files = [path for path in (home / "blobs").rglob("*") if path.is_file()]
    assert len(set(blobs)) == len(files) == 1


def test_storing_again_heals_a_truncated_file(journal: Journal, home: Path) -> None:
    """A damaged disk need not keep a blob from being stored anew."""
    blob = journal.blobs.put(b"x" * 5000)
    (home / "blobs" / blob[:2] / blob[2:]).write_bytes(b"x")
    assert journal.blobs.get(journal.blobs.put(b"x" * 5000)) == b"x" * 5000


@pytest.mark.parametrize("blob", ["0" * 64, "../../journal.db", ""])
def test_a_blob_that_was_never_stored_is_an_error(journal: Journal, blob: str) -> None:
    """A name that is no digest never becomes a path."""
    with pytest.raises(JournalCorrupt, match=r"missing|no name of a blob"):
        journal.blobs.get(BlobId(blob))


def test_altered_content_is_never_returned(journal: Journal, home: Path) -> None:
    """Not even where the length is right."""
    blob = journal.blobs.put(b"x" * 5000)
    (home / "blobs" / blob[:2] / blob[2:]).write_bytes(b"y" * 5000)
    with pytest.raises(JournalCorrupt, match="does not match its name"):
        journal.blobs.get(blob)


def test_a_file_that_cannot_be_read_is_named(journal: Journal, tmp_path: Path) -> None:
    """Nothing is stored then."""
    with pytest.raises(JournalError, match="missing-file"):
        journal.blobs.put_file(tmp_path / "missing-file")


def test_a_blob_folder_that_cannot_be_written_is_named(journal: Journal, home: Path) -> None:
    """The error says what to do."""
    (home / "blobs").touch()
    with pytest.raises(JournalLocked, match="Free some space or make the folder writable"):
        journal.blobs.put(b"x" * 5000)


KILLED = """
import sys
from pathlib import Path
from surefoot.journal import Journal
Journal.open(Path(sys.argv[1])).blobs.put(b"x" * 5000)
"""


def test_a_kill_before_the_rename_leaves_no_blob_and_gc_clears_up(journal: Journal, home: Path) -> None:
    """What is unfinished has no name, and is removed once it is old."""
    environment = os.environ | {"SUREFOOT_FAULT": "journal.blob.written:1"}
    done = subprocess.run([sys.executable, "-c", KILLED, home], check=False, env=environment)
    (unfinished,) = [path for path in (home / "blobs").rglob("*") if path.is_file()]
    assert done.returncode == -9
    assert (journal.gc(spared_s=-1.0), unfinished.exists()) == ([], False)
