"""Snapshots of a run's state, and the state from a snapshot and the journal after it.

A snapshot may be missing or of other code at any time: then everything is folded. It is a line of JSON for the run and
one for each node, without what the first event says and without default values: whole, it would be larger than all else
that a long run keeps in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

from surefoot import core, effects
from surefoot.core.events import RunCreated
from surefoot.core.ids import RunId
from surefoot.core.kernel import apply
from surefoot.core.plan import Step
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.garbage import uncollected
from surefoot.journal import record_json
from surefoot.journal.record_json import REFUSALS, read_fields, written
from surefoot.ports.storage import Journal
from surefoot.release import RELEASE

EVENTS_BETWEEN = 5000
"""Events that are folded before a snapshot is worth its writing."""
_STANDS_ELSEWHERE = ("created", "nodes")
"""Fields of a state that are not in the line for the run."""


def encode_state(state: RunState) -> bytes:
    """Return a state as bytes."""
    run = {one.name: getattr(state, one.name) for one in fields(state) if one.name not in _STANDS_ELSEWHERE}
    # The first nodes are the plan's steps, in its order; members of groups come behind them.
    pairs = zip_longest(state.nodes.values(), state.created.plan.steps if state.adopted is None else ())
    nodes = (written(_node_fields(node, planned), StepState) for node, planned in pairs)
    return b"\n".join([written(run, RunState), *nodes])


def decode_state(created: RunCreated, content: bytes) -> RunState | None:
    """Return the state that was encoded, of the run that `created` began; None when this release cannot read it."""
    run, _, nodes = content.partition(b"\n")
    try:
        [own] = read_fields(RunState, run)
        steps = created.plan.steps if own["adopted"] is None else ()
        made = [_node(told, planned) for told, planned in zip_longest(read_fields(StepState, nodes), steps)]
        return RunState(created=created, nodes={node.spec.id: node for node in made}, **own)
    except REFUSALS:
        return None


def _node_fields(node: StepState, planned: Step | None) -> dict[str, object]:
    """Return the fields of a node that have to be told; its spec is not where it is that of the plan."""
    told = {name: value for name, default in _defaults().items() if (value := getattr(node, name)) != default}
    if node.spec is planned:
        del told["spec"]
    return told


def _node(told: dict[str, Any], planned: Step | None) -> StepState:
    spec = {} if planned is None else {"spec": planned}
    return StepState(**cast("dict[str, Any]", spec | told))


@cache
def _defaults() -> Mapping[str, object]:
    """Return the default of each field of a node; a field without one always has to be told."""
    return {
        one.name: one.default if one.default_factory is MISSING else one.default_factory() for one in fields(StepState)
    }


def load_state(journal: Journal, run: RunId) -> RunState:
    """Return the state of a run: the fold of its journal, begun at the last snapshot.

    Raises:
        JournalCorrupt: an event was altered or is missing.
    """
    with uncollected():
        state = _kept_state(journal, run)
        for recorded in journal.events(run, 0 if state is None else state.seq):
            state = apply(state, recorded.event)
    assert state is not None
    return state


def _kept_state(journal: Journal, run: RunId) -> RunState | None:
    kept = journal.snapshot(run)
    if kept is None or kept[2] != fold_digest():
        return None
    created = next(journal.events(run)).event
    assert isinstance(created, RunCreated)
    state = decode_state(created, kept[1])
    return None if state is None or state.seq != kept[0] else state


@cache
def fold_digest() -> str:
    """Name the code that folds events into a state and writes it down: other code may come to another state.

    The shape of the state would not do: code that counts otherwise, in the same fields, would go on from a count that
    no journal leads to. The price is one whole fold of a long run after each update.
    """
    contracts = (path for path in Path(effects.__file__).parent.rglob("*.py") if path.stem != "perform")
    folding = (*Path(core.__file__).parent.rglob("*.py"), *contracts, Path(record_json.__file__), Path(__file__))
    digest = hashlib.sha256(RELEASE.encode())
    for path in sorted(folding):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def keep_snapshot(journal: Journal, state: RunState) -> int:
    """Keep the state, and return the position from which the next snapshot is worth its writing.

    The longer the run, the further apart they are: writing one costs as much as the state is large.
    """
    journal.save_snapshot(state.created.run, state.seq, encode_state(state), fold_digest())
    return next_snapshot(state.seq)


def next_snapshot(seq: int) -> int:
    """Return the position from which a snapshot is worth its writing, after one at `seq`."""
    return seq + max(EVENTS_BETWEEN, seq // 2)
