"""What an engine left behind is found by its mark and ended."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from surefoot.sandbox import mark_prefix_of, sweep
from surefoot.sandbox.orphans import limit_of, sweep_exactly
from surefoot.sandbox.seccomp import LIMIT_LOCKS

Alive = Callable[[str], set[int]]
WaitUntil = Callable[[Callable[[], object]], Awaitable[None]]


def start(script: str, mark: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a marked shell in a session of its own, as an engine that is gone would have left it."""
    environment = {"PATH": os.environ["PATH"], "SUREFOOT_EFFECT": mark}
    return subprocess.Popen(["sh", "-c", script], env=environment, cwd=folder, start_new_session=True)


async def test_a_marked_orphan_in_a_session_of_its_own_is_ended(
    mark: str, tmp_path: Path, alive: Alive, wait_until: WaitUntil
) -> None:
    """Although nothing but the mark connects it with the command it came from."""
    start("setsid sh -c 'echo $$ > orphan; sleep 1000; sleep 1000' &", f"{mark}/1", tmp_path).wait()
    await wait_until(lambda: len(alive(f"{mark}/1")) == 2)
    orphan = int((tmp_path / "orphan").read_text())
    assert orphan in sweep(mark)
    assert alive(mark) == set()


async def test_what_ignores_the_request_is_killed(mark: str, tmp_path: Path, wait_until: WaitUntil) -> None:
    """Two seconds later."""
    left = start("trap '' TERM; touch ready; while :; do sleep 0.1; done", mark, tmp_path)
    await wait_until((tmp_path / "ready").exists)
    assert left.pid in sweep(mark)
    assert left.wait() == -9


async def test_descendants_that_lost_the_mark_are_ended(mark: str, tmp_path: Path, wait_until: WaitUntil) -> None:
    """`env -i` and `sudo` drop it."""
    left = start("env -i /bin/sh -c 'touch ready; sleep 1000; sleep 1000'; true", mark, tmp_path)
    await wait_until((tmp_path / "ready").exists)
    assert len(sweep(mark)) >= 2  # the shell that has the mark, and the one that lost it
    left.wait()


def without_environment(mark: str) -> subprocess.Popen[bytes]:
    """Start a program that carries a mark in its limit alone."""
    limits = (limit_of(mark), limit_of(mark))
    left = subprocess.Popen(["sleep", "1000"], env={}, start_new_session=True)
    resource.prlimit(left.pid, LIMIT_LOCKS, limits)
    return left


def test_what_has_no_environment_is_known_by_its_limit(mark: str) -> None:
    """A program can drop the one, and inherits the other."""
    left = without_environment(f"{mark}/step/1")
    assert sweep(f"{mark}/") == (left.pid,)
    assert left.wait() == -15


def test_limits_tell_commands_of_a_run_apart(mark: str) -> None:
    """When one command is ended, the others go on."""
    left = without_environment(f"{mark}/step/1")
    assert (sweep_exactly(f"{mark}/step/2"), sweep_exactly(f"{mark}/step/1")) == ((), (left.pid,))
    left.wait()


@pytest.mark.parametrize("mark", ["", "a", "a/b", "a/b/c", "20260101-abc123/0123456789ab/step/1/check-0"])
def test_a_limit_is_a_number_that_every_kernel_keeps(mark: str) -> None:
    """Below what counts as no limit at all, and above what somebody would choose."""
    assert 1 << 62 <= limit_of(mark) < (1 << 63) - 1


async def test_others_are_left_alone(mark: str, tmp_path: Path, wait_until: WaitUntil) -> None:
    """Only the beginning of a mark counts."""
    left = start("touch ready; exec sleep 1000", f"other/{mark}", tmp_path)
    await wait_until((tmp_path / "ready").exists)
    assert sweep(mark) == ()
    assert left.poll() is None
    left.kill()
    left.wait()


def test_a_sweep_spares_whoever_asks_for_it(mark: str, tmp_path: Path) -> None:
    """An engine inside a command of another engine carries that one's mark, and so do its ancestors."""
    script = (
        f"from surefoot.sandbox import sweep; import os; assert sweep({mark!r}) == (); print('alive', os.getppid())"
    )
    environment = {**os.environ, "SUREFOOT_EFFECT": mark}
    shell = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", script]
    assert subprocess.run(shell, env=environment, capture_output=True, text=True, check=True).stdout.startswith("alive")


def test_runs_of_one_id_in_two_homes_are_told_apart(tmp_path: Path) -> None:
    """The commands of one are not ended for the other."""
    one, other = (tmp_path / home / "20260101-abc123" for home in ("one", "other"))
    left = start("exec sleep 1000", f"{mark_prefix_of(one)}step", tmp_path)
    assert sweep(mark_prefix_of(other)) == ()
    assert left.pid in sweep(mark_prefix_of(one))
    assert left.wait() == -15
