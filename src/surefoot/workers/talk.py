"""Models are asked, and the tools they call are used.

Owns the way from a brief to what a provider is sent, from its reply to an event, and from a tool call to its result.
Must never try a request again, nor decide which call may be carried out: the kernel does. Read `surefoot.tools` and
`surefoot.models` next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.budget import cost_of
from surefoot.core.estimating import tokens_of
from surefoot.core.events import Event
from surefoot.core.folding import lost_in
from surefoot.core.ids import StepId, matches_id
from surefoot.core.plan import Plan
from surefoot.core.plan_commands import commands_of_plan
from surefoot.core.rules import CommandFacts
from surefoot.core.talking import Guidance, Part, ToolCall, ToolKind, Usage
from surefoot.core.terms import Severity
from surefoot.core.tool_payload import Planned, Understood
from surefoot.core.toolbox import TOOLBOX
from surefoot.faults import point
from surefoot.masking import Masker
from surefoot.ports import Called, CommandRequest, Message, ModelAnswer, ModelFault, ModelRequest, Speaker
from surefoot.probes.subject import KEY_VARIABLE
from surefoot.shellwords import facts_given
from surefoot.threads import in_thread
from surefoot.tools import (
    ToolContext,
    ToolResult,
    failed,
    flaw_of,
    guidance_of,
    question_of,
    shell_command_of,
    specs_of,
    summary_of,
    use,
)
from surefoot.workers.command import LaneCommands
from surefoot.workers.ground import with_facts
from surefoot.workers.hiding import opened_by
from surefoot.workers.masked import masked
from surefoot.workers.preflight import missing
from surefoot.workers.room import Room

SAID_MAX = 300
"""So many characters of what is said stand in the journal itself."""
_TEXT_MAX = 600
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


async def open_talk(room: Room, command: do.OpenTalk) -> Event:
    """Find the project's own advice, and note which tree the lane holds."""
    point("talk.open.before")
    guidance, tree = None, ""
    if command.lane is not None:
        root = room.start(command.lane)
        near = tuple(command.spec.writes or ())
        found = await in_thread(guidance_of, root, near)
        if found is not None:
            blob = room.store(found.text.encode())
            guidance = Guidance(path=found.path, text=blob, digest=found.digest, tokens=tokens_of(found.text))
        tree = await in_thread(room.space.tree, command.lane, exclude=command.spec.uncommitted)
    point("talk.open.after")
    return ev.TalkOpened(at=room.clock.now(), step=command.step, attempt=command.attempt, guidance=guidance, tree=tree)


# --- models


async def ask_model(room: Room, command: do.AskModel) -> Event:
    """Ask a model once."""
    point("talk.ask.before")
    started = room.clock.elapsed()
    request = await in_thread(_request, room, command)
    hear = _line_by_line(room, command)
    answer = await room.model.ask(request, hear)
    point("talk.ask.after")
    now = room.clock.now()
    if isinstance(answer, ModelFault):
        return _failed(room, command, answer, now)
    return await in_thread(_answered, room, command, answer, now, room.clock.elapsed() - started)


def _request(room: Room, command: do.AskModel) -> ModelRequest:
    facts = command.facts
    return ModelRequest(
        model=facts.name,
        messages=_messages(room, command.parts),
        tools=() if command.is_summary else specs_of(command.role),
        # Every reply has to call a tool; where a grammar can see to that, no turn is lost on one that does not.
        needs_call=not command.is_summary and not facts.native_tools,
        native_tools=facts.native_tools,
        output_tokens_max=facts.output_tokens_max,
        timeout_s=room.model_timeout_s,
    )


def _messages(room: Room, parts: Sequence[Part]) -> tuple[Message, ...]:
    """Return a brief as messages; each result of a call goes by the name that its provider gave the call."""
    messages: list[Message] = []
    ids: dict[str, tuple[str, str]] = {}
    for part in parts:
        content = b"" if part.blob is None else room.blobs.get(part.blob)
        if part.speaker == Speaker.MODEL and part.blob is not None:
            text, calls = read_reply(content)
            ids |= {f"{part.turn}.{n}": (call.provider_id, call.name) for n, call in enumerate(calls, start=1)}
            messages.append(Message(speaker=Speaker.MODEL, text=text, calls=calls, is_cache_end=part.is_cache_end))
            continue
        text = part.text + (_text_of(content) if part.blob is not None else "")
        provider_id, tool = ids.get(part.call, ("", ""))
        messages.append(
            Message(
                speaker=Speaker(part.speaker),
                text=text,
                provider_id=provider_id,
                tool=tool,
                is_cache_end=part.is_cache_end,
            )
        )
    return tuple(messages)


def _text_of(content: bytes) -> str:
    """Return a stored text; of a stored reply, such as a summary, what it says."""
    text = content.decode("utf-8", "replace")
    if text.startswith(_REPLY_BEGINS):
        return read_reply(content)[0]
    return text


