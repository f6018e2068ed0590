"""Kills, full disks and other programs in the way: a prefix survives, and the error says what to do.

Uses real programs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from surefoot.core.events import RunCreated, RunResumed
from surefoot.core.ids import RunId
from surefoot.errors import JournalError, JournalLocked
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch

RUN = RunId("20260102-abcdef")
APPENDING = """
import sys
from itertools import count
from pathlib import Path
from surefoot.core.events import RunCreated, RunResumed
from surefoot.core.plan import Plan
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch

journal = SqliteJournal.open(Path(sys.argv[1]))
journal.append([Batch("20260102-abcdef", 0, [RunCreated(at=1.0, run="20260102-abcdef", plan=Plan(goal="", steps=()))])])
for n in count():
    blob = journal.blobs.put(b"%d" % n)
    facts = [RunResumed(at=1.0, by=blob) for _ in range(3)]
    (answer,) = journal.append([Batch("20260102-abcdef", None, facts, durable=n % 5 == 0)])
    print(answer.seq, flush=True)
"""
LIMITED = """
import resource, sys
from pathlib import Path
from surefoot.core.events import RunCreated, RunResumed
from surefoot.errors import JournalError
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch

journal = SqliteJournal.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
facts = [RunResumed(at=1.0, by="x" * 500) for _ in range(100)]
appended = 1
try:
    while True:
        (answer,) = journal.append([Batch("20260102-abcdef", None, facts, durable=True)])
        appended = answer.seq
except JournalError as error:
    print(error.code, appended, sum(1 for _ in journal.events("20260102-abcdef")), error.message)
"""


def facts(count: int = 1) -> list[RunResumed]:
    """So many facts of some length."""
    return [RunResumed(at=1.0, by="x" * 500) for _ in range(count)]


@pytest.mark.parametrize("lines", [1, 7, 40])
def test_a_kill_in_the_middle_of_appending_leaves_a_prefix(home: Path, lines: int) -> None:
    """All that was acknowledged is there, batches are whole, and the chain and the small blobs with it."""
    with subprocess.Popen([sys.executable, "-c", APPENDING, home], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        acknowledged = [int(program.stdout.readline()) for _ in range(lines)][-1]
        program.kill()
    journal = SqliteJournal.open(home)
    assert journal.head(RUN)[0] >= acknowledged
    assert journal.head(RUN)[0] % 3 == 1
    assert all(journal.blobs.size(each.event.by) for each in journal.events(RUN, after=1))  # type: ignore[attr-defined]
    assert journal.audit(RUN) == []
    journal.close()


@pytest.mark.parametrize(("point", "survives"), [("before", 4), ("written", 4), ("committed", 7)])
def test_a_kill_at_a_fault_point_leaves_what_was_committed(home: Path, point: str, survives: int) -> None:
    """Only what stands behind COMMIT is there afterwards."""
    environment = os.environ | {"SUREFOOT_FAULT": f"journal.append.{point}:3"}
    done = subprocess.run([sys.executable, "-c", APPENDING, home], check=False, env=environment, capture_output=True)
    journal = SqliteJournal.open(home)
    assert (done.returncode, journal.head(RUN)[0], journal.audit(RUN)) == (-9, survives, [])
    journal.close()


def test_a_disk_that_takes_no_more_loses_nothing_and_is_readable(
    journal: SqliteJournal, run: RunId, home: Path
) -> None:
    """The commit that did not fit is gone as a whole, and the error says what to do."""
    done = subprocess.run([sys.executable, "-c", LIMITED, home], check=True, capture_output=True, text=True)
    code, appended, read, message = done.stdout.split(maxsplit=3)
    assert (code, appended) == ("journal-locked", read)
    assert "Look at the disk, then resume" in message
    assert (journal.head(run)[0], journal.audit(run)) == (int(appended), [])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    argv = [mount or "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or os.geteuid() != 0 or subprocess.run(argv, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk, and not everywhere")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(disk: Path, left: int = 0) -> Path:
    """Fill a disk to the last byte but `left`."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as out:
        try:
            while out.write(b"x" * 4096):
                pass
        except OSError:
            out.truncate(out.tell() - left)
    return filler


