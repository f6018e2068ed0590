"""`surefoot diagnose` reads the traces of other agents and says where they may have gone wrong (M82, M84)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from surefoot.api.foreign_traces import read_traces
from surefoot.cli import main
from surefoot.core.monitor_table import Watches
from surefoot.core.suspects import first_alarms, suspects
from surefoot.errors import UsageError

COMMAND, GIVEN = "pytest -q", "1 failed"


def neutral(times: int) -> Any:
    """Return a trace in our own form: the same command, again and again."""
    steps: list[dict[str, Any]] = [{"index": 0, "agent": "user", "kind": "message", "content": "Make it pass."}]
    for number in range(times):
        at = 1 + 2 * number
        steps.append({"index": at, "agent": "a", "kind": "tool_call", "name": "bash", "args": {"command": COMMAND}})
        result = {"index": at + 1, "agent": "env", "kind": "tool_result", "name": "bash", "content": GIVEN}
        steps.append({**result, "error": True})
    return {"id": "one", "steps": steps}


def mini_swe(times: int) -> Any:
    """The same as a trajectory of mini-swe-agent."""
    turn = [
        {"role": "assistant", "content": f"Again.\n\n```bash\n{COMMAND}\n```"},
        {"role": "user", "content": f"<returncode>1</returncode>\n<output>\n{GIVEN}\n</output>"},
    ]
    return {"messages": [{"role": "user", "content": "Make it pass."}, *turn * times], "info": {}}


def open_hands(times: int) -> Any:
    """The same as events of OpenHands."""
    events: list[dict[str, Any]] = [{"id": 0, "source": "user", "action": "message", "args": {"content": "Go."}}]
    for number in range(times):
        call = 1 + 2 * number
        events.append({"id": call, "source": "agent", "action": "run", "args": {"command": COMMAND, "thought": "x"}})
        extras = {"metadata": {"exit_code": 1}}
        events.append({"id": call + 1, "cause": call, "observation": "run", "content": GIVEN, "extras": extras})
    return events


def spans(times: int) -> Any:
    """The same as spans of OpenTelemetry."""
    said = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "bash",
        "gen_ai.tool.call.arguments": COMMAND,
        "gen_ai.tool.call.result": GIVEN,
    }
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in said.items()]
    made = [
        {"name": "execute_tool bash", "startTimeUnixNano": str(number), "attributes": attributes, "status": {"code": 2}}
        for number in range(times)
    ]
    return {"resourceSpans": [{"scopeSpans": [{"spans": made}]}]}


def open_hands_pairs(times: int) -> Any:
    """The same as a history of actions with their observations."""
    first, *others = open_hands(times)
    return {"history": [[first], *(others[at : at + 2] for at in range(0, len(others), 2))]}


def open_hands_sdk(times: int) -> Any:
    """The same as events of the SDK of OpenHands."""
    said = {"kind": "MessageEvent", "source": "user", "llm_message": {"content": [{"type": "text", "text": "Go."}]}}
    events: list[dict[str, Any]] = [{"kind": "SystemPromptEvent", "source": "agent"}, said]
    for number in range(times):
        own = {"tool_name": "terminal", "tool_call_id": f"call {number}"}
        action = {"kind": "TerminalAction", "command": COMMAND}
        seen = {"kind": "TerminalObservation", "content": [{"type": "text", "text": GIVEN}], "exit_code": 1}
        events.append(
            {"kind": "ActionEvent", "source": "agent", "action": action, "llm_response_id": f"{number}", **own}
        )
        events.append({"kind": "ObservationEvent", "source": "environment", "observation": seen, **own})
    return events


def mini_swe_calls(times: int) -> Any:
    """The same as calls that stand as such, each of them beside another one in its reply."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Make it pass."}]
    for number in range(times):
        asked = {"a": "ls", "b": json.dumps({"command": COMMAND})}
        calls = [{"id": f"{name}{number}", "function": {"name": "bash", "arguments": asked[name]}} for name in "ab"]
        messages.append({"role": "assistant", "content": "", "tool_calls": calls})
        given = {"a": (f"{number}.py", 0), "b": (GIVEN, 1)}
        for name in "ba":
            text, code = given[name]
            told = {"role": "tool", "tool_call_id": f"{name}{number}", "content": text, "extra": {"returncode": code}}
            messages.append(told)
    return {"messages": messages}


def written(folder: Path, document: Any) -> Path:
    """Write a trace into a file."""
    path = folder / "trace.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