_REPLY_BEGINS = '{"surefoot.reply/1"'


def written_reply(text: str, calls: Sequence[Called]) -> bytes:
    """Return a reply in our own form."""
    said = [
        {"name": one.name, "arguments": one.arguments, "raw": one.raw, "provider_id": one.provider_id} for one in calls
    ]
    return json.dumps({"surefoot.reply/1": True, "text": text, "calls": said}, ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def read_reply(content: bytes) -> tuple[str, tuple[Called, ...]]:
    """Return the text and the calls of a reply in our own form."""
    reply = json.loads(content.decode("utf-8", "surrogatepass"))
    calls = cast("list[dict[str, object]]", reply["calls"])
    return reply["text"], tuple(
        Called(
            name=str(one["name"]),
            arguments=cast("Mapping[str, object] | None", one["arguments"]),
            raw=str(one["raw"]),
            provider_id=str(one["provider_id"]),
        )
        for one in calls
    )


def _line_by_line(room: Room, command: do.AskModel) -> Callable[[str], None] | None:
    """Return what tells a watcher each line that a model has written; None where nobody watches."""
    tell = room.on_line
    if tell is None:
        return None
    kept = ""

    def hear(piece: str) -> None:
        nonlocal kept
        *lines, kept = (kept + piece).split("\n")
        for line in lines:
            if line.strip():
                tell(command.step, room.masker.text(line))

    return hear


def _answered(room: Room, command: do.AskModel, answer: ModelAnswer, now: float, duration_s: float) -> ev.TurnAnswered:
    text = answer.text
    lost = lost_in(text, command.must_hold)
    if lost:
        text = "\n".join([text, "", "Not to be forgotten:", *(f"- {fact}" for fact in lost)])
    reply = room.masker.content(written_reply(text, answer.calls))
    usage = replace(answer.usage, requests=1)
    calls = () if command.is_summary else answer.calls
    return ev.TurnAnswered(
        at=now,
        step=command.step,
        attempt=command.attempt,
        turn=command.turn,
        model=answer.model,
        reply=room.blobs.put(reply),
        said=room.masker.text(text.strip())[:SAID_MAX],
        tokens=tokens_of(reply.decode("utf-8", "replace")),
        calls=tuple(_call(room, command.step, f"{command.turn}.{n}", one) for n, one in enumerate(calls, start=1)),
        finish=answer.finish,
        usage=replace(usage, cost_usd=cost_of(command.facts, usage)),
        raw=room.store(answer.raw),
        duration_s=duration_s,
    )


def _call(room: Room, step: StepId, name: str, called: Called) -> ToolCall:
    """Return a call as the kernel judges it: what is wrong with its arguments, and what its command would do."""
    raw = called.raw if called.arguments is None else json.dumps(called.arguments, ensure_ascii=False)
    written = raw.encode("utf-8", "surrogatepass")
    shown = room.masker.content(written)
    # Texts are shortened in what is told of a call, so that they have to be masked before.
    told = cast("Mapping[str, object]", room.masker.plain(called.arguments or {}))
    row = TOOLBOX.get(called.name)
    call = ToolCall(
        call=name,
        tool=called.name if row is not None else room.masker.text(called.name)[:80],
        kind=None if row is None else row.kind,
        arguments=room.blobs.put(shown),
        summary=summary_of(called.name, told),
        tokens=tokens_of(raw),
        provider_id=called.provider_id,
        private="" if shown == written else room.private.put(written),
    )
    if row is None:
        return call
    flaw = flaw_of(called.name, called.arguments, room.masker.text(called.raw))
    if flaw or called.arguments is None:
        return replace(call, flaw=flaw)
    question, options = question_of(called.name, called.arguments)
    command = shell_command_of(called.name, called.arguments)
    if not command:
        return replace(call, command=question, options=options)
    env = _given_to(room.plan, step)
    does = facts_given(command, env)
    return replace(call, command=command, does=does, flaw=_hidden_by_masks(command, does, env, room.masker))


def _given_to(plan: Plan, step: StepId) -> Mapping[str, str]:
    """Return the variables that the plan gives to the commands of an agent."""
    # A member of a group has the id of the group with its item in it.
    found = (one.env for one in plan.steps if matches_id(_PLACEHOLDER.sub("*", one.id), step))
    own = next(found, dict[str, str]())
    return {**plan.env, **own}


def _hidden_by_masks(command: str, does: CommandFacts, env: Mapping[str, str], masker: Masker) -> str:
    """Say why a command cannot be shown to a person as what it is; empty where it can."""
    shown = masker.text(command)
    if shown == command or facts_given(shown, env).commands == masked(does, masker).commands:
        return ""
    return (
        "run: a part of the command looks like a secret and is masked wherever the command is shown, and what would be "
        "shown is another command than this one; put the secret into a word of its own, in single quotes, or use a "
        "variable that holds it"
    )


def _failed(room: Room, command: do.AskModel, failed: ModelFault, now: float) -> ev.TurnFailed:
    usage = failed.usage
    if usage is not None:
        usage = replace(usage, requests=1)
        usage = replace(usage, cost_usd=cost_of(command.facts, usage))
    elif failed.is_unbilled:
        usage = Usage(requests=1)
    return ev.TurnFailed(
        at=now,
        step=command.step,
        attempt=command.attempt,
        turn=command.turn,
        fault=failed.fault,
        text=failed.text,
        retry_after_s=failed.retry_after_s,
        usage=usage,
        said=room.store(failed.said.encode("utf-8", "surrogatepass")) if failed.said else None,
    )


# --- tools


async def use_tool(room: Room, command: do.UseTool) -> Event:
    """Carry out a tool call."""
    kind = command.call.kind
    assert kind is not None  # the kernel refuses what is no tool
    point(f"tool.{kind}.before")
    started = room.clock.elapsed()
    arguments = json.loads(_arguments_of(room, command.call))
    if kind is ToolKind.WRITE and command.lane is not None:
        room.disturb(command.lane, leaves_nothing=True)
    result = await use(command.call.tool, arguments, _context(room, command))
    if isinstance(result.payload, Understood | Planned):
        result = await in_thread(_looked_over, room, result, result.payload)
    tree = None
    if kind is ToolKind.WRITE and command.lane is not None:
        tree = await in_thread(room.space.tree, command.lane, exclude=command.spec.uncommitted)
    point(f"tool.{kind}.after")
    return await in_thread(_finished, room, command, result, tree, started)


def _looked_over(room: Room, result: ToolResult, payload: Understood | Planned) -> ToolResult:
    """Add what the commands do that would run beside bodies; tell a model what its plan needs and this machine has not.

    What surely makes a step fail refuses the plan.
    """
    result = replace(result, payload=replace(payload, commands=with_facts(commands_of_plan(_plan_of(payload)))))
    if payload.made is None:
        return result
    found = missing(payload.made.plan, room.source, room.plan_folder, room.folder, room.environ)
    lines = [f"step {one.step}: {one.text}" if one.step else one.text for one in found]
    if any(one.severity is Severity.PROBLEM for one in found):
        return failed("\n".join(["the plan cannot run on this machine; correct it and call the tool again:", *lines]))
    return replace(result, text="\n".join([result.text, *lines]))


def _finished(room: Room, command: do.UseTool, result: ToolResult, tree: str | None, started: float) -> ev.CallFinished:
    now = room.clock.now()
    text = room.masker.text(result.text)
    whole = result.evidence if result.whole is None else room.store(result.whole.encode("utf-8", "surrogatepass"))
    return ev.CallFinished(
        at=now,
        step=command.step,
        attempt=command.attempt,
        call=command.call.call,
        ok=result.ok,
        text=text[:_TEXT_MAX],
        output=room.store(text.encode("utf-8", "surrogatepass")),
        tokens=tokens_of(text),
        whole=whole,
        is_misuse=result.is_misuse,
        tree=tree,
        changed=result.changed,
        saw=result.saw,
        exit_code=result.exit_code,
        payload=result.payload,
        duration_s=room.clock.elapsed() - started,
    )


def _arguments_of(room: Room, call: ToolCall) -> bytes:
    """Return the arguments of a call as the model wrote them.

    Raises:
        WorkspaceError: they are gone, or were altered.
    """
    return room.private.get(call.private) if call.private else room.blobs.get(call.arguments)


def _plan_of(payload: Understood | Planned) -> Plan:
    """Return the plan that an agent ends with, or one with what was found out before there is a plan."""
    if isinstance(payload, Understood) and payload.made is None:
        return Plan(goal="", steps=(), prepare=payload.prepare, accept=payload.accept)
    assert payload.made is not None
    return payload.made.plan


def _context(room: Room, command: do.UseTool) -> ToolContext:
    assert command.lane is not None
    spec = command.spec
    # What `list` and the like let git say is not meant for people.
    on_line = room.on_line if command.call.kind is ToolKind.WRITE else None
    sockets = room.sockets_of(spec)
    commands = LaneCommands(
        room=room,
        lane=command.lane,
        mark=f"{command.step}/{command.attempt}/{command.call.call}",
        step=spec,
        secrets=room.secrets_of(spec),
        given=room.variables_of(sockets),
        opened=opened_by(room, spec),
        services=room.plan.services_of(spec),
        on_line=None if on_line is None else lambda line: on_line(command.step, line),
    )
    template = CommandRequest(
        env={KEY_VARIABLE: command.key} if command.key else {},
        network=spec.network,
        sockets=tuple(sockets.values()),
        confine=spec.confine,
    )
    return ToolContext(
        root=room.start(command.lane),
        folder=room.plan.folder,
        commands=commands,
        template=template,
        rung=room.rung,
        step=spec,
        role=command.role,
        call=command.call.call,
        state=command.state,
        mask=room.masker.text,
    )
