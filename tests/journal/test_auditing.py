"""The audit finds what was altered, lost or left out.

May break rows and blobs by hand.
"""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from surefoot.core.event_words import Ending, Status
from surefoot.core.events import BodyFinished, RunResumed
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch


@pytest.fixture
def blob(journal: SqliteJournal, run: RunId) -> BlobId:
    """A large blob that the second of five events refers to."""
    stored = journal.blobs.put(b"output" * 1000)
    ended = BodyFinished(at=1.0, step=StepId("a"), attempt=1, ending=Ending(status=Status.OK), evidence=stored)
    journal.append([Batch(run, None, [ended, *(RunResumed(at=1.0, by=by) for by in ("x", "y", "z"))])])
    return stored


def blob_path(home: Path, blob: BlobId) -> Path:
    """Where a large blob lies."""
    return home / "blobs" / blob[:2] / blob[2:]


def test_a_sound_run_has_no_problems(journal: SqliteJournal, run: RunId, blob: BlobId) -> None:
    """Nothing found is an empty list."""
    assert journal.audit(run) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE events SET body = CAST('{}' AS BLOB) WHERE seq = 3", ["does not match its hash", "does not hold a"]),
        ("UPDATE events SET hash = x'00' WHERE seq = 3", ["event 3 does not match", "event 4 does not match"]),
        ("DELETE FROM events WHERE seq = 3", ["event 3 is missing"]),
        ("DELETE FROM events WHERE seq IN (3, 4)", ["events 3 to 4 are missing"]),
        ("UPDATE events SET kind = 'moon_landed' WHERE seq = 5", ["does not match its hash", "does not know it"]),
        ("DELETE FROM events", ["has no events"]),
    ],
)
def test_what_happened_to_rows_is_found(
    journal: SqliteJournal, run: RunId, blob: BlobId, home: Path, change: str, found: list[str]
) -> None:
    """Each problem once, with its place, and the rows behind it looked at all the same."""
    editor = apsw.Connection(str(home / "journal.db"))
    editor.execute(change)
    editor.close()
    problems = journal.audit(run)
    assert len(problems) == len(found)
    assert all(text in problem for text, problem in zip(found, problems, strict=True))


def test_a_missing_blob_is_found(journal: SqliteJournal, run: RunId, blob: BlobId, home: Path) -> None:
    """The event that refers to it is named."""
    blob_path(home, blob).unlink()
    (problem,) = journal.audit(run)
    assert f"event 2 refers to blob {blob}, which is missing" in problem


def test_an_altered_blob_is_found(journal: SqliteJournal, run: RunId, blob: BlobId, home: Path) -> None:
    """A blob of the right length is still compared with its name."""
    blob_path(home, blob).write_bytes(b"OUTPUT" * 1000)
    (problem,) = journal.audit(run)
    assert "does not match its name" in problem
