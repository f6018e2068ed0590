"""One request to a model, and the reading of its reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import ToolCall, Usage
from surefoot.core.budget import cost_of
from surefoot.core.compaction import lost_in
from surefoot.core.events import Event
from surefoot.core.ids import StepId, matches_id, words_file
from surefoot.core.policy_types import CommandFacts
from surefoot.core.regex import regex
from surefoot.core.system_steps import attempted_step
from surefoot.core.token_estimate import tokens_of
from surefoot.core.tool_table import TOOLBOX
from surefoot.faults import point
from surefoot.masking import Masker
from surefoot.models.whole_files import written_in
from surefoot.ports import Asker, Called, Message, ModelAnswer, ModelFault, ModelRequest, Speaker, ToolSpec
from surefoot.shellwords import facts_given
from surefoot.threads import in_thread
from surefoot.tools import arguments_of, basic_specs_of, flaw_of, question_of, shell_command_of, specs_of, summary_of
from surefoot.tools.argument_schema import example_of
from surefoot.tools.first_look import fence
from surefoot.workers.redaction import masked
from surefoot.workers.run_context import RunContext

SAID_MAX = 300
"""So many characters of what is said stand in the journal itself."""
_WORDS_MAX = 1_000
"""A longer line is told when it has ended: each word of it would be masked anew with all before it."""
_PLACEHOLDER = regex(r"\{[^{}]*\}")
_REPLY_BEGINS = '{"surefoot.reply/1"'


async def request_model(context: RunContext, command: do.RequestModel) -> Event:
    """Ask a model once."""
    point("model.request.before")
    started = context.clock.elapsed()
    request = await in_thread(_request, context, command)
    shown = context.spool_folder / words_file(command.step)
    try:
        answer = await context.model.ask(request, _piece_by_piece(context, command, shown))
    finally:
        shown.unlink(missing_ok=True)
    point("model.request.after")
    now = context.clock.now()
    if isinstance(answer, ModelFault):
        return _failed(context, command, answer, now)
    return await in_thread(_answered, context, command, answer, now, context.clock.elapsed() - started)


def _request(context: RunContext, command: do.RequestModel) -> ModelRequest:
    facts = command.facts
    return ModelRequest(
        model=facts.name,
        messages=_messages(context, command),
        tools=() if command.is_summary or command.whole_files else _tools(command),
        # Every reply has to call a tool; where a grammar can see to that, no turn is lost on one that does not.
        needs_call=not (command.is_summary or command.whole_files or facts.native_tools),
        native_tools=facts.native_tools,
        asker=Asker(role=command.role, run=context.run, step=attempted_step(command.step), attempt=command.attempt),
        temperature=command.temperature,
        whole_files=command.whole_files,
        output_tokens_max=facts.output_tokens_max,
        timeout_s=context.model_timeout_s,
    )


def _tools(command: do.RequestModel) -> tuple[ToolSpec, ...]:
    role = command.role
    known = specs_of(role) if command.facts.native_tools else basic_specs_of(role, has_stubs=command.has_stubs)
    return tuple(spec for spec in known if spec.name not in command.without_tools)


def _exact(command: do.RequestModel, tool: str) -> str:
    """Return the schema of a tool as the model is told of it, and an example of a call; empty: it is not told of it."""
    spec = next((one for one in _tools(command) if one.name == tool), None)
    if spec is None:
        return ""
    example = json.dumps(example_of(spec.schema), ensure_ascii=False)
    return f"\n{json.dumps(spec.schema, ensure_ascii=False)}\nFor example: {tool} {example}"


def _messages(context: RunContext, command: do.RequestModel) -> tuple[Message, ...]:
    """Return a brief as messages; each result of a call goes by the name that its provider gave the call."""
    messages: list[Message] = []
    ids: dict[str, tuple[str, str]] = {}
    for part in command.parts:
        content = b"" if part.blob is None else context.blobs.get(part.blob)
        if part.speaker == Speaker.MODEL and part.blob is not None:
            text, calls = read_reply(content)
            ids |= {f"{part.turn}.{n}": (call.provider_id, call.name) for n, call in enumerate(calls, start=1)}
            messages.append(Message(speaker=Speaker.MODEL, text=text, calls=calls, is_cache_end=part.is_cache_end))
            continue
        stored = content.decode("utf-8", "replace")
        if part.tool:
            stored = _exact(command, part.tool)
        elif part.file:
            stored = fence(written_in(read_reply(content)[1], part.file))
        elif stored.startswith(_REPLY_BEGINS):  # of a stored reply, such as a summary, what it says
            stored = fence(read_reply(content)[0])
        provider_id, tool = ids.get(part.call, ("", ""))
        messages.append(
            Message(
                speaker=Speaker(part.speaker),
                text=part.text + stored,
                provider_id=provider_id,
                tool=tool,
                is_cache_end=part.is_cache_end,
            )
        )
    return tuple(messages)


def written_reply(text: str, calls: Sequence[Called]) -> bytes:
    """Return a reply in our own form."""
    said = [
        {"name": one.name, "arguments": one.arguments, "raw": one.raw, "provider_id": one.provider_id} for one in calls
    ]
    reply = {"surefoot.reply/1": True, "text": text, "calls": said}
    return json.dumps(reply, ensure_ascii=False).encode("utf-8", "surrogatepass")


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


def _piece_by_piece(context: RunContext, command: do.RequestModel, shown: Path) -> Callable[[str], None] | None:
    """Return what tells watchers each line that a model has written, and its words; None where nobody watches.

    For who watches from another program the words stand in a file of their own until the request is over.
    """
    tell_line, tell_words = context.on_line, context.on_words
    if tell_line is None and tell_words is None:
        return None
    kept = ""

    def hear(piece: str) -> None:
        nonlocal kept
        context.hear(command.step)
        point("model.request.streamed")
        *lines, kept = (kept + piece).split("\n")
        told = ""
        for line in filter(str.strip, lines):
            told = context.masker.text(line)
            if tell_line is not None:
                tell_line(command.step, told)
        # Only whole words: half a secret would not be masked.
        words = kept[: kept.rfind(" ") + 1]
        if words.strip() and len(kept) <= _WORDS_MAX:
            told = context.masker.text(words)
            if tell_words is not None:
                tell_words(command.step, told)
        if told:
            with suppress(OSError):  # it is a view alone
                shown.write_text(told[:_WORDS_MAX], "utf-8", "replace")

    return hear


def _answered(
    context: RunContext, command: do.RequestModel, answer: ModelAnswer, now: float, duration_s: float
) -> ev.ModelResponded:
    text = answer.text
    lost = lost_in(text, command.must_hold)
    if lost:
        text = "\n".join([text, "", "Not to be forgotten:", *(f"- {fact}" for fact in lost)])
    reply = context.masker.content(written_reply(text, answer.calls))
    usage = replace(answer.usage, requests=1)
    calls = () if command.is_summary else answer.calls
    return ev.ModelResponded(
        **command.at(now),
        turn=command.turn,
        model=answer.model,
        reply=context.blobs.put(reply),
        said=context.masker.text(text.strip())[:SAID_MAX],
        tokens=tokens_of(reply.decode("utf-8", "replace")),
        calls=tuple(_call(context, command.step, f"{command.turn}.{n}", one) for n, one in enumerate(calls, start=1)),
        finish=answer.finish,
        usage=replace(usage, cost_usd=cost_of(command.facts, usage)),
        raw=context.store(answer.raw),
        duration_s=duration_s,
    )


def _call(context: RunContext, step: StepId, name: str, called: Called) -> ToolCall:
    """Return a call as the kernel judges it: what is wrong with its arguments, and what its command would do."""
    called = replace(called, arguments=arguments_of(called.name, called.arguments))
    raw = called.raw if called.arguments is None else json.dumps(called.arguments, ensure_ascii=False)
    written = raw.encode("utf-8", "surrogatepass")
    shown = context.masker.content(written)
    # Texts are shortened in what is told of a call, so that they have to be masked before.
    told = cast("Mapping[str, object]", context.masker.plain(called.arguments or {}))
    row = TOOLBOX.get(called.name)
    call = ToolCall(
        call=name,
        tool=called.name if row is not None else context.masker.text(called.name)[:80],
        kind=None if row is None else row.kind,
        arguments=context.blobs.put(shown),
        summary=summary_of(called.name, told),
        tokens=tokens_of(raw),
        provider_id=called.provider_id,
        private="" if shown == written else context.private.put(written),
    )
    if row is None:
        return call
    flaw = flaw_of(called.name, called.arguments, context.masker.text(called.raw))
    if flaw or called.arguments is None:
        return replace(call, flaw=flaw)
    question, options = question_of(called.name, called.arguments)
    command = shell_command_of(called.name, called.arguments)
    if not command:
        return replace(call, command=question, options=options)
    # A member of a group has the id of the group with its item in it.
    found = (one.env for one in context.plan.steps if matches_id(_PLACEHOLDER.sub("*", one.id), step))
    own = next(found, dict[str, str]())
    env = {**context.plan.env, **own}
    does = facts_given(command, env)
    return replace(call, command=command, does=does, flaw=_hidden_by_masks(command, does, env, context.masker))


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


def _failed(context: RunContext, command: do.RequestModel, failed: ModelFault, now: float) -> ev.ModelRequestFailed:
    usage = failed.usage
    if usage is not None:
        usage = replace(usage, requests=1)
        usage = replace(usage, cost_usd=cost_of(command.facts, usage))
    elif failed.is_unbilled:
        usage = Usage(requests=1)
    return ev.ModelRequestFailed(
        **command.at(now),
        turn=command.turn,
        fault=failed.fault,
        text=failed.text,
        retry_after_s=failed.retry_after_s,
        usage=usage,
        said=context.store(failed.said.encode("utf-8", "surrogatepass")) if failed.said else None,
    )
