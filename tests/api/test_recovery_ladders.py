"""Each rung of a recovery ladder changes what the next attempt of a real run is told, and stands in its journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from surefoot.core import events as ev
from surefoot.core.agent_types import Fault
from surefoot.core.bodies import AgentBody
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.events import Event
from surefoot.core.ids import StepId
from surefoot.core.plan import Check, Plan, Step
from surefoot.core.report import report_of
from surefoot.core.state import RunState
from surefoot.models.scripts import Answered, ScriptedReply, ScriptedRequest
from tests.scripted_runs import DONE, FIX, TESTS, carried_out

STEP = Step(
    id=StepId("fix"),
    body=AgentBody(instructions="Mend add."),
    writes=("calc.py",),
    checks=(Check(name="tests", ask=CommandCheck(command=TESTS)),),
)
HEAD = '[monitors]\nmisuse = {say = "fail", calls = 2}\nmissing_files = {say = "fail", files = 2}\n[recovery]\n'
LOOK = ("read", {"path": "calc.py"})
MISUSED = ("edit", {"edit": "calc.py"})
GONE = [("run", {"command": f"cat gone{number}.py"}) for number in range(2)]


class Play:
    """A model that fails its first attempt in one way and then mends the step; keeps what it was asked."""

    def __init__(self, *wrong: Answered) -> None:
        self.wrong, self.asked = wrong, list[ScriptedRequest]()

    def __call__(self, request: ScriptedRequest) -> Answered:
        """Answer one request."""
        self.asked.append(request)
        if request.attempt == 1:
            return self.wrong[min(request.turn, len(self.wrong)) - 1]
        return [LOOK] if request.turn == 1 else [FIX] if request.turn == 2 else [DONE]

    @property
    def second(self) -> ScriptedRequest:
        """The first request of the second attempt."""
        return next(one for one in self.asked if one.attempt == 2)


Run = Callable[..., tuple[RunState, list[Event]]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Carry the step out under these ladders; return how the run stands, and its events."""

    def carry(play: Play, ladders: str = "") -> tuple[RunState, list[Event]]:
        settings = tmp_path / "user.toml"
        settings.write_text(HEAD + ladders, "utf-8")
        monkeypatch.setenv("SUREFOOT_CONFIG", str(settings))
        return carried_out(tmp_path, Plan(goal="Mend it.", steps=(STEP,)), play)

    return carry


def rungs(events: list[Event]) -> list[tuple[str, str, str]]:
    """Return the rungs that were climbed, with the failure and where the ladder came from."""
    found = (event for event in events if isinstance(event, ev.RecoveryChosen))
    return [(one.diagnosis.value, one.rung.value, one.rule) for one in found]


def test_after_misuse_the_exact_schema_and_an_example_are_shown(run: Run) -> None:
    """The next request holds both, and what was refused; the first one did not (M87)."""
    play = Play([MISUSED])
    state, events = run(play)
    assert rungs(events) == [("tool_misuse", "exact_schema", "built-in")]
    assert "The exact schema of the tool edit" in play.second.text
    assert 'For example: edit {"edits": [{"path": "src/app.py"' in play.second.text
    assert "there is no argument 'edit'" in play.second.text
    assert "The exact schema of the tool edit" not in play.asked[0].text
    assert state.nodes[StepId("fix")].status == "verified"


def test_after_a_hallucination_the_next_brief_names_what_is_not_so(run: Run) -> None:
    """It names the calls that named nothing, and demands evidence (M86)."""
    play = Play(GONE)
    _, events = run(play)
    assert rungs(events) == [("hallucination", "verify_claims", "built-in")]
    assert "An earlier attempt rested on what is not so" in play.second.text
    assert "gone0.py" in play.second.text.partition("rested on what is not so")[2]


def test_a_restated_goal_comes_with_fewer_tools(run: Run) -> None:
    """The goal stands at the end of each request, and a call of a tool that was taken away is refused (M88, M91)."""
    play = Play([MISUSED])
    run(play, 'tool_misuse = ["restate", "ask"]\n')
    assert {"run", "note", "propose"} & set(play.asked[0].tools) == {"run", "note", "propose"}
    assert {"run", "note", "propose"} & set(play.second.tools) == set()
    assert "What all this is for, once more:" in play.second.messages[-1].text
    assert "propose" not in play.second.messages[0].text.partition("Your tools:")[2].partition("\n")[0]


def test_after_an_overflow_the_next_attempt_is_told_less(run: Run) -> None:
    """Its brief is shorter, and the attempt is not the last one (M89)."""
    play = Play([LOOK], ScriptedReply(fault=Fault.CONTEXT, why="too long"))
    _, events = run(play)
    assert rungs(events) == [("context_overflow", "compress", "built-in")]
    assert "An earlier attempt grew too long" in play.second.text


def test_a_retry_tells_nothing_of_the_failed_attempt(run: Run) -> None:
    """Nor is another way wanted; `fresh` tells the lesson (M67)."""
    play = Play([MISUSED])
    _, events = run(play, 'tool_misuse = ["retry", "ask"]\n')
    assert rungs(events) == [("tool_misuse", "retry", "settings")]
    assert "What failed before" not in play.second.text


def test_a_fresh_attempt_is_told_the_lesson(run: Run) -> None:
    """In a conversation of its own, without what was said in the first one (M88, M93)."""
    play = Play([MISUSED])
    _, events = run(play, 'tool_misuse = ["fresh", "ask"]\n')
    assert rungs(events) == [("tool_misuse", "fresh", "settings")]
    assert "What failed before. Try a different approach" in play.second.text
    assert play.second.turn == 1


def test_a_ladder_that_is_climbed_ends_with_a_person(run: Run) -> None:
    """The step is escalated with all that was tried; no attempt follows though one is left (M68, M119)."""
    play = Play([MISUSED])
    state, events = run(play, 'tool_misuse = ["ask"]\n')
    assert rungs(events) == [("tool_misuse", "ask", "settings")]
    [given] = report_of(state)["escalations"]
    assert (given["escalated"], given["step"], given["to"]) == (True, "fix", "person")
    assert (given["attempts"], given["diagnosis"]) == (1, "tool_misuse")
    assert [one["rung"] for one in given["recoveries"]] == ["ask"]


def test_a_dead_letter_ends_the_step_without_a_question(run: Run) -> None:
    """It stands in the report (M77)."""
    state, events = run(Play([MISUSED]), 'tool_misuse = ["dead_letter"]\n')
    assert rungs(events) == [("tool_misuse", "dead_letter", "settings")]
    [given] = report_of(state)["escalations"]
    assert (given["to"], given["reason"]) == ("report", "the ladder of tool_misuse leads to dead_letter")


def test_the_ladders_in_force_are_journaled_when_the_run_begins(run: Run) -> None:
    """With those of the table, so that no later release climbs others."""
    state, _ = run(Play([MISUSED]), 'stall = ["ask"]\n')
    assert state.ladders.own == ("stall",)
    assert state.ladders.rungs["stall"] == ("ask",)
    assert state.ladders.rungs["infinite_loop"] == ("fresh", "stronger", "on_failure")


def test_each_rung_names_where_the_failure_shows(run: Run) -> None:
    """The failed attempt's own event is among the evidence."""
    _, events = run(Play([MISUSED]))
    [chosen] = [event for event in events if isinstance(event, ev.RecoveryChosen)]
    assert chosen.evidence[0] > 1
    assert chosen.ladder[0] == "exact_schema"
