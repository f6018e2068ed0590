"""Independent attempts of agents at one step, made at once by a real run with a model that a script plays (M38)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLAN = """
goal: Mend double
limits: {parallel: 3}
steps:
  - id: mend
    agent: Mend double.
    best_of: 3
    compare: python3 -c 'from calc import double; print([double(n) for n in range(5)])'
    checks: [{run: python3 test.py, expect: fail_to_pass}]
"""
SCRIPT = """
import asyncio, os, signal
from pathlib import Path

MEETING = Path("FOLDER")

async def play(request):
    me, turn = request.attempt, request.turn
    with open(MEETING / "asked", "a") as log:
        log.write(f"{me}.{turn} {request.step}\\n")
    if turn == HELD and not (MEETING / "over").exists():
        (MEETING / f"here-{me}").touch()
        while len(list(MEETING.glob("here-*"))) < 3:
            await asyncio.sleep(0.02)
        if KILLS and me == 2:
            (MEETING / "over").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        while KILLS:
            await asyncio.sleep(1)
    edit = {"path": "calc.py", "old": "x + 1", "new": WAYS[me]}
    turns = [("edit", {"edits": [edit]}), ("ask", {"question": "Is it so?"}), DONE]
    if turn == 2 and (me != 2 or not ASKS):
        return [("read", {"path": "calc.py"})]
    return [turns[min(turn, 3) - 1]]

DONE = ("finish", {"summary": "mended", "confidence": 1.0, "statements": [], "uncertainties": []})
WAYS = {1: "x + x", 2: "2 * x", 3: "x * 2", 4: "x + x"}
"""


def model_of(stage: Stage, *, held: int = 1, kills: bool = False, asks: bool = False) -> str:
    """Write a script whose three attempts meet in one of their requests, and return the name of its model."""
    stage.bash("printf 'def double(x):\\n    return x + 1\\n' > calc.py")
    stage.bash("echo 'from calc import double; assert double(2) == 4' > test.py; git add -A; git commit -qm calc")
    path = stage.folder / "play.py"
    named = {"FOLDER": str(stage.meeting), "HELD": str(held), "KILLS": str(kills), "ASKS": str(asks)}
    text = SCRIPT
    for name, value in named.items():
        text = text.replace(name, value)
    path.write_text(text)
    return f"scripted:{path}:play"


def mended(stage: Stage) -> dict[str, Any]:
    """Return what the report says of the step."""
    return stage.say("report", RUN, "--json").json["steps"][0]


def asked(stage: Stage) -> list[str]:
    """Return which requests the model had, as attempt and turn."""
    return sorted(line.split(" ")[0] for line in (stage.meeting / "asked").read_text().splitlines())


def test_the_requests_of_three_agents_are_under_way_at_once(stage: Stage) -> None:
    """Each of the three has its reply only once the two others ask; the step has one result."""
    said = stage.run(PLAN, "--model", model_of(stage), "--yes")
    step = mended(stage)
    assert (said.code, step["proof"], [one["attempt"] for one in step["candidates"]]) == (0, "agreement", [1, 2, 3])
    assert asked(stage) == [f"{me}.{turn}" for me in (1, 2, 3) for turn in (1, 2, 3)]
    assert {line.split()[1] for line in (stage.meeting / "asked").read_text().splitlines()} == {"mend"}
    assert stage.git("show", f"surefoot/{RUN}:calc.py").startswith("def double(x):\n    return ")


def test_after_a_kill_each_agent_goes_on_where_it_was(stage: Stage) -> None:
    """All three wait for a reply as the engine is killed: these are asked for again, and no other one."""
    killed = stage.run(PLAN, "--model", model_of(stage, held=2, kills=True), "--yes")
    assert (killed.code != 0, stage.say("resume", RUN).code) == (True, 0)
    assert asked(stage) == sorted(f"{me}.{turn}" for me in (1, 2, 3) for turn in (1, 2, 2, 3))
    step = mended(stage)
    assert (step["proof"], [one["candidate"] for one in step["candidates"]]) == ("agreement", [1, 2, 3])


def test_the_question_of_one_agent_names_its_candidate(stage: Stage) -> None:
    """The others come to their end meanwhile; the answer goes to the one that asked."""
    assert stage.run(PLAN, "--model", model_of(stage, asks=True), "--yes").code == 4
    assert "The agent at candidate 2 of step mend asks:" in stage.say("inbox").out
    assert [one["candidate"] for one in mended(stage)["candidates"]] == [1, 3]
    stage.say("answer", f"{RUN}.1", "yes")
    assert (stage.say("resume", RUN).code, mended(stage)["proof"]) == (0, "agreement")


@pytest.mark.parametrize("most", [4, 9])
def test_agents_at_once_share_the_limit_of_their_step(stage: Stage, most: int) -> None:
    """Nine requests are all they need; with fewer the step makes none beyond them."""
    agent = f"{{do: Mend double., limits: {{requests: {most}}}}}\n    retry: {{maximum_attempts: 1}}"
    stage.run(PLAN.replace("Mend double.", agent), "--model", model_of(stage, held=0), "--yes")
    assert len(asked(stage)) == most


def test_each_agent_can_be_looked_at_and_told_something_by_itself(stage: Stage) -> None:
    """What the run tells, and the page of the step, say which candidate it is."""
    said = stage.run(PLAN, "--model", model_of(stage, asks=True), "--yes")
    assert ("mend, candidate 2  question" in said.out, "mend, candidate 3  " in said.out) == (True, True)
    assert f"in full: surefoot show {RUN} '(candidate:mend:3)' --turns" in stage.say("show", RUN, "mend").out
    assert "x * 2" in stage.say("show", RUN, "(candidate:mend:3)", "--turns").out
    told = stage.say("tell", f"{RUN}:(candidate:mend:2)", "no hurry")
    assert told.out.startswith("Sent; the agent at candidate 2 of step mend reads it")
