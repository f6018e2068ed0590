"""Steps never answer: whatever a step does to be taken for a person, the question stays open.

Read `docs/reference/approvals.md` for what cannot be prevented.
"""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from surefoot.sandbox.landlock import landlock_abi

if TYPE_CHECKING:
    from conftest import Stage

OTHER = "20260102-abc123"
TRYING = "20260103-abc123"
QUESTION = f"{OTHER}.1"
PROGRAM = f"{shlex.quote(sys.executable)} -m surefoot"
API = (
    "from surefoot import api\n"
    "from surefoot.errors import StepMayNotAnswer\n"
    "with api.Home() as home:\n"
    "    try: api.approve(home, '" + QUESTION + "')\n"
    "    except StepMayNotAnswer as error: print(error.code)\n"
)
WAYS = (
    "COMMAND",
    "env -i VARIABLES COMMAND",
    "setsid --wait COMMAND",
    "(setsid env -i VARIABLES COMMAND > out.txt 2>&1 &); until test -s out.txt; do sleep 0.1; done; cat out.txt",
    f"env -i VARIABLES {shlex.quote(sys.executable)} -c {shlex.quote(API)}",
)
"""Plainly; without its environment; in a session of its own; let go of; through the API."""
REFUSALS = ("only people may", "step-may-not-answer", "journal")
RUNGS = [
    "bubblewrap",
    pytest.param("landlock", marks=[pytest.mark.slow, pytest.mark.skipif(not landlock_abi(), reason="no Landlock")]),
    pytest.param("plain", marks=pytest.mark.slow),
    pytest.param("unconfined", marks=pytest.mark.slow),
]
STEERING = (
    f"reject {QUESTION} --reason x",
    f"edit {QUESTION} --command true",
    f"answer {QUESTION} yes",
    f"take-over {QUESTION}",
    f"tell {OTHER} x",
    f"pause {OTHER}",
    f"cancel {OTHER}",
    f"resume {OTHER} --allow send",
    f"retry {OTHER}",
    f"land {OTHER}",
    f"restore {OTHER} --to edit",
    f"rm {OTHER} --branch",
    "gc",
)


def attempt(stage: Stage, rung: str, *tries: str) -> str:
    """Let a step try it while another run waits; return what it printed."""
    stage.say("run", stage.plan("asking"), "--run-id", OTHER)
    kept = {**stage.env, "PYTHONDONTWRITEBYTECODE": "1"}
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in kept.items())
    exports = [f"export {name}={shlex.quote(kept[name])}" for name in ("SUREFOOT_HOME", "PYTHONPATH", "HOME")]
    tried = [f"echo '--'; {one} || true" for one in tries]
    # In a file, because what stands in the plan is never run: a rule that ships reads it.
    text = "\n".join((*exports, *tried)).replace("VARIABLES", variables)
    (stage.folder / "try.sh").write_text(text, "utf-8")
    step = {"id": "try", "run": "bash $SUREFOOT_FILES/try.sh", "tier": "log"}
    confine = {"confine": False, "effect": "reversible"} if rung == "unconfined" else {}
    plan = json.dumps({"goal": "Answer myself", "files": ["try.sh"], "steps": [{**step, **confine}]})
    env = {} if rung == "unconfined" else {"SUREFOOT_RUNG": rung}
    stage.say("run", stage.plan(plan), "--run-id", TRYING, "--yes", env=env)
    return stage.say("show", TRYING, "try", "--output").out


@pytest.mark.parametrize("rung", RUNGS)
def test_a_step_cannot_approve(stage: Stage, rung: str) -> None:
    """Each way is refused, or cannot reach the journal at all; the question stays open."""
    said = attempt(stage, rung, *(way.replace("COMMAND", f"{PROGRAM} approve {QUESTION}") for way in WAYS))
    answers = said.split("--\n")[1:]
    opened = [one["question"] for one in stage.say("inbox", OTHER, "--json").json["questions"]]
    refused = [any(words in one for words in REFUSALS) for one in answers]
    assert (opened, refused) == ([QUESTION], [True] * len(WAYS)), said


@pytest.mark.slow
def test_a_step_cannot_steer_runs(stage: Stage) -> None:
    """Not even where nothing keeps it from writing the journal."""
    said = attempt(stage, "plain", *(f"env -i VARIABLES {PROGRAM} {command}" for command in STEERING))
    report = stage.say("report", OTHER, "--json").json
    refused = ["only people may" in one for one in said.split("--\n")[1:]]
    assert (refused, report["state"], len(report["questions"])) == ([True] * len(STEERING), "waiting", 1), said


def test_a_step_may_look(stage: Stage) -> None:
    """Where it can read the journal, it sees what a person would."""
    assert f"Question {QUESTION}" in attempt(stage, "plain", f"{PROGRAM} inbox {OTHER}")


def test_a_program_that_cannot_see_the_engine_is_refused(stage: Stage) -> None:
    """Behind `unshare --pid` nobody can tell what it descends from."""
    hidden = f"unshare --pid --fork --mount-proc env -i VARIABLES {PROGRAM} approve {QUESTION}"
    said = attempt(stage, "plain", hidden)
    if "unshare:" in said:
        pytest.skip("this machine lets nobody make a namespace")
    assert "cannot be seen from here" in said
