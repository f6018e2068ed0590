"""Trajectories of other agents, as talks of ours."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from surefoot.core.agent_types import Role, ToolCall, ToolKind
from surefoot.core.attempt import Attempt, Running
from surefoot.core.conversation import Conversation, ToolCallState, Turn
from surefoot.core.events import ModelResponded, RunCreated, ToolCallFinished
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.plan import AgentBody, Plan, Step
from surefoot.core.state import AcceptState, RunState
from surefoot.core.step_state import StepState
from surefoot.core.token_estimate import tokens_of

STEP = StepId("goal")
SOURCES = ("miniswe_gemini3", "terminal_kimi")
"""Those in which one agent works with tools on files; the others are talks between agents or with customers."""
_HEAD = 400
"""How much of a result an event holds."""
_SUMMARY = 160


@dataclass
class Trajectory:
    """One run of another agent, as a conversation."""

    name: str
    source: str
    goal: str
    """What it was told at the beginning by whoever set it to work."""
    instructions: str
    """What its own runtime told it."""
    turns: list[Turn]
    texts: dict[BlobId, str]
    """What the blobs of its replies and results hold."""


@dataclass
class _Open:
    """A turn that is being put together."""

    said: list[str] = field(default_factory=list[str])
    calls: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    results: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])


def read(folder: Path, sources: Sequence[str] = SOURCES) -> Iterator[Trajectory]:
    """Yield the trajectories of these sources."""
    for source in sources:
        with gzip.open(folder / f"{source}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                yield _trajectory(json.loads(line))


def state_of(one: Trajectory) -> tuple[RunState, StepState, Conversation]:
    """Return a run in which the trajectory is about to begin: its goal, and one step for the whole of it."""
    body = AgentBody(instructions=one.instructions or "Carry out the goal.", role=Role.WORKER)
    plan = Plan(goal=one.goal, steps=(Step(id=STEP, body=body),))
    conversation = Conversation(role=Role.WORKER)
    node = StepState(
        spec=plan.steps[0],
        order=(0, 0),
        needs=(),
        attempt=1,
        work=Attempt(stage=Running(begun_by=1), conversation=conversation),
    )
    created = RunCreated(at=0.0, run=RunId("20260101-aaaaaa"), plan=plan)
    state = RunState(created=created, nodes={STEP: node}, branch=None, accept=AcceptState(records=[]))
    return state, node, conversation


def _trajectory(row: Mapping[str, Any]) -> Trajectory:
    told = [step for step in row["steps"] if step["agent"] in ("system", "user", "human")]
    instructions = "\n\n".join(step["content"] for step in told if step["agent"] == "system")
    goal = "\n\n".join(step["content"] for step in told if step["agent"] != "system") or row["goal"]
    texts: dict[BlobId, str] = {}
    turns = [_turn(number, one, texts) for number, one in enumerate(_turns(row["steps"]), start=1)]
    return Trajectory(row["id"], row["source"], goal, instructions, turns, texts)


def _turns(steps: Sequence[Mapping[str, Any]]) -> Iterator[_Open]:
    """Yield what one look at a model brought: what it said, its calls, and their results."""
    one = _Open()
    for step in steps:
        if step["agent"] in ("system", "user", "human"):
            continue
        if step["kind"] == "tool_result":
            one.results.append(step)
            continue
        if one.results:
            yield one
            one = _Open()
        if step["kind"] == "tool_call":
            one.calls.append(step)
        elif step["content"]:
            one.said.append(step["content"])
    if one.said or one.calls:
        yield one


def _turn(number: int, one: _Open, texts: dict[BlobId, str]) -> Turn:
    written = "\n".join([*one.said, *(_reply_text(call) for call in one.calls)])
    said = "\n".join([*one.said, *(call["content"] or "" for call in one.calls)])
    calls = [_call(f"{number}.{at}", call, texts) for at, call in enumerate(one.calls, start=1)]
    for at, (state, result) in enumerate(zip(calls, one.results, strict=False)):
        calls[at].result = _result(
            state.asked.call, result["content"] or "", is_error=bool(result.get("error")), texts=texts
        )
    for state in calls:
        if state.result is None:
            state.result = _result(state.asked.call, "", is_error=True, texts=texts)
    reply = _blob(f"turn {number}", written, texts)
    asked = tuple(state.asked for state in calls)
    answered = ModelResponded(
        at=0.0,
        step=STEP,
        attempt=1,
        turn=number,
        model="m",
        reply=reply,
        said=said[:_HEAD],
        tokens=tokens_of(written),
        calls=asked,
    )
    return Turn(number, answered, calls)


def _reply_text(call: Mapping[str, Any]) -> str:
    """Return what of a call stands in the reply: its text where that holds the command, else also its arguments."""
    content, arguments = call["content"] or "", _arguments(call)
    is_there = all(str(value).strip() in content for value in _given(call).values())
    return content if content and is_there else f"{content}\n{arguments}"


def _given(call: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", call["args"]) if isinstance(call["args"], dict) else {}


def _arguments(call: Mapping[str, Any]) -> str:
    return json.dumps(call["args"], ensure_ascii=False) if call["args"] is not None else ""


def _call(name: str, call: Mapping[str, Any], texts: dict[BlobId, str]) -> ToolCallState:
    arguments = _given(call)
    command = str(arguments.get("command", ""))
    line = " ".join((command or " ".join(str(value) for value in arguments.values())).split())
    asked = ToolCall(
        call=name,
        tool=call["name"] or "run",
        arguments=_blob(f"{name} arguments", _arguments(call), texts),
        summary=f"{call['name']} {line}"[:_SUMMARY],
        command=command,
    )
    return ToolCallState(asked, ToolKind.WRITE)


def _result(name: str, text: str, *, is_error: bool, texts: dict[BlobId, str]) -> ToolCallFinished:
    return ToolCallFinished(
        at=0.0,
        step=STEP,
        attempt=1,
        call=name,
        ok=not is_error,
        text=text[:_HEAD],
        output=_blob(name, text, texts),
        tokens=tokens_of(text),
    )


def _blob(name: str, text: str, texts: dict[BlobId, str]) -> BlobId:
    texts[BlobId(name)] = text
    return BlobId(name)
