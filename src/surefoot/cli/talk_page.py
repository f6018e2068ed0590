"""What an agent said and did in one attempt: in short, in full, or as the provider wrote it.

Owns how a talk looks afterwards. It rests on the journal alone, so that it can be read while the agent is at work. Must
never change anything. Read `surefoot.cli.step_page` next.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypedDict, cast

from surefoot.api.home import Home
from surefoot.api.reading import events
from surefoot.cli.lines import EMPTY, Line, block, counted, duration, first_line, one_line, words_of
from surefoot.cli.stored import blob_text
from surefoot.cli.talks import amount, call_said
from surefoot.core import events as ev
from surefoot.core.ids import RunId, StepId
from surefoot.core.money import money
from surefoot.core.talking import Claim, ToolCall, Usage

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


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said and done in one attempt."""

    attempt: int
    """Which."""
    events: list[ev.StepEvent] = field(default_factory=list[ev.StepEvent])
    """What happened, in order."""

    @property
    def claim(self) -> Claim | None:
        """What the agent says of its work."""
        payloads = (event.payload for event in reversed(self.events) if isinstance(event, ev.CallFinished))
        return next((payload for payload in payloads if isinstance(payload, Claim)), None)

    @property
    def usage(self) -> Usage:
        """What it took."""
        total = Usage()
        for event in self.events:
            if isinstance(event, ev.TurnAnswered):
                total = total.plus(event.usage)
        return total

    def call(self, name: str) -> ToolCall | None:
        """Return a call by its id."""
        replies = (event for event in self.events if isinstance(event, ev.TurnAnswered))
        return next((call for reply in replies for call in reply.calls if call.call == name), None)


def last_talk(home: Home, run: RunId, step: StepId) -> Talk | None:
    """Return what was said in the last attempt in which anything was; None: nothing ever was."""
    talk: Talk | None = None
    for recorded in events(home, run):
        event = recorded.event
        if not isinstance(event, _KINDS) or event.step != step:
            continue
        if talk is None or event.attempt != talk.attempt:
            talk = Talk(event.attempt)
        talk.events.append(event)
    return talk


_KINDS = (ev.TurnAnswered, ev.TurnFailed, ev.ModelChanged, ev.CallFinished, ev.CallSettled)


# --- in short


def talk_lines(talk: Talk, how: str) -> Iterator[Line]:
    """Yield the turns, each with its calls; `how` is the command that shows them in full."""
    usage = talk.usage
    text = f"  attempt {talk.attempt}: {counted(usage.requests, 'request')}, {amount(usage)}; in full: {how}"
    yield Line(text, "dim", hang=4, is_whole=True)
    for event in talk.events:
        match event:
            case ev.TurnAnswered():
                took = f"{amount(event.usage)}, {duration(event.duration_s)}"
                yield Line(f"  {event.turn}  {one_line(event.model)}, {took}", hang=6)
                rows = words_of(event.said).strip().splitlines()
                yield from (Line(f"      {row}", "dim", hang=8) for row in rows[:_SAID_MOST])
                if len(rows) > _SAID_MOST:
                    yield Line("      …", "dim")
            case ev.TurnFailed():
                text = f"  {event.turn}  no reply that can be used, {event.fault.value}: {first_line(event.text)}"
                yield Line(text, "warn", hang=6)
            case ev.ModelChanged():
                yield Line(f"     another model from here on: {first_line(event.reason)}", "warn", hang=8)
            case ev.CallFinished() | ev.CallSettled():
                yield _call_line(talk, event)
            case _:
                pass


def _call_line(talk: Talk, event: ev.CallFinished | ev.CallSettled) -> Line:
    said = call_said(talk.call(event.call), event.call)
    if isinstance(event, ev.CallSettled) or not event.ok:
        return Line(f"    {event.call}  {said}: {first_line(event.text)}", "" if event.ok else "warn", hang=10)
    how = "" if event.exit_code is None else f", exit status {event.exit_code}"
    return Line(f"    {event.call}  {said}{how}", hang=10)


