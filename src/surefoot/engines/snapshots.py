"""State from the journal, by way of a snapshot where there is one.

Owns the encoding of a state and when one is kept. A snapshot may be lost or useless at any time: then everything is
folded. Must never be the only place where anything is. Read `surefoot.core.state` next.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from surefoot.core.ids import RunId
from surefoot.core.kernel import apply
from surefoot.core.state import RunState
from surefoot.journal import Journal

if TYPE_CHECKING:
    from pydantic import TypeAdapter

EVENTS_BETWEEN = 5000
"""Events that are folded before a snapshot is worth its writing."""


@cache
def _adapter() -> TypeAdapter[RunState]:
    from pydantic import TypeAdapter  # takes longer to load than most runs to fold

    return TypeAdapter(RunState)


def encode_state(state: RunState) -> bytes:
    """Return a state as bytes."""
    return _adapter().dump_json(state)


def decode_state(content: bytes) -> RunState | None:
    """Return the state that was encoded; None when this release cannot read it."""
    try:
        return _adapter().validate_json(content)
    except ValueError:
        return None


def load_state(journal: Journal, run: RunId) -> RunState:
    """Return the state of a run: the fold of its journal, begun at the last snapshot.

    Raises:
        JournalCorrupt: an event was altered or is missing.
    """
    state, after = None, 0
    kept = journal.snapshot(run)
    if kept is not None:
        state = decode_state(kept[1])
        after = 0 if state is None else kept[0]
    for recorded in journal.events(run, after):
        state = apply(state, recorded.event)
    assert state is not None
    return state


def keep_snapshot(journal: Journal, state: RunState) -> int:
    """Keep the state, and return the position from which the next snapshot is worth its writing.

    The longer the run, the further apart they are: writing one costs as much as the state is large.
    """
    journal.save_snapshot(state.created.run, state.seq, encode_state(state))
    return next_snapshot(state.seq)


def next_snapshot(seq: int) -> int:
    """Return the position from which a snapshot is worth its writing, after one at `seq`."""
    return seq + max(EVENTS_BETWEEN, seq // 2)
