"""Plans written in Python, carried out by the embedded engine."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import surefoot
from surefoot import Check, EffectError, Plan, Step, StepArgument
from surefoot.cli import main
from surefoot.planfile import parse_plan

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
    assert report["steps"][0]["proof"] == "fail_to_pass"
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


class Shop:
    """Takes payments; what it is told the first time gets lost on the way back."""

    def __init__(self, *, loses: bool = False) -> None:
        """Begin without payments; `loses`: the first one does not even arrive."""
        self.loses = loses
        self.tried = 0
        self.paid: list[str] = []

    async def pay(self, argument: StepArgument) -> None:
        """Pay."""
        self.tried += 1
        if self.tried > 1 or not self.loses:
            self.paid.append(argument.idempotency_key)
        if self.tried == 1:
            raise ConnectionError("the line went dead")

    async def was_paid(self, argument: StepArgument) -> bool:
        """Tell whether it was paid."""
        return argument.idempotency_key in self.paid

    def looked_up(self, argument: StepArgument) -> str:
        """Tell it by a word, and slowly, as functions do that are not async."""
        return "applied" if argument.idempotency_key in self.paid else "not_applied"

    def run(self, home: Path, **step: Any) -> Any:
        """Carry out a plan of one payment."""
        step = {"effect": "irreversible", "probe": self.was_paid, **step}
        plan = Plan(goal="g", steps=[Step("pay", self.pay, **step)])
        return surefoot.run(plan, home=home, run_id=RUN, options=surefoot.Options(allow=("pay",)))


@pytest.mark.parametrize("name", ["was_paid", "looked_up"])
@pytest.mark.parametrize(("loses", "tried"), [(False, 1), (True, 2)])
def test_a_function_tells_whether_an_effect_was_applied(tmp_path: Path, name: str, tried: int, *, loses: bool) -> None:
    """Async or not; the effect is there once, and is not tried again when it was there."""
    shop = Shop(loses=loses)
    report = shop.run(tmp_path, probe=getattr(shop, name))
    assert (report["outcome"], shop.tried, len(shop.paid)) == ("completed", tried, 1)


def test_a_function_that_cannot_tell_leads_to_a_question(tmp_path: Path) -> None:
    """None is unknown, and never a guess."""
    shop = Shop()
    report = shop.run(tmp_path, probe=lambda _: None)
    assert [question["kind"] for question in report["questions"]] == ["in_doubt"]
    assert shop.tried == 1


def test_a_function_is_asked_again_while_there_is_time(tmp_path: Path) -> None:
    """The payment shows late."""
    shop, asked = Shop(), 0

    def late(argument: StepArgument) -> bool:
        nonlocal asked
        asked += 1
        return asked > 2 and argument.idempotency_key in shop.paid

    assert shop.run(tmp_path, probe=late, probe_within_s=60.0)["outcome"] == "completed"
    assert (asked, shop.tried) == (3, 1)


def test_a_probe_of_another_kind_does_without_a_workspace(tmp_path: Path) -> None:
    """It asks the world, not the lane; its evidence is kept."""
    shop = Shop()
    database = sqlite3.connect(tmp_path / "shop.db")
    database.execute("CREATE VIEW payments AS SELECT 1")
    database.close()
    query = "SELECT * FROM payments WHERE '$SUREFOOT_IDEMPOTENCY_KEY' LIKE '%:pay'"
    probe = surefoot.SqlProbe(query=query, url=f"sqlite:///{tmp_path}/shop.db")
    report = shop.run(tmp_path, probe=surefoot.Probe(ask=probe))
    assert (report["questions"][0]["kind"], "finds it applied" in report["questions"][0]["text"]) == ("in_doubt", True)


@pytest.mark.parametrize(
    "fields",
    [
        {"probe": surefoot.Probe(ask=surefoot.RunProbe(command="true"))},
        {"probe": surefoot.Probe(ask=surefoot.SqlProbe(query="SELECT 1", url="postgresql://u:secret@h/d"))},
        {"probe": surefoot.Probe(ask=surefoot.PortProbe(port="1")), "probe_within_s": 1.0},
    ],
    ids=["a command", "a password", "a time"],
)
def test_a_probe_that_cannot_be_asked_is_refused_beforehand(tmp_path: Path, fields: dict[str, Any]) -> None:
    """A command without a workspace, a password in the plan, a time that nothing reads."""
    with pytest.raises(surefoot.SurefootError):
        Shop().run(tmp_path, **fields)


def test_a_run_with_a_function_as_probe_goes_on_in_its_program_only(tmp_path: Path) -> None:
    """Whoever lacks the function is told whose run it is."""
    Shop().run(tmp_path, probe=lambda _: None)
    plan = Plan(goal="g", steps=[Step("pay", nothing)])
    with pytest.raises(surefoot.SurefootError, match="Python bodies or probes"):
        surefoot.run(plan, home=tmp_path, run_id=RUN)


def test_an_agents_step_says_in_python_what_it_says_in_a_file() -> None:
    """Both become the same plan."""
    limits = surefoot.AgentLimits(cost_usd=0.5)
    check = Check(run="make test", name="make test", held_back=True)
    step = Step("a", agent="Tidy up.", model="x:y", turns_max=9, limits=limits, checks=[check])
    text = (
        "goal: g\nlimits: {cost_usd: 5, tokens: 9, requests: 8}\nsteps:\n  - id: a\n    agent: {do: Tidy up., "
        "model: 'x:y', turns: 9, limits: {cost_usd: 0.5}}\n    checks: [{run: make test, held_back: true}]\n"
    )
    assert Plan(goal="g", steps=[step], cost_usd=5, tokens=9, requests=8).compiled() == parse_plan(text, "F").plan


def test_a_json_check_says_in_python_what_it_says_in_a_file() -> None:
    """Its keys stand in a mapping in both."""
    asked = {"file": "x.json", "path": "a", "equals": None}
    step = Step("a", run="true", checks=[Check(json=asked, name="a in x.json is null")])
    text = "goal: g\nsteps: [{id: a, run: 'true', checks: [{json: {file: x.json, path: a, equals: null}}]}]\n"
    assert Plan(goal="g", steps=[step]).compiled() == parse_plan(text, "F").plan


@pytest.mark.parametrize(
    ("asked", "words"),
    [({"file": "x", "path": "a"}, "`equals` of `json` is missing"), ({"equals": 1, "pth": 2}, "`file` of `json` is")],
)
def test_a_json_check_is_refused_where_its_keys_are_wrong(asked: dict[str, object], words: str) -> None:
    """The message names the step, the check and the key."""
    with pytest.raises(surefoot.PlanInvalid, match=f"step 'a', check 1: {words}"):
        Plan(goal="g", steps=[Step("a", run="true", checks=[Check(json=asked)])]).compiled()


def test_an_agent_causes_no_effect_outside(tmp_path: Path) -> None:
    """Nobody can say beforehand what a model would do there."""
    plan = Plan(goal="g", steps=[Step("a", agent="Publish it.", effect="irreversible")])
    with pytest.raises(surefoot.SurefootError, match="`read` or `reversible` was expected"):
        surefoot.run(plan, repo=tmp_path, home=tmp_path / "home")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"effect": "irreversable"}, "step 'a': effect is 'irreversable'; one of read, .* did you mean 'irreversible'"),
        ({"tier": "confrim"}, "step 'a': tier is 'confrim'; .* did you mean 'confirm'"),
        ({"on_failure": "skipp"}, "step 'a': on_failure is 'skipp'; one of block, skip, .* did you mean 'skip'"),
        (
            {"checks": [Check(run="true", expect="fail2pass")]},
            "step 'a', check 1: expect is 'fail2pass'; .*'fail_to_pass'",
        ),
        ({"checks": [Check(tests="x", format="tap")]}, "check 1: format is 'tap'; one of junit, unittest was expected"),
    ],
)
def test_a_word_that_is_not_known_is_told_with_its_place_and_the_nearest_one(part: dict[str, Any], words: str) -> None:
    """As in a plan file; no error of an enumeration."""
    with pytest.raises(surefoot.PlanInvalid, match=words):
        Plan(goal="g", steps=[Step("a", run="true", **part)]).compiled()


def test_retry_sets_a_step_of_python_and_leaves_it_to_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report's hint can be followed: the command line sets the step, and the program carries it out."""
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path))
    ready: list[int] = []

    async def body(_: StepArgument) -> None:
        if not ready:
            raise EffectError("not yet")

    plan = Plan(goal="g", steps=[Step("a", body)])
    assert surefoot.run(plan, run_id=RUN)["next"] == f"surefoot retry {RUN} a"
    assert main(["retry", RUN, "a"]) == 6
    assert f"Next: start the program that made run {RUN} again" in capsys.readouterr().out
    ready.append(1)
    assert surefoot.run(plan, run_id=RUN)["outcome"] == "completed"