def test_appending_goes_on_once_a_full_disk_has_room_again(small_disk: Path, created: RunCreated) -> None:
    """The same opening of the journal, and nothing that was appended before is lost."""
    journal = SqliteJournal.open(small_disk / "state")
    journal.append([Batch(RUN, 0, [created])])
    filler = fill(small_disk)
    with pytest.raises(JournalLocked, match=r"Free some space, then resume|Look at the disk, then resume"):
        journal.append([Batch(RUN, None, facts(100), durable=True)])
    readable = journal.head(RUN)[0]
    filler.unlink()
    journal.append([Batch(RUN, None, facts(100), durable=True)])
    assert (readable, journal.head(RUN)[0], journal.audit(RUN)) == (1, 101, [])
    journal.close()


def test_a_blob_that_does_not_fit_is_an_error_and_leaves_nothing(small_disk: Path) -> None:
    """Half a content is never taken for a blob."""
    journal = SqliteJournal.open(small_disk / "state")
    filler = fill(small_disk, left=8192)
    with pytest.raises(JournalLocked, match="No space left"):
        journal.blobs.put(b"x" * 100_000)
    filler.unlink()
    assert [path for path in (small_disk / "state" / "blobs").rglob("*") if path.is_file()] == []
    journal.close()


def test_a_full_disk_refuses_to_open_a_new_journal(small_disk: Path) -> None:
    """The error says so; once there is room the same folder will do."""
    filler = fill(small_disk)
    with pytest.raises(JournalError):
        SqliteJournal.open(small_disk / "state")
    filler.unlink()
    SqliteJournal.open(small_disk / "state").close()


def test_another_program_that_keeps_the_lock_is_an_error(journal: SqliteJournal, run: RunId, home: Path) -> None:
    """Nothing is written, reading goes on, and once the lock is gone so does appending."""
    other = apsw.Connection(str(home / "journal.db"))
    other.execute("BEGIN IMMEDIATE")
    writer = SqliteJournal.open(home, busy_timeout_s=0.02)
    with pytest.raises(JournalLocked, match="Another program keeps the journal"):
        writer.append([Batch(run, None, facts())])
    read = len(list(writer.events(run)))
    other.execute("ROLLBACK")
    writer.append([Batch(run, None, facts())])
    assert (read, journal.head(run)[0]) == (1, 2)
    other.close()
    writer.close()


def test_a_short_lock_is_waited_for(journal: SqliteJournal, run: RunId, home: Path) -> None:
    """Another program's commit takes its moment and is no error."""
    other = apsw.Connection(str(home / "journal.db"))
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.1, other.execute, ["ROLLBACK"]).start()
    journal.append([Batch(run, None, facts())])
    assert journal.head(run)[0] == 2
    other.close()


OPENING = """
import sys
from pathlib import Path
from surefoot.journal.sqlite import SqliteJournal

SqliteJournal.open(Path(sys.argv[1]))
"""


def test_several_programs_may_open_a_new_journal_at_once(home: Path) -> None:
    """One of them makes the tables, the others find them."""
    programs = [subprocess.Popen([sys.executable, "-c", OPENING, home]) for _ in range(4)]
    assert [program.wait() for program in programs] == [0, 0, 0, 0]


def test_threads_take_turns_at_one_journal(journal: SqliteJournal, run: RunId) -> None:
    """Readers and writers of one connection do not trip over each other."""

    def work() -> None:
        for _ in range(50):
            journal.append([Batch(run, None, facts())])
            list(journal.events(run, after=journal.head(run)[0] - 1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (journal.head(run)[0], journal.audit(run)) == (201, [])