def claim_lines(claim: Claim) -> Iterator[Line]:
    """Yield what an agent claims, and on what it says that rests."""
    sure = f" ({claim.confidence:.0%} sure)" if claim.confidence is not None else ""
    word = "gives up: " if claim.gives_up else ""
    yield Line(f"  {word}{one_line(claim.summary)}{sure}", hang=4)
    for statement in claim.statements:
        on = f", on {one_line(statement.evidence)}" if statement.evidence else ", on nothing it names"
        yield Line(f"  says: {one_line(statement.text)}{on}", hang=4)
    yield from (Line(f"  is not sure: {one_line(text)}", "warn", hang=4) for text in claim.uncertainties)
    yield from (Line(f"  objects: {one_line(text)}", "warn", hang=4) for text in claim.objections)
    if claim.changes_next:
        yield Line(f"  would change what comes next: {one_line(claim.changes_next)}", "warn", hang=4)


# --- in full


def turn_lines(home: Home, talk: Talk) -> Iterator[Line]:
    """Yield every reply and every result whole."""
    for event in talk.events:
        match event:
            case ev.TurnAnswered():
                took = f"{amount(event.usage)}, {duration(event.duration_s)}"
                yield from (EMPTY, Line(f"Turn {event.turn}: {one_line(event.model)}, {took}", "head", hang=2))
                yield from _reply_lines(event, blob_text(home, event.reply))
            case ev.TurnFailed():
                yield from (EMPTY, Line(f"Turn {event.turn}: no reply that can be used", "warn"))
                yield from block(event.text, 2)
                yield from block(words_of(blob_text(home, event.said)), 2, "dim")
            case ev.CallFinished() | ev.CallSettled():
                yield EMPTY
                yield _call_line(talk, event)
                whole = event.whole or event.output if isinstance(event, ev.CallFinished) else None
                yield from block(words_of(blob_text(home, whole)), 4, "dim")
            case _:
                pass


def _reply_lines(event: ev.TurnAnswered, written: str) -> Iterator[Line]:
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


def turn_rows(home: Home, talk: Talk, *, is_raw: bool) -> list[dict[str, object]]:
    """Return the talk as plain data; raw: each reply as the provider wrote it."""
    rows: list[dict[str, object]] = []
    for event in talk.events:
        row: dict[str, object] = {"kind": event.kind, "at": event.at}
        match event:
            case ev.TurnAnswered():
                text = blob_text(home, event.raw if is_raw else event.reply)
                row |= {"turn": event.turn, "model": event.model, "reply": _plain(text)}
                row |= {"tokens": event.usage.tokens, "cost_usd": event.usage.cost_usd, "finish": event.finish.value}
            case ev.TurnFailed():
                row |= {"turn": event.turn, "fault": event.fault.value, "text": event.text}
            case ev.CallFinished():
                row |= {"call": event.call, "ok": event.ok, "exit_code": event.exit_code}
                row |= {"result": blob_text(home, event.whole or event.output)}
            case ev.CallSettled():
                row |= {"call": event.call, "ok": event.ok, "result": event.text}
            case ev.ModelChanged():
                row |= {"position": event.position, "reason": event.reason}
            case _:
                continue
        rows.append(row)
    return rows


def _plain(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def raw_text(home: Home, talk: Talk) -> str:
    """Return each reply as the provider wrote it, as far as that was kept, one JSON object a line."""
    replies = (event for event in talk.events if isinstance(event, ev.TurnAnswered))
    rows = [
        {"turn": event.turn, "model": event.model, "reply": _plain(blob_text(home, event.raw))} for event in replies
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def spent_said(usage: Usage) -> str:
    """Return what all attempts took, on one line."""
    lost = f", {money(usage.lost_usd)} of it reserved for replies that were lost" if usage.lost_usd else ""
    return f"{counted(usage.requests, 'request')}, {amount(usage)}{lost}"
