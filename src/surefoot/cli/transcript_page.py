"""The transcript of an agent, short or in full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypedDict, cast

from surefoot.api.home import Home
from surefoot.core import events as ev
from surefoot.core.agent_types import Claim
from surefoot.core.short_text import counted
from surefoot.views.activity import call_said
from surefoot.views.agent_words import amount, claim_said
from surefoot.views.evidence import blob_text
from surefoot.views.lines import EMPTY, Line, block, duration, first_line, one_line, words_of
from surefoot.views.transcript import Transcript

_SAID_MOST = 6
"""So many lines of a reply are shown in short."""


class _Called(TypedDict):
    """A call in a stored reply."""

    name: str
    arguments: object
    raw: str


class _Reply(TypedDict):
    """A stored reply."""

    text: str
    calls: list[_Called]


# --- in short


def conversation_lines(conversation: Transcript, how: str) -> Iterator[Line]:
    """Yield the turns, each with its calls; `how` is the command that shows them in full."""
    usage = conversation.usage
    text = f"  attempt {conversation.attempt}: {counted(usage.requests, 'request')}, {amount(usage)}; in full: {how}"
    yield Line(text, "dim", hang=4, is_whole=True)
    for event in conversation.events:
        match event:
            case ev.ModelResponded():
                for one in conversation.said.get(event.turn, ()):
                    yield Line(f"     {one_line(one.by)} says: {one_line(one.text)}", hang=8)
                took = f"{amount(event.usage)}, {duration(event.duration_s)}"
                yield Line(f"  {event.turn}  {one_line(event.model)}, {took}", hang=6)
                rows = words_of(event.said).strip().splitlines()
                yield from (Line(f"      {row}", "dim", hang=8) for row in rows[:_SAID_MOST])
                if len(rows) > _SAID_MOST:
                    yield Line("      …", "dim")
            case ev.ModelRequestFailed():
                text = f"  {event.turn}  no usable reply, {event.fault.value}: {first_line(event.text)}"
                yield Line(text, "warn", hang=6)
            case ev.ModelChanged():
                yield Line(f"     another model from here on: {first_line(event.reason)}", "warn", hang=8)
            case ev.ToolCallFinished() | ev.ToolCallResolved():
                yield _call_line(conversation, event)
            case _:
                pass


def _call_line(conversation: Transcript, event: ev.ToolCallFinished | ev.ToolCallResolved) -> Line:
    said = call_said(conversation.call(event.call), event.call)
    if isinstance(event, ev.ToolCallResolved) or not event.ok:
        return Line(f"    {event.call}  {said}: {first_line(event.text)}", "" if event.ok else "warn", hang=10)
    how = "" if event.exit_code is None else f", exit status {event.exit_code}"
    return Line(f"    {event.call}  {said}{how}", hang=10)


def claim_lines(claim: Claim) -> Iterator[Line]:
    """Yield what an agent claims, and on what it says that rests."""
    yield Line(f"  {claim_said(claim)}", hang=4)
    for statement in claim.statements:
        on = f", on {one_line(statement.evidence)}" if statement.evidence else ", without evidence"
        yield Line(f"  says: {one_line(statement.text)}{on}", hang=4)
    yield from (Line(f"  uncertain: {one_line(text)}", "warn", hang=4) for text in claim.uncertainties)
    yield from (Line(f"  objects: {one_line(text)}", "warn", hang=4) for text in claim.objections)
    if claim.changes_next:
        yield Line(f"  proposes for the next steps: {one_line(claim.changes_next)}", "warn", hang=4)


# --- in full


def turn_lines(home: Home, conversation: Transcript) -> Iterator[Line]:
    """Yield every reply and every result whole."""
    for event in conversation.events:
        match event:
            case ev.ModelResponded():
                for one in conversation.said.get(event.turn, ()):
                    yield from (EMPTY, Line(f"{one_line(one.by)} says", "head"), *block(one.text, 2))
                took = f"{amount(event.usage)}, {duration(event.duration_s)}"
                yield from (EMPTY, Line(f"Turn {event.turn}: {one_line(event.model)}, {took}", "head", hang=2))
                yield from _reply_lines(event, blob_text(home, event.reply))
            case ev.ModelRequestFailed():
                yield from (EMPTY, Line(f"Turn {event.turn}: no usable reply", "warn"))
                yield from block(event.text, 2)
                yield from block(words_of(blob_text(home, event.said)), 2, "dim")
            case ev.ToolCallFinished() | ev.ToolCallResolved():
                yield EMPTY
                yield _call_line(conversation, event)
                whole = event.whole or event.output if isinstance(event, ev.ToolCallFinished) else None
                yield from block(words_of(blob_text(home, whole)), 4, "dim")
            case _:
                pass


def _reply_lines(event: ev.ModelResponded, written: str) -> Iterator[Line]:
    try:
        reply = cast("_Reply", json.loads(written))
    except ValueError:
        yield from block(written, 2)  # why it cannot be read
        return
    yield from block(words_of(reply["text"]), 2)
    for asked, called in zip(event.calls, reply["calls"], strict=False):
        arguments = called["arguments"]
        text = called["raw"] if arguments is None else json.dumps(arguments, indent=2, ensure_ascii=False)
        yield Line(f"  {asked.call}  {one_line(called['name'])}", "head")
        yield from block(words_of(text), 4)
