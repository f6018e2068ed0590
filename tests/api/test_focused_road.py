"""A weak model is asked for whole files first, and its tools come where that does not do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, Check, Limits, Plan, RetryPolicy, Step
from surefoot.journal.codec import blobs_of
from surefoot.models.scripts import ScriptedRequest
from tests.scripted_runs import FILES, TESTS, carried_out

RED = Check(name="sums", ask=CommandCheck(command=TESTS), expect=Expect.FAIL_TO_PASS)
RIGHT = "FILE: calc.py\n```python\ndef add(a, b):\n    return a + b\n```\n"
WRONG = RIGHT.replace("a + b", "a * b")
SURE = {"summary": "it adds", "confidence": 1.0}
FLAT = {"path": "calc.py", "old": "a * b", "new": "a + b"}
TOOLS = json.dumps({"say": "", "calls": [{"tool": "edit", "arguments": FLAT}, {"tool": "finish", "arguments": SURE}]})
SAME = RIGHT.replace("a + b", "a - b")


def played(folder: Path, reply: Callable[[ScriptedRequest], Any], **fields: Any) -> Any:
    """Carry out one agent step with a model without native tools; return the run, its events and the requests."""
    told: list[ScriptedRequest] = []

    def play(request: ScriptedRequest) -> Any:
        told.append(request)
        return reply(request)

    files = {**FILES, **fields.pop("files", {})}
    own = {"writes": ("calc.py",), "checks": (RED,), "retry": RetryPolicy(maximum_attempts=1)}
    body = AgentBody(instructions="Make add add.", turns_max=6)
    step = Step(id=StepId("fix"), body=body, **{**own, **fields})
    plan = Plan(goal="g", steps=(step,), limits=Limits(requests=9))
    state, events = carried_out(folder, plan, play, files, native_tools=False)
    return state.nodes[StepId("fix")], events, told


def in_turn(*replies: Any) -> Callable[[ScriptedRequest], Any]:
    """Give these replies, and the last one for ever."""
    rest = list(replies)
    return lambda _: rest.pop(0) if len(rest) > 1 else rest[0]


def focused(events: list[Any]) -> list[bool]:
    """Return of each request whether it asked for whole files."""
    return [event.is_focused for event in events if isinstance(event, ev.ModelRequested)]


def test_a_whole_file_that_turns_the_check_green_is_all_it_takes(tmp_path: Path) -> None:
    """One request, and nobody has to say that it is done; what follows is judged as always."""
    node, events, told = played(tmp_path, in_turn(RIGHT))
    assert (node.status, node.proof, focused(events)) == ("verified", "fail_to_pass", [True])
    assert [event.diagnosis for event in events if isinstance(event, ev.ConversationStopped)] == [None]
    assert "    return a - b" in told[0].text
    assert "AssertionError: add gave -1" in told[0].text
    assert told[0].tools == ()


def test_a_red_check_is_told_in_the_next_request(tmp_path: Path) -> None:
    """With what it printed about the files as they stand then."""
    node, events, told = played(tmp_path, in_turn(WRONG, RIGHT))
    assert (node.status, focused(events)) == ("verified", [True, True])
    assert "    return a * b" in told[1].text
    assert "AssertionError: add gave 2" in told[1].text


def test_the_first_try_is_strict_and_the_next_ones_are_free(tmp_path: Path) -> None:
    """At a temperature of 0 a reply that was wrong comes again."""
    _, events, _ = played(tmp_path, in_turn(SAME, WRONG, RIGHT))
    asked = [event.temperature for event in events if isinstance(event, ev.ModelRequested)]
    assert asked == [0.0, 0.8, 0.8]


def test_after_three_tries_the_tools_come(tmp_path: Path) -> None:
    """The first request with tools says what is red; words that hold no file count as a try."""
    node, events, told = played(tmp_path, in_turn("I would add.", SAME, WRONG, TOOLS))
    assert (node.status, focused(events)) == ("verified", [True, True, True, False])
    assert "AssertionError: add gave 2" in told[3].text


@pytest.mark.parametrize(
    "fields",
    [
        {"writes": ("new.py", "calc.py"), "files": {"calc.py": FILES["calc.py"] + "# long\n" * 4_000}},
        {"writes": ("docs/*",)},
        {"checks": (), "unproved": True},
    ],
)
def test_without_a_small_file_and_a_visible_check_the_tools_come_at_once(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    """There is nothing to be shown whole, or nothing that would say whether a file is right."""
    files = {"docs/notes.md": "x\n" * 9_000, **fields.pop("files", {})}
    _, events, _ = played(tmp_path, in_turn(TOOLS), files=files, **fields)
    assert not any(focused(events))


def test_a_held_back_check_is_neither_asked_nor_told_on_the_way(tmp_path: Path) -> None:
    """What passes the visible checks alone is judged by all of them, and is not verified."""
    ask = CommandCheck(command="grep -q SECRET calc.py")
    hidden = Check(name="SECRET", ask=ask, expect=Expect.FAIL_TO_PASS, held_back=True)
    node, events, told = played(tmp_path, in_turn(RIGHT), checks=(RED, hidden))
    during = [event.check for event in events if isinstance(event, ev.CheckAnswered) and event.moment == "during"]
    assert (node.status, during) == ("failed", [0])
    assert not any("SECRET" in request.text for request in told)


def test_what_an_agent_is_told_of_a_red_check_is_kept(tmp_path: Path) -> None:
    """A run that is taken up again tells it again."""
    _, events, _ = played(tmp_path, in_turn(WRONG, RIGHT))
    (red,) = [event for event in events if isinstance(event, ev.CheckAnswered) and event.told is not None]
    assert red.told.text in blobs_of(red)


def test_a_file_outside_of_the_scope_is_refused(tmp_path: Path) -> None:
    """The form of a reply changes nothing of what may be written."""
    reply = f"{RIGHT}\nFILE: docs/notes.md\n```\nMine.\n```\n"
    _, events, _ = played(tmp_path, in_turn(reply, TOOLS), writes=("calc.py",))
    changed = {path for event in events if isinstance(event, ev.ToolCallFinished) for path in event.changed}
    assert changed <= {"calc.py"}
