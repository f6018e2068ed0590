"""A goal in words, from the shell to verified commits, with a model that a script plays.

Real programs, a real repository, the ordinary way to a provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Said, Stage

RUN = "20260101-abc123"
SCRIPT = """
CHECK = {"name": "two", "run": "grep -q two a.txt", "expect": "fail_to_pass"}
STEP = {"id": "fix", "why": "one is meant", "agent": "Write two.", "writes": ["a.txt"], "checks": [CHECK]}
KNOWN = {"summary": "a.txt says one", "files": [], "scope": ["a.txt"], "accept": [CHECK], "risks": [], "questions": []}
TURNS = {
    "scout": [[("read", {"path": "a.txt"})], [("understood", KNOWN)]],
    "planner": [[("plan", {"steps": [STEP]})]],
    "worker": [
        [("read", {"path": "a.txt"})],
        [("edit", {"edits": [{"path": "a.txt", "old": "one", "new": "two"}]})],
        [("finish", {"summary": "it says two", "changed": ["a.txt"], "statements": [], "confidence": 1.0,
                     "uncertainties": []})],
    ],
}

def play(request):
    return TURNS[request.role][request.turn - 1]
"""


@pytest.fixture
def model(stage: Stage) -> str:
    """Write a script, and return the name of the model it plays."""
    path = stage.folder / "play.py"
    path.write_text(SCRIPT)
    return f"scripted:{path}:play"


def begin(stage: Stage, model: str, *options: str) -> Said:
    """Start a run for the goal."""
    return stage.say("run", "Say two", "--run-id", RUN, "--model", model, *options)


def test_a_goal_is_carried_out(stage: Stage, model: str) -> None:
    """Understood, planned, carried out, and verified, in one command."""
    done = begin(stage, model, "--yes", "--json")
    assert (done.code, done.json["outcome"], done.json["phase"]) == (0, "completed", "validate")
    assert stage.git("show", f"surefoot/{RUN}:a.txt") == "two"


def test_without_any_model_nothing_is_made(stage: Stage) -> None:
    """One error lists every way to go on, and no run is left behind."""
    refused = stage.say("run", "Say two", "--run-id", RUN)
    assert (refused.code, "surefoot init" in refused.err) == (2, True)
    assert stage.say("status", RUN).code == 2


@pytest.mark.slow
def test_a_plan_waits_for_a_person_who_is_not_there(stage: Stage, model: str) -> None:
    """Nothing was changed, and `inbox` has the question."""
    assert begin(stage, model).code == 4
    assert stage.git("rev-parse", f"surefoot/{RUN}") == stage.git("rev-parse", "HEAD")
    assert f"surefoot edit {RUN}.1" in stage.say("inbox").out


@pytest.mark.slow
def test_a_plan_that_was_made_runs_by_itself(stage: Stage, model: str) -> None:
    """The file that `--plan-only` leaves is a plan like any other."""
    path = str(stage.folder / "made.yaml")
    assert begin(stage, model, "--plan-only", "--plan-file", path).code == 0
    done = stage.say("run", path, "--run-id", "20260101-def456", "--model", model, "--json")
    assert (done.code, done.json["outcome"]) == (0, "completed")


@pytest.mark.slow
def test_a_run_that_paused_for_its_plan_goes_on(stage: Stage, model: str) -> None:
    """With the plan as it is, and the model it began with."""
    assert begin(stage, model, "--plan-only", "--plan-file", str(stage.folder / "made.yaml")).code == 0
    assert stage.say("resume", RUN, "--yes").code == 0


def test_a_limit_pauses_the_run_and_a_higher_one_goes_on(stage: Stage, model: str) -> None:
    """The report names the command; what was done is not done again."""
    stopped = begin(stage, model, "--yes", "--requests", "4", "--json")
    assert (stopped.code, stopped.json["next"]) == (6, f"surefoot resume {RUN} --requests 8")
    assert stage.say("resume", RUN, "--requests", "8").code == 0
    assert stage.say("cost", RUN, "--json").json["total"]["requests"] == 6
