"""Talks made by hand: turns, calls, results, and a run around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from surefoot.core.agent_types import Note, Part, Role, ToolCall
from surefoot.core.attempt import Attempt, Running
from surefoot.core.conversation import Conversation, ToolCallState, Turn
from surefoot.core.events import ModelResponded, RunCreated, ToolCallFinished, ToolCallResolved
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.plan import AgentBody, Plan, Step
from surefoot.core.state import AcceptState, RunState
from surefoot.core.step_state import StepState
from surefoot.core.token_estimate import tokens_of
from surefoot.core.tool_table import TOOLBOX
from surefoot.core.verdicts import CheckRecord

RUN = RunId("20260101-aaaaaa")
BLOBS: dict[BlobId, str] = {}
"""What blobs of these tests hold."""


def blob(text: str) -> BlobId:
    """Keep a text, and name it."""
    name = BlobId(f"b{abs(hash(text)):x}")
    BLOBS[name] = text
    return name


def finished(tool: str, text: str = "ok", **fields: Any) -> dict[str, Any]:
    """Say what a call was and what it gave; `command` and `summary` are the call's."""
    return {"tool": tool, "text": text, **fields}


def turn(number: int, *calls: dict[str, Any], said: str = "", tokens: int | None = None) -> Turn:
    """Make a turn; each call is what `finished` gives, or has `settled` in place of `text`."""
    states = [_call(f"{number}.{at}", dict(one)) for at, one in enumerate(calls, 1)]
    asked = tuple(state.asked for state in states)
    size = tokens_of(said) + 20 * len(calls) if tokens is None else tokens
    reply = blob(f"reply {number}: {said}")
    place = {"at": 1.0, "step": StepId("a"), "attempt": 1, "turn": number, "model": "m"}
    answered = ModelResponded(**place, reply=reply, said=said[:200], tokens=size, calls=asked)
    return Turn(number, answered, states)


def _call(name: str, one: dict[str, Any]) -> ToolCallState:
    tool, command = one.pop("tool"), one.pop("command", "")
    summary = one.pop("summary", f"{tool} {command}".strip())
    asked = ToolCall(call=name, tool=tool, arguments=blob("{}"), summary=summary, command=command)
    place = {"at": 1.0, "step": StepId("a"), "attempt": 1, "call": name}
    known = TOOLBOX.get(tool)
    kind = known.kind if known is not None else None
    if "settled" in one:
        return ToolCallState(
            asked, kind, result=ToolCallResolved(**place, text=one["settled"], ok=one.get("ok", False))
        )
    text, note = one.pop("text"), one.pop("note", None)
    own = {"ok": True, "output": blob(text), "tokens": tokens_of(text), **one}
    note = None if note is None else Note(text=note, by="a", call=name)
    return ToolCallState(asked, kind, result=ToolCallFinished(**place, text=text[:200], payload=note, **own))


def stage(
    turns: Sequence[Turn] = (), *, role: Role = Role.WORKER, conversation: dict[str, Any] | None = None, **fields: Any
) -> RunState:
    """Make a run at work on step `a`; `step`, `plan`, `node` are fields of those, all others of the state."""
    spec = Step(id=StepId("a"), body=AgentBody(instructions="Do it well.", role=role), **fields.pop("step", {}))
    own = {"goal": "Replace six with plain Python 3.", "steps": (spec,), **fields.pop("plan", {})}
    plan = Plan(**own)
    made = Conversation(role=role, turns=list(turns), **(conversation or {}))
    nodes = {one.id: StepState(spec=one, order=(at, 0), needs=()) for at, one in enumerate(plan.steps)}
    nodes[spec.id] = StepState(
        spec=spec,
        order=nodes[spec.id].order,
        needs=(),
        attempt=1,
        work=Attempt(conversation=made, stage=Running(begun_by=1)),
    )
    for name, value in fields.pop("node", {}).items():
        setattr(nodes[spec.id], name, value)
    finished = [call.result for one in turns for call in one.calls if isinstance(call.result, ToolCallFinished)]
    notes = (one.payload for one in finished if isinstance(one.payload, Note))
    accept = AcceptState([CheckRecord() for _ in plan.accept])
    created = RunCreated(at=1.0, run=RUN, plan=plan)
    state = RunState(created=created, nodes=nodes, branch=None, accept=accept)
    state.notes = (*fields.pop("notes", ()), *notes)
    for name, value in fields.items():
        setattr(state, name, value)
    return state


def at_work(state: RunState) -> StepState:
    """Return the step that the run is at work on."""
    return state.nodes[StepId("a")]


def written(parts: Sequence[Part]) -> str:
    """Return all that a brief says, blobs included."""
    return "\n".join(part.text + (BLOBS.get(part.blob, "") if part.blob else "") for part in parts)
