"""Plans written in Python, carried out by the embedded engine."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

import surefoot
from surefoot import Check, Plan, Step, StepArgument

RUN = "20260101-aaaaaa"


async def nothing(argument: StepArgument) -> None:
    """Do nothing."""
    assert argument.attempt >= 1


def test_a_chain_of_functions_is_completed_in_order(tmp_path: Path) -> None:
    """Each step runs after what it needs."""
    seen: list[str] = []

    def body(name: str):  # noqa: ANN202 - an async function
        async def run(_: StepArgument) -> None:
            seen.append(name)

        return run

    steps = [Step("c", body("c"), needs=["b"]), Step("b", body("b"), needs=["a"]), Step("a", body("a"))]
    assert surefoot.run(Plan(goal="g", steps=steps), home=tmp_path)["outcome"] == "completed"
    assert seen == ["a", "b", "c"]


def test_steps_without_a_workspace_run_at_once(tmp_path: Path) -> None:
    """As many as the plan says are under way together."""
    together = asyncio.Barrier(3)

    async def meet(_: StepArgument) -> None:
        await together.wait()

    plan = Plan(goal="g", steps=[Step(f"s{i}", meet) for i in range(3)], parallel=3)
    assert surefoot.run(plan, home=tmp_path)["counts"]["verified"] == 3


def test_a_program_started_again_does_not_do_verified_steps_twice(tmp_path: Path) -> None:
    """The second start of the same run id finds the run ended and performs nothing."""
    count = 0

    async def body(_: StepArgument) -> None:
        nonlocal count
        count += 1

    plan = Plan(goal="g", steps=[Step("a", body)])
    for _ in range(2):
        surefoot.run(plan, home=tmp_path, run_id=RUN)
    assert count == 1


def test_a_transient_error_is_retried_until_it_passes(tmp_path: Path) -> None:
    """A retryable `EffectError` leads to another attempt with the same idempotency key."""
    keys: list[str] = []

    async def body(argument: StepArgument) -> None:
        keys.append(argument.idempotency_key)
        if argument.attempt < 3:
            raise surefoot.EffectError("not yet", retryable=True)

    retry = surefoot.RetryPolicy(initial_interval_s=0.01)
    report = surefoot.run(Plan(goal="g", steps=[Step("a", body, retry=retry)]), home=tmp_path)
    assert report["outcome"] == "completed"
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_structural_error_is_not_retried_and_blocks_what_needs_it(tmp_path: Path) -> None:
    """One attempt, dependants blocked, the rest goes on."""

    async def body(_: StepArgument) -> None:
        raise ValueError("wrong approach")

    steps = [Step("a", body), Step("b", nothing, needs=["a"]), Step("c", nothing)]
    report = surefoot.run(Plan(goal="g", steps=steps), home=tmp_path)
    states = {step["id"]: (step["state"], step["attempts"]) for step in report["steps"]}
    assert states == {"a": ("failed", 1), "b": ("blocked", 0), "c": ("verified", 1)}
    assert report["outcome"] == "partially_completed"


def test_a_function_works_on_files_in_its_lane(repository: Path, tmp_path: Path) -> None:
    """With a repository a function's changes are verified and committed like a command's."""

    async def body(argument: StepArgument) -> None:
        assert argument.workspace is not None
        (argument.workspace / "new.txt").write_text("hello\n")

    check = Check(file="new.txt", contains="hello", expect="fail_to_pass")
    plan = Plan(goal="g", steps=[Step("a", body, checks=[check])])
    report = surefoot.run(plan, repo=repository, home=tmp_path / "home")
    assert report["outcome"] == "completed"
    assert report["steps"][0]["proof"] == "checks"
    assert not (repository / "new.txt").exists()


@pytest.mark.parametrize(
    "steps",
    [
        [Step("a")],
        [Step("a", nothing, run="true")],
        [Step("a", nothing, needs=["b"])],
        [Step("a", nothing), Step("a", nothing)],
        [Step("a", run="true")],
        [Step("a", nothing, timeout_s=math.inf)],
    ],
)
def test_a_plan_that_cannot_run_is_refused_before_anything_happens(steps: list[Step], tmp_path: Path) -> None:
    """No body, two bodies, a dangling need, one id twice, a command without a workspace, no end of time."""
    with pytest.raises(surefoot.SurefootError):
        surefoot.run(Plan(goal="g", steps=steps), home=tmp_path)


def test_wall_time_pauses_the_run(tmp_path: Path) -> None:
    """What runs is finished, nothing new starts, and the report says why."""

    async def slow(_: StepArgument) -> None:
        await asyncio.sleep(0.3)

    plan = Plan(goal="g", steps=[Step("a", slow), Step("b", nothing, needs=["a"])], wall_s=0.1)
    report = surefoot.run(plan, home=tmp_path)
    assert report["state"] == "paused"
    assert [step["state"] for step in report["steps"]] == ["verified", "pending"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one commit."""
    import subprocess

    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "a.txt").write_text("a\n")
    for command in ("init -q", "add -A", "-c user.name=u -c user.email=u@x commit -q -m init"):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)
    return folder
