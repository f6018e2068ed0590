"""Two programs start one run with the same id at once: one does the work, the other joins or is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import surefoot
from surefoot import Plan, Step, StepArgument

RUN = "20260101-aaaaaa"


@pytest.fixture
def start(tmp_path: Path) -> Callable[[Plan], str]:
    """Start the run as a program of its own would; return its outcome, or how the program was told."""
    repo = tmp_path / "user"
    repo.mkdir()
    (repo / "file").write_text("text")

    def start(plan: Plan) -> str:
        try:
            return surefoot.run(plan, repo=repo, run_id=RUN, home=tmp_path / "home")["outcome"]
        except (surefoot.RunHeld, surefoot.RunExists) as error:
            return error.code

    return start


@pytest.mark.parametrize("turn", range(2))
def test_of_two_programs_that_start_one_run_at_once_one_does_the_work(start: Callable[[Plan], str], turn: int) -> None:
    """Each step is carried out once, whoever was first at which point; nobody meets another error."""
    done: list[int] = []
    barrier = threading.Barrier(2)

    async def body(_: StepArgument) -> None:
        done.append(turn)

    def at_once(_: int) -> str:
        barrier.wait(60)
        return start(Plan(goal="g", steps=[Step("a", body)]))

    with ThreadPoolExecutor(2) as threads:
        ends = set(threads.map(at_once, range(2)))
    assert "completed" in ends
    assert ends <= {"completed", "run-held", "run-exists"}
    assert done == [turn]


def test_a_program_that_starts_a_run_that_is_worked_on_is_told_and_does_nothing(start: Callable[[Plan], str]) -> None:
    """The run goes on undisturbed, with its workspace, and is completed by the program that began it."""
    begun, go = threading.Event(), threading.Event()

    async def body(argument: StepArgument) -> None:
        begun.set()
        assert await asyncio.to_thread(go.wait, 60)
        assert argument.workspace is not None
        assert (argument.workspace / "file").exists()

    plan = Plan(goal="g", steps=[Step("a", body)])
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(start, plan)
        assert begun.wait(60)
        second = start(plan)
        go.set()
        assert (first.result(), second) == ("completed", "run-held")


def test_a_program_that_starts_a_run_that_has_ended_joins_it(start: Callable[[Plan], str]) -> None:
    """It is given the same report, and no step is carried out again."""
    done: list[int] = []

    async def body(_: StepArgument) -> None:
        done.append(1)

    plan = Plan(goal="g", steps=[Step("a", body)])
    assert (start(plan), start(plan), done) == ("completed", "completed", [1])
