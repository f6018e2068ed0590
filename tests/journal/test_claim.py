"""One engine a run: the lock, who holds it, and taking it over.

Owns the tests of `Claim`, with real programs as holders. Read `test_interleaving` next.
"""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from surefoot.errors import JournalError, RunHeld
from surefoot.journal import Claim, Holder
from surefoot.journal.claim import holder_of

HOLDER = """
import os, signal, subprocess, sys, time
from pathlib import Path
from surefoot.journal.claim import Claim, Holder
claim = Claim.acquire(Path(sys.argv[1]), Holder.this())
if "polite" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "copied" in sys.argv and os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
child = subprocess.Popen(["sleep", "60"]) if "child" in sys.argv else None
print(child.pid if child else 0, flush=True)
sys.stdin.read()
"""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds a lock")
Program = subprocess.Popen[str]
Start = Callable[..., Program]


def child_of(program: Program) -> int:
    """Wait until the program holds the run; the pid of its child, if it has one."""
    assert program.stdout is not None
    return int(program.stdout.readline())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder, not made yet."""
    return tmp_path / "20260102-abcdef"


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts other programs that hold the run; they end with the test."""
    started: list[Program] = []

    def one(*words: str) -> Program:
        argv = [sys.executable, "-c", HOLDER, str(folder), *words]
        started.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        if "child" not in words:
            child_of(started[-1])
        return started[-1]

    yield one
    for program in started:
        program.kill()
        if program.stdout is not None and not program.stdout.closed:
            program.communicate()


def test_a_run_nobody_holds_is_claimed(folder: Path) -> None:
    """And says who holds it from then on."""
    this = Holder.this()
    claim = Claim.acquire(folder, this)
    assert holder_of(folder) == this
    claim.release()


def test_a_held_run_is_refused_by_name(folder: Path, start: Start) -> None:
    """The error names pid, host, command and the way out."""
    program = start()
    with pytest.raises(RunHeld, match=rf"pid {program.pid} on .* since .*resume {folder.name} --take-over") as caught:
        Claim.acquire(folder, Holder.this())
    holder = caught.value.facts["holder"]
    assert isinstance(holder, Holder)
    assert pickle.loads(pickle.dumps(caught.value)).facts["holder"].pid == holder.pid == program.pid  # noqa: S301


def test_the_same_program_cannot_claim_twice(folder: Path) -> None:
    """Two engines in one program are two engines."""
    claim = Claim.acquire(folder, Holder.this())
    with pytest.raises(RunHeld):
        Claim.acquire(folder, Holder.this())
    claim.release()


def test_a_released_run_is_free(folder: Path) -> None:
    """Releasing twice does no harm to the next holder."""
    first = Claim.acquire(folder, Holder.this())
    first.release()
    second = Claim.acquire(folder, Holder.this())
    first.release()
    assert holder_of(folder) is not None
    second.release()


def test_a_killed_holder_leaves_the_run_free(folder: Path, start: Start) -> None:
    """What it wrote into the file means nothing without the lock."""
    program = start()
    program.kill()
    program.wait()
    assert (folder / "lock").stat().st_size > 0
    assert holder_of(folder) is None
    Claim.acquire(folder, Holder.this()).release()


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
    folder: Path, let_go: Callable[[], None]
) -> None:
    """Nobody is at work on the run: an answer need not be refused because its engine cannot be seen."""
    assert holder_of(folder) is None
    let_go()


@linux_only
def test_a_lock_that_the_system_lets_go_of_is_waited_for(folder: Path, let_go: Callable[[], str]) -> None:
    """To resume just after a kill is no mistake."""
    late = threading.Timer(0.6, let_go)
    late.start()
    Claim.acquire(folder, Holder.this()).release()
    late.join()


@linux_only
def test_a_holder_elsewhere_is_not_taken_for_ended(folder: Path) -> None:
    """A program among others than those seen from here may be alive."""
    claim = Claim.acquire(folder, replace(Holder.this(), pid=2**22, pid_namespace="pid:[1]"))
    assert holder_of(folder) is not None
    claim.release()


def test_a_child_of_a_killed_holder_holds_nothing(folder: Path, start: Start) -> None:
    """The lock is not inherited."""
    program = start("child")
    child = child_of(program)
    program.kill()
    program.wait()
    try:
        Claim.acquire(folder, Holder.this()).release()
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_folder_removed_under_the_holder_is_claimed_anew(folder: Path) -> None:
    """The lock belongs to the file that has the name; the fencing token keeps the old holder out."""
    lost = Claim.acquire(folder, Holder.this())
    (folder / "lock").unlink()
    Claim.acquire(folder, Holder.this()).release()
    lost.release()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error says what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="Make its folder writable"):
        Claim.acquire(tmp_path / "file" / "run", Holder.this())


def test_taking_over_a_free_run_ends_nobody(folder: Path) -> None:
    """Also where a file of an earlier holder is left."""
    Claim.acquire(folder, replace(Holder.this(), pid=1)).release()
    Claim.take_over(folder, Holder.this(), grace_s=0.0).release()


@linux_only
def test_a_holder_is_asked_to_stop_before_it_is_taken_over(folder: Path, start: Start) -> None:
    """One that listens ends in its own way."""
    program = start("polite")
    Claim.take_over(folder, Holder.this(), grace_s=60.0).release()
    assert program.wait() == 3


@linux_only
def test_a_holder_that_does_not_stop_is_killed(folder: Path, start: Start) -> None:
    """Its time is over after the grace."""
    program = start("stubborn")
    Claim.take_over(folder, Holder.this(), grace_s=0.05).release()
    assert program.wait() == -signal.SIGKILL


@linux_only
@pytest.mark.parametrize("lie", [{"pid": os.getppid()}, {"start_ticks": 1}])
def test_a_program_that_is_not_the_holder_is_left_alone(folder: Path, start: Start, lie: dict[str, int]) -> None:
    """A pid in a file is no reason to end whoever has it today."""
    program = start()
    said = json.loads((folder / "lock").read_text())
    (folder / "lock").write_text(json.dumps(said | lie))
    with pytest.raises(RunHeld, match="left alone"):
        Claim.take_over(folder, Holder.this(), grace_s=0.0)
    assert program.poll() is None


def test_a_holder_on_another_machine_is_not_ended_from_here(folder: Path, start: Start) -> None:
    """Its pid means nothing here."""
    start()
    said = json.loads((folder / "lock").read_text())
    (folder / "lock").write_text(json.dumps(said | {"host": "elsewhere"}))
    with pytest.raises(RunHeld, match="is held on elsewhere"):
        Claim.take_over(folder, Holder.this(), grace_s=0.0)


@linux_only
def test_an_engine_does_not_end_itself(folder: Path) -> None:
    """A program that holds the run cannot take it over."""
    claim = Claim.acquire(folder, Holder.this())
    with pytest.raises(RunHeld):
        Claim.take_over(folder, Holder.this(), grace_s=0.0)
    claim.release()


@pytest.mark.parametrize("content", ["", "{", '{"pid": 1}', "[]"])
def test_a_holder_that_has_not_said_its_name_is_still_a_holder(folder: Path, start: Start, content: str) -> None:
    """Between the lock and the writing of the name is a moment."""
    start()
    (folder / "lock").write_text(content)
    with pytest.raises(RunHeld, match="has not said yet which"):
        Claim.acquire(folder, Holder.this())