@pytest.mark.parametrize("made", [neutral, mini_swe, open_hands, open_hands_pairs, open_hands_sdk, spans])
def test_the_same_failure_is_seen_in_each_format(made: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three failures of one call are a loop, and two are none."""
    assert main(["diagnose", str(written(tmp_path, made(3))), "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["traces"]
    assert {one["monitor"] for one in found["findings"]} == {"cycle", "failing_call"}
    assert found["suspects"][0]["at"] == found["findings"][0]["evidence"][0]
    assert main(["diagnose", str(written(tmp_path, made(2)))]) == 0
    assert "No monitor sees a failure" in capsys.readouterr().out


def test_every_call_of_a_reply_is_read(tmp_path: Path) -> None:
    """And has its own result, in whatever order the results come."""
    (trace,) = read_traces(written(tmp_path, mini_swe_calls(3)))
    calls = [act for act in trace.acts if act.tool]
    assert [(act.turn, act.ok, act.given) for act in calls[:2]] == [(2, True, "0.py"), (2, False, GIVEN)]
    assert [one.monitor for one in first_alarms(trace.acts, Watches())] == ["failing_call"]


def test_spans_of_one_trace_may_stand_in_several_lines(tmp_path: Path) -> None:
    """Those of two traces in one line are two; the spans that Python's SDK prints are read, too."""
    whole = spans(3)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    lines = [
        {"resourceSpans": [{"scopeSpans": [{"spans": [{**span, "traceId": name} for name in ("one", "two")]}]}]}
        for span in whole
    ]
    plain = {one["key"]: one["value"]["stringValue"] for one in whole[0]["attributes"]}
    lines.append({"name": "x", "context": {"trace_id": "two"}, "start_time": "2026", "attributes": plain})
    path = tmp_path / "spans.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert [(one.name, len(one.acts)) for one in read_traces(path)] == [("one", 3), ("two", 4)]


def test_calls_that_a_tool_refuses_are_misuse(tmp_path: Path) -> None:
    """A note where most of the last ten are; what a program prints about its own arguments is none."""
    steps: list[dict[str, Any]] = []
    for number in range(12):
        own = {"agent": "a", "name": "search" if number % 4 else "bash"}
        steps.append({**own, "index": 2 * number, "kind": "tool_call", "args": {"q": number}})
        said = f"TypeError: f() missing 1 required positional argument: {number}"
        steps.append({**own, "index": 2 * number + 1, "kind": "tool_result", "content": said, "error": True})
    (trace,) = read_traces(written(tmp_path, {"id": "x", "steps": steps}))
    (found,) = first_alarms(trace.acts, Watches())
    assert (found.monitor, found.text) == ("misuse_share", "7 of the last 10 tool calls were used wrongly")


def test_replies_that_are_sent_back_for_want_of_a_call_are_seen(tmp_path: Path) -> None:
    """Three in a row; a talk with a person is none."""

    def seen(answer: str) -> list[str]:
        messages = [{"role": "user", "content": "Go."}]
        for number in range(3):
            messages.append({"role": "assistant", "content": f"Hm, {number}."})
            messages.append({"role": "user", "content": f"{answer} ({number})"})
        (trace,) = read_traces(written(tmp_path, {"messages": messages}))
        return [one.monitor for one in first_alarms(trace.acts, Watches())]

    assert seen("Give exactly one action.") == ["no_call"]
    assert seen("Go on.") == []


def test_a_packed_file_holds_a_trace_a_line(tmp_path: Path) -> None:
    """Each with its id."""
    path = tmp_path / "traces.jsonl.gz"
    lines = [json.dumps({**neutral(1), "id": name}) for name in "ab"]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert [(one.name, len(one.acts)) for one in read_traces(path)] == [("a", 2), ("b", 2)]


def test_figures_that_stand_nowhere_before_are_suspect(tmp_path: Path) -> None:
    """Those that a tool gave are not."""
    words = [("user", "What does it cost?"), ("a", "I look."), ("b", "It costs 4711 EUR."), ("c", "So 4711 EUR.")]
    steps = [{"index": at, "agent": who, "content": text} for at, (who, text) in enumerate(words)]
    (trace,) = read_traces(written(tmp_path, {"id": "x", "steps": steps}))
    assert [(one.at, one.agent, one.diagnosis) for one in suspects(trace.acts, Watches())] == [
        (2, "b", "hallucination")
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: the file is empty"),
        ('{"steps": []}\nno', ":2: this is no JSON"),
        ('{"a": 1}', ":1: this is no trace"),
        ('{"steps": [1]}', ":1: the trace does not have its form"),
        ('[{"kind": "SomethingElse"}]', ":1: the trace holds no step that is known here"),
        ('{"steps": []}', ":1: the trace holds no step that is known here"),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    """And with what was expected."""
    path = tmp_path / "t.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=said):
        read_traces(path)
