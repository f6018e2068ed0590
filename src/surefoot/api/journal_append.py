"""Appends of events that people cause.

Each event is folded before it is written, so that an event that comes too late is refused with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from surefoot.api.home import Home
from surefoot.core.events import Event
from surefoot.core.ids import RunId
from surefoot.core.kernel import apply
from surefoot.core.state import RunState
from surefoot.engines.standings import standing_at
from surefoot.errors import IllegalTransition, JournalConflict, UsageError
from surefoot.ports.storage import Batch


def say(home: Home, run: RunId, words: Callable[[RunState], Sequence[Event]]) -> RunState:
    """Fold the events that `words` makes of the present state, and append all of them at that very position.

    Raises:
        UsageError: one of them cannot be said now; none was written.
    """
    while True:
        state = home.state(run)
        expected = state.seq
        events = words(state)
        if not events:
            return state
        try:
            for event in events:
                apply(state, event)
        except IllegalTransition as error:
            raise UsageError(f"run {run!r}: {error.facts['why']}", run=run) from error
        batch = Batch(run=run, expected=expected, events=events, durable=True, standing=standing_at(state))
        result = home.journal.append([batch])[0]
        if isinstance(result, JournalConflict):
            continue
        if isinstance(result, Exception):
            raise result
        return state
