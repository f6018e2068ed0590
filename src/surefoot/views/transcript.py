"""The transcript of an agent in one attempt, from the journal; also while the agent works."""

from __future__ import annotations

import json
from dataclasses import field

from surefoot.api.home import Home
from surefoot.api.queries import events
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim, ToolCall, Usage
from surefoot.core.ids import RunId, StepId
from surefoot.core.money import money
from surefoot.core.record import record
from surefoot.core.short_text import counted
from surefoot.views.agent_words import amount
from surefoot.views.evidence import blob_text


@record(kw_only=False)
class Transcript:
    """What was said and done in one attempt."""

    attempt: int
    events: list[ev.StepEvent] = field(default_factory=list[ev.StepEvent])
    said: dict[int, list[ev.MessageSent]] = field(default_factory=dict[int, list[ev.MessageSent]])
    """What people said before a reply, by its turn."""

    @property
    def claim(self) -> Claim | None:
        """What the agent says of its work."""
        payloads = (event.payload for event in reversed(self.events) if isinstance(event, ev.ToolCallFinished))
        return next((payload for payload in payloads if isinstance(payload, Claim)), None)

    @property
    def usage(self) -> Usage:
        """What it took."""
        total = Usage()
        for event in self.events:
            if isinstance(event, ev.ModelResponded):
                total = total.plus(event.usage)
        return total

    def call(self, name: str) -> ToolCall | None:
        """Return a call by its id."""
        replies = (event for event in self.events if isinstance(event, ev.ModelResponded))
        return next((call for reply in replies for call in reply.calls if call.call == name), None)


def last_transcript(home: Home, run: RunId, step: StepId) -> Transcript | None:
    """Return what was said in the last attempt in which anything was; None: nothing ever was."""
    conversation: Transcript | None = None
    sent: dict[str, ev.MessageSent] = {}
    for recorded in events(home, run):
        event = recorded.event
        if isinstance(event, ev.MessageSent):
            sent[event.message] = event
        if isinstance(event, ev.ModelRequested) and not event.messages:
            continue
        if not isinstance(event, _KINDS) or event.step != step:
            continue
        if conversation is None or event.attempt != conversation.attempt:
            conversation = Transcript(event.attempt)
        if isinstance(event, ev.ModelRequested):  # one that was lost is asked again, with what was said since
            conversation.said[event.turn] = [sent[name] for name in event.messages]
            continue
        conversation.events.append(event)
    return conversation


_KINDS = (
    ev.ModelRequested,
    ev.ModelResponded,
    ev.ModelRequestFailed,
    ev.ModelChanged,
    ev.ToolCallFinished,
    ev.ToolCallResolved,
)


def turn_rows(home: Home, conversation: Transcript, *, is_raw: bool) -> list[dict[str, object]]:
    """Return the conversation as plain data; raw: each reply as the provider wrote it."""
    rows: list[dict[str, object]] = []
    for event in conversation.events:
        row: dict[str, object] = {"kind": event.kind, "at": event.at}
        match event:
            case ev.ModelResponded():
                text = blob_text(home, event.raw if is_raw else event.reply)
                row |= {"turn": event.turn, "model": event.model, "reply": _decoded(text)}
                said = [{"by": one.by, "at": one.at, "text": one.text} for one in conversation.said.get(event.turn, ())]
                row |= {"messages": said} if said else {}
                row |= {"tokens": event.usage.tokens, "cost_usd": event.usage.cost_usd, "finish": event.finish.value}
            case ev.ModelRequestFailed():
                row |= {"turn": event.turn, "fault": event.fault.value, "text": event.text}
            case ev.ToolCallFinished():
                row |= {"call": event.call, "ok": event.ok, "exit_code": event.exit_code}
                row |= {"result": blob_text(home, event.whole or event.output)}
            case ev.ToolCallResolved():
                row |= {"call": event.call, "ok": event.ok, "result": event.text}
            case ev.ModelChanged():
                row |= {"position": event.position, "reason": event.reason}
            case _:
                continue
        rows.append(row)
    return rows


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def raw_text(home: Home, conversation: Transcript) -> str:
    """Return each reply as the provider wrote it, as far as that was kept, one JSON object a line."""
    replies = (event for event in conversation.events if isinstance(event, ev.ModelResponded))
    rows = [
        {"turn": event.turn, "model": event.model, "reply": _decoded(blob_text(home, event.raw))} for event in replies
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def spent_said(usage: Usage) -> str:
    """Return what all attempts took, on one line."""
    lost = f", {money(usage.lost_usd)} of it reserved for lost replies" if usage.lost_usd else ""
    return f"{counted(usage.requests, 'request')}, {amount(usage)}{lost}"
