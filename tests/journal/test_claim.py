"""Claims by locks: what the lock file says, and what the system does when a holder dies.

The contract of all claims stands in `tests/conformance`.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from surefoot.errors import JournalError, RunHeld
from surefoot.journal.claim import FlockClaims
from tests.conformance.holders import RUN, Start, holders

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds a lock")


@pytest.fixture
def claims(tmp_path: Path) -> FlockClaims:
    """No claim is held."""
    return FlockClaims(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder, not made yet."""
    return tmp_path / RUN


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts other programs that hold the run; they end with the test."""
    with holders(FlockClaims, tmp_path) as one:
        yield one


def tell(folder: Path, **words: object) -> None:
    """Change what the lock file says of its holder."""
    said = json.loads((folder / "lock").read_text())
    (folder / "lock").write_text(json.dumps(said | words))


@pytest.fixture
def let_go(folder: Path, start: Start) -> Callable[[], str]:
    """A lock whose holder was killed, and which the system lets go of when this is called."""
    program = start("copied")  # a copy of the program has the lock, too
    program.kill()
    program.wait()
    with pytest.raises(BlockingIOError), (folder / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return lambda: program.communicate()[0]


@linux_only
def test_a_killed_holder_is_nobody_while_the_system_lets_go_of_its_lock(
    claims: FlockClaims, folder: Path, let_go: Callable[[], None]
) -> None:
    """Nobody is at work on the run: an answer need not be refused because its engine cannot be seen."""
    assert claims.holder(RUN) is None
    let_go()


@linux_only
def test_a_lock_that_the_system_lets_go_of_is_waited_for(
    claims: FlockClaims, folder: Path, let_go: Callable[[], str]
) -> None:
    """To resume just after a kill is no mistake."""
    late = threading.Timer(0.6, let_go)
    late.start()
    claims.acquire(RUN).release()
    late.join()


@linux_only
def test_a_holder_elsewhere_is_not_taken_for_ended(claims: FlockClaims, folder: Path) -> None:
    """A program among others than those seen from here may be alive."""
    claim = claims.acquire(RUN)
    tell(folder, pid=2**22, pid_namespace="pid:[1]")
    assert claims.holder(RUN) is not None
    claim.release()


def test_a_folder_removed_under_the_holder_is_claimed_anew(claims: FlockClaims, folder: Path) -> None:
    """The lock belongs to the file that has the name; the fencing token keeps the old holder out."""
    lost = claims.acquire(RUN)
    (folder / "lock").unlink()
    claims.acquire(RUN).release()
    lost.release()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error says what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="Make its folder writable"):
        FlockClaims(tmp_path / "file").acquire(RUN)


@linux_only
@pytest.mark.parametrize("lie", [{"pid": os.getppid()}, {"start_ticks": 1}])
def test_a_program_that_is_not_the_holder_is_left_alone(
    claims: FlockClaims, folder: Path, start: Start, lie: dict[str, int]
) -> None:
    """A pid in a file is no reason to end whoever has it today."""
    program = start()
    tell(folder, **lie)
    with pytest.raises(RunHeld, match="left alone"):
        claims.take_over(RUN, grace_s=0.0)
    assert program.poll() is None


def test_a_holder_on_another_machine_is_not_ended_from_here(claims: FlockClaims, folder: Path, start: Start) -> None:
    """Its pid means nothing here."""
    start()
    tell(folder, host="elsewhere")
    with pytest.raises(RunHeld, match="is held on elsewhere"):
        claims.take_over(RUN, grace_s=0.0)


@pytest.mark.parametrize("content", ["", "{", '{"pid": 1}', "[]"])
def test_a_holder_that_has_not_said_its_name_is_still_a_holder(
    claims: FlockClaims, folder: Path, start: Start, content: str
) -> None:
    """Between the lock and the writing of the name is a moment."""
    start()
    (folder / "lock").write_text(content)
    with pytest.raises(RunHeld, match="has not said yet which"):
        claims.acquire(RUN)
