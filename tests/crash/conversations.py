"""What must never be in the journal of a run with agents, whatever was killed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from surefoot.core import events as ev
from surefoot.core.event_words import Diagnosis
from surefoot.core.events import Event

_CALL = re.compile(r".+/\d+/\d+\.\d+")
"""What `name_of` gives; steps have slashes and dots in their names, too."""


def name_of(event: ev.ToolCallStarted | ev.ToolCallFinished | ev.EffectCancelled) -> str:
    """Return what a call is called in `meeting/ran`, where it leaves a trace: `STEP/ATTEMPT/TURN.NUMBER`."""
    call = event.subject if isinstance(event, ev.EffectCancelled) else event.call
    return f"{event.step}/{event.attempt}/{call}"


def finished_calls(events: Iterable[Event]) -> list[str]:
    """Return the calls that have a result."""
    return [name_of(event) for event in events if isinstance(event, ev.ToolCallFinished)]


class Conversations:
    """Reads a journal from its beginning."""

    def __init__(self, events: Iterable[Event]) -> None:
        """Read it."""
        self.wrongs: list[str] = []
        self.lost_usd = 0.0
        """What was reserved for requests that were never answered."""
        self.begun: Counter[str] = Counter()
        """How often each call was begun."""
        self.ended: list[str] = []
        """Calls that were ended before they had a result."""
        self.turns = 0
        """Replies in all."""
        self.redone: list[str] = []
        """How calls of attempts begin that were made again because their base had moved."""
        self._open: set[str] = set()
        self._done: set[str] = set()
        self._asked: dict[str, ev.ModelRequested] = {}
        for event in events:
            self._read(event)

    def _read(self, event: Event) -> None:
        if isinstance(event, ev.EngineStarted):
            self._lose(*self._asked)
            self._open.clear()
        elif isinstance(event, ev.EffectCancelled) and event.effect != "tool_call":
            self._lose(event.step)
        elif isinstance(event, ev.ModelRequested):
            self._refuse(event.step in self._asked, f"{event.step} was asked twice for turn {event.turn}")
            self._asked[event.step] = event
        elif isinstance(event, (ev.ModelResponded, ev.ModelRequestFailed)):
            asked = self._asked.pop(event.step, None)
            self.turns += isinstance(event, ev.ModelResponded)
            self._refuse(asked is None or asked.turn != event.turn, f"{event.step} was answered, and had not asked")
        else:
            self._read_call(event)

    def _read_call(self, event: Event) -> None:
        if isinstance(event, ev.ToolCallStarted):
            name = name_of(event)
            self._refuse(name in self._open | self._done, f"call {name} was begun again, and nobody had ended it")
            self._open.add(name)
            self.begun[name] += 1
        elif isinstance(event, ev.EffectCancelled):
            self._open.discard(name_of(event))
            self.ended.append(name_of(event))
        elif isinstance(event, ev.AttemptFailed) and event.diagnosis is Diagnosis.STALE:
            self.redone.append(f"{event.step}/{event.attempt}/")
            self._done = {name for name in self._done if not name.startswith(self.redone[-1])}
        elif isinstance(event, ev.ToolCallFinished):
            self._open.discard(name_of(event))
            self._done.add(name_of(event))

    def _lose(self, *steps: str) -> None:
        """Count what was reserved for requests that will not be answered any more."""
        for step in steps:
            asked = self._asked.pop(step, None)
            self.lost_usd += 0.0 if asked is None else asked.reserved_usd

    def _refuse(self, is_wrong: bool, what: str) -> None:
        self.wrongs += [what] * is_wrong


def wrongs_of_conversations(conversations: Conversations, ran: Mapping[str, int], lost_usd: float) -> list[str]:
    """Return what is wrong, beside the traces that commands of agents have left and the loss that the run reports."""
    found = list(conversations.wrongs)
    found += [
        f"call {name} was begun {conversations.begun[name]} times and ran {count} times"
        for name, count in ran.items()
        if _CALL.fullmatch(name) and count > conversations.begun[name]
    ]
    if abs(conversations.lost_usd - lost_usd) > 1e-9:
        found.append(f"requests for {conversations.lost_usd} USD were lost, the run says {lost_usd}")
    return found
