"""Cayu: sessions in its SQLite store, effects as tools, questions by its approval policy and its tool that asks.

Effects are `EXTERNAL`, Cayu's word for what must never be assumed safe to repeat; `IDEMPOTENT` where the tool looks
first. Started by `bench.matrix.driving`, which copies this file into the folder of a trial.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

# Not installed where types are checked.
_cayu: Any = import_module("cayu")
_tools: Any = import_module("cayu.tools")
_runtime: Any = import_module("cayu.runtime")
_sessions: Any = import_module("cayu.sessions")
_approvals: Any = import_module("cayu.approvals")
_storage: Any = import_module("cayu.storage")
_scripted: Any = import_module("cayu.evals").ScriptedModelProvider
_stream: Any = import_module("cayu.providers").ModelStreamEvent

FOLDER = Path(sys.argv[1])
FLOW = sys.argv[2]
SESSION = "trial"
Call = tuple[str, dict[str, Any]]


def perform(name: str) -> None:
    """Perform an effect, as a tool that runs a shell command does."""
    subprocess.run(["sh", str(FOLDER / "effect.sh"), str(FOLDER), name], check=True, stdin=subprocess.DEVNULL)


def identity(name: str) -> Any:
    """Return an identity that is the same in every process, as its pages ask for."""
    return _runtime.ExecutionProfileBehaviorIdentity(name=name, behavior_version="1", implementation_version="1")


def tool(name: str, *, looks_first: bool = False) -> Any:
    """Return a tool with one effect; `looks_first` is written by the user."""
    effect = _cayu.ToolEffect.IDEMPOTENT if looks_first else _cayu.ToolEffect.EXTERNAL

    async def run(_: Any, ctx: Any, args: dict[str, Any]) -> Any:
        assert ctx
        wanted = f"{name}-{args['text']}" if "text" in args else name
        if not looks_first or wanted not in (FOLDER / "ledger").read_text("utf-8").split():
            await asyncio.to_thread(perform, wanted)
        return _cayu.ToolResult(content="done")

    return _made(name, effect, run)


def failing() -> Any:
    """Return a tool that leaves a file behind at its first call and fails."""

    async def run(_: Any, ctx: Any, args: dict[str, Any]) -> Any:
        assert ctx
        assert not args
        half, tried = FOLDER / "workspace" / "half.txt", FOLDER / "tried"
        if not tried.exists():
            tried.touch()
            half.touch()
            return _cayu.ToolResult(content="it failed half-way", is_error=True)
        await asyncio.to_thread(perform, "saw-half" if half.exists() else "saw-nothing")
        return _cayu.ToolResult(content="done")

    return _made("look", _cayu.ToolEffect.EXTERNAL, run)


def _made(name: str, effect: Any, run: Any) -> Any:
    schema = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 100}}}
    spec = _cayu.ToolSpec(
        name=name,
        description=name,
        input_schema=schema,
        effect=effect,
        max_terminal_payload_bytes=65536,
        execution_profile_identity=identity(name),
    )
    return type(f"Tool_{name}", (_cayu.Tool,), {"spec": spec, "run": run})()


def words() -> str:
    """Return what is to be sent."""
    return (FOLDER / "workspace" / "words.txt").read_text("utf-8").strip()


def turns() -> Sequence[Sequence[Call]]:
    """Return what the model calls, turn by turn."""
    ask = [("ask_user", {"question": "the first question"})], [("ask_user", {"question": "the second question"})]
    script: dict[str, Sequence[Sequence[Call]]] = {
        "chain": [[("first", {})], [("second", {})], [("third", {})]],
        "chain-checked": [[("first", {})], [("second", {})], [("third", {})]],
        "asked": [[("sent", {})], *ask],
        "parallel": [[("a", {}), ("b", {}), ("c", {})]],
        "approval": [[("sent", {})]],
        "words": [[("sent", {"text": words() if FLOW == "words" else ""})]],
        "expiring": [[("sent", {})]],
        "files": [[("look", {})], [("look", {})]],
    }
    return script[FLOW]


class Scripted(_scripted):
    """The scripted model with an identity, without which Cayu resumes nothing in another process."""

    @property
    def execution_profile_identity(self) -> Any:
        """Return what is the same in every process."""
        return identity("scripted")


def respond(request: Any) -> Iterable[Any]:
    """Return the next turn: as many were taken as the transcript has turns of the model."""
    taken = sum(1 for message in request.messages if str(message.role.value) == "assistant")
    script = turns()
    if taken >= len(script):
        return [_stream.text_delta("done"), _stream.completed()]
    calls = [_stream.tool_call(name=name, arguments=arguments) for name, arguments in script[taken]]
    return [*calls, _stream.completed({"finish_reason": "tool_calls"})]


def build(store: Any, tasks: Any) -> Any:
    """Return the application, the same in every process."""
    app = _cayu.CayuApp(session_store=store, task_store=tasks, enable_logging=False)
    app.register_provider(Scripted(response_factory=respond), default=True)
    checked = FLOW == "chain-checked"
    own = {
        "chain": [tool(name) for name in ("first", "second", "third")],
        "chain-checked": [tool(name, looks_first=checked) for name in ("first", "second", "third")],
        "asked": [tool("sent"), _tools.UserInputTool()],
        "parallel": [tool(name) for name in ("a", "b", "c")],
        "files": [failing()],
    }
    asking = {"parallel": ["b", "c"], "approval": ["sent"], "words": ["sent"], "expiring": ["sent"]}
    policy = _tools.AlwaysRequireApprovalToolPolicy(
        tools=asking.get(FLOW, ["nothing"]), expires_in_seconds=2 if FLOW == "expiring" else None
    )
    agent = _cayu.AgentSpec(name="agent", model="scripted-model")
    app.register_agent(agent, tools=own.get(FLOW, [tool("sent")]), tool_policy=policy)
    return app


async def drain(events: Any) -> None:
    """Let a stream of events come to its end."""
    async for _ in events:
        pass


async def go_on(app: Any, verb: str, told: Sequence[str]) -> None:
    """Run, resume or answer."""
    message = [_cayu.Message.text("user", "go on")]
    if verb == "run":
        await drain(app.run(_cayu.RunRequest(agent_name="agent", session_id=SESSION, messages=message)))
    elif verb == "resume":
        session = await app.session_store.load(SESSION)
        if session.status.value == "completed" or await pending(app):
            return
        await drain(app.resume(_cayu.ResumeRequest(session_id=SESSION, messages=message)))
    else:
        await answer(app, told[0], told[1])


async def answer(app: Any, question: str, text: str) -> None:
    """Resolve one approval, or answer one question."""
    first, *others = question.split("/")
    person = _approvals.ResolutionActor(subject="person", source=_approvals.ResolutionActorSource.REQUEST)
    if not others:
        response = _approvals.UserInputResponse(session_id=SESSION, input_id=first, answer=text, resolved_by=person)
        await drain(app.resolve_user_input(response))
        return
    request = _approvals.ToolApprovalRequest(
        session_id=SESSION,
        approval_id=first,
        tool_round_id=others[0],
        tool_call_id=others[1],
        decision=_approvals.ToolApprovalDecision.APPROVE,
        resolved_by=person,
    )
    await drain(app.resolve_tool_approval(request))


async def pending(app: Any) -> list[dict[str, str]]:
    """Return what a person has to decide."""
    page = await app.session_store.query_pending_actions(_sessions.PendingActionQuery(session_id=SESSION))
    found: list[dict[str, str]] = []
    for action in page.actions:
        if action.approval_id is not None:
            name = f"{action.approval_id}/{action.round_id}/{action.tool_call_id}"
            found.append({"id": name, "text": f"may {action.tool_name} be performed?"})
        elif action.input_id is not None:
            found.append({"id": action.input_id, "text": "a question"})
    return found


async def main() -> None:
    """Run, go on with, or answer the session."""
    verb, *told = sys.argv[3:]
    store = _storage.SQLiteSessionStore(FOLDER / "cayu.db")
    tasks = _storage.SQLiteTaskStore(FOLDER / "cayu-tasks.db")
    app = build(store, tasks)
    try:
        await go_on(app, verb, told)
        session, asked = await store.load(SESSION), await pending(app)
        ending = {"completed": "ended", "failed": "failed"}.get(session.status.value, "stuck")
        said = "" if ending == "ended" or asked else f"the session is {session.status.value}"
        line = {"state": "waiting" if asked else ending, "questions": asked, "told": said}
        sys.stdout.write(json.dumps(line) + "\n")
    finally:
        await app.aclose()


if __name__ == "__main__":
    asyncio.run(main())
