"""Virtual time, and runs in it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

import surefoot
from surefoot.testing import Simulated, VirtualClock, simulate


async def an_hour(_: surefoot.StepArgument) -> None:
    """Take an hour."""
    await asyncio.sleep(3600)


async def for_ever(_: surefoot.StepArgument) -> None:
    """Wait for what never comes."""
    await asyncio.Event().wait()


def simulated(*steps: surefoot.Step, **fields: object) -> Simulated:
    """Simulate a plan of these steps."""
    return simulate(surefoot.Plan(goal="g", steps=steps, **fields))


def test_an_hour_passes_at_once_and_is_counted() -> None:
    """Two steps after each other take two hours."""
    came = simulated(
        surefoot.Step("a", an_hour, timeout_s=7200), surefoot.Step("b", an_hour, timeout_s=7200, needs=["a"])
    )
    assert (came.report["outcome"], came.took_s) == ("completed", 7200.0)


def test_steps_side_by_side_take_as_long_as_one() -> None:
    """Time passes for both."""
    steps = [surefoot.Step(name, an_hour, timeout_s=7200) for name in "ab"]
    assert simulated(*steps, parallel=2).took_s == 3600.0


def test_the_time_of_a_step_runs_out_in_virtual_time() -> None:
    """A body that waits for ever is ended after its half hour."""
    came = simulated(surefoot.Step("a", for_ever))
    assert (came.report["outcome"], came.took_s % 1800.0) == ("failed", 3.0)


def test_what_waits_for_what_never_comes_is_an_error() -> None:
    """A test that hangs tells nobody why."""
    with pytest.raises(RuntimeError, match="waits for what never comes"):
        VirtualClock().run(asyncio.Event().wait())


def test_work_for_threads_is_done_at_once() -> None:
    """It takes no virtual time, and what it raises comes to who waits for it."""
    clock = VirtualClock()
    before = clock.now()
    with pytest.raises(ZeroDivisionError):
        clock.run(asyncio.to_thread(lambda: 1 / 0))
    assert clock.now() == before


def test_a_simulated_program_has_a_name_that_says_so() -> None:
    """Nobody takes its journal for that of a machine."""
    started = next(event for event in simulated(surefoot.Step("a", an_hour)).events if event.kind == "engine_started")
    assert (started.pid, started.host) == (1, "simulated")


def test_while_a_program_runs_time_passes_as_outside() -> None:
    """Its end is waited for, however long virtual time has been standing."""

    async def run() -> int:
        program = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said, _ = await program.communicate(b"six")
        return len(said)

    assert VirtualClock().run(run()) == 3


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=folder, check=True)
    return folder


def test_a_run_with_a_workspace_can_be_simulated(repository: Path, tmp_path: Path) -> None:
    """Its commits carry virtual time, so that two simulations give the same ones."""

    async def write(step: surefoot.StepArgument) -> None:
        assert step.workspace is not None
        (step.workspace / "six.txt").write_text("6\n")

    plan = surefoot.Plan(goal="g", steps=[surefoot.Step("a", write, writes=["six.txt"])])
    shutil.copytree(repository, tmp_path / "as it was")
    first = simulate(plan, repo=repository)
    shutil.rmtree(repository)
    (tmp_path / "as it was").rename(repository)
    assert first.report["outcome"] == "completed"
    assert simulate(plan, repo=repository).journal == first.journal
