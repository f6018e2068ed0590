"""What every store of blobs does: a blob is what its name says, or an error."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from surefoot.core.ids import BlobId
from surefoot.errors import JournalCorrupt, JournalError
from surefoot.ports.storage import Blobs, Journal

SIZES = (0, 1, 4096, 4097, 3 << 20)


@pytest.fixture
def blobs(journal: Journal) -> Blobs:
    """The blobs of each kind of journal."""
    return journal.blobs


@pytest.mark.parametrize("size", SIZES)
def test_a_blob_is_named_by_its_digest_and_read_at_once(blobs: Blobs, size: int) -> None:
    """No commit is needed to read what was stored."""
    content = b"x" * size
    blob = blobs.put(content)
    assert blob == hashlib.sha256(content).hexdigest()
    assert (blobs.get(blob), blobs.size(blob)) == (content, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_stored_as_its_content_would_be(blobs: Blobs, tmp_path: Path, size: int) -> None:
    """A file may be too long for the memory; its name is the same."""
    (tmp_path / "file").write_bytes(b"x" * size)
    blob = blobs.put_file(tmp_path / "file")
    assert blob == blobs.put(b"x" * size)
    assert blobs.get(blob) == b"x" * size


def test_a_large_blob_is_read_piece_by_piece(blobs: Blobs) -> None:
    """Reports show the end of an output without reading the whole."""
    blob = blobs.put(b"x" * 10_000 + b"end")
    with blobs.open(blob) as content:
        content.seek(-3, os.SEEK_END)
        assert content.read() == b"end"


@pytest.mark.parametrize("blob", ["0" * 64, "../../journal.db", ""])
def test_a_blob_that_was_never_stored_is_an_error(blobs: Blobs, blob: str) -> None:
    """A name that is no digest never becomes a path."""
    with pytest.raises(JournalCorrupt, match=r"missing|no name of a blob"):
        blobs.get(BlobId(blob))


def test_a_file_that_cannot_be_read_is_named(blobs: Blobs, tmp_path: Path) -> None:
    """Nothing is stored then."""
    with pytest.raises(JournalError, match="missing-file"):
        blobs.put_file(tmp_path / "missing-file")


def test_what_is_well_and_what_is_missing_is_told(blobs: Blobs) -> None:
    """An audit asks for each blob that an event names."""
    assert blobs.problem(blobs.put(b"x" * 5000)) is None
    assert "missing" in str(blobs.problem(BlobId("0" * 64)))
