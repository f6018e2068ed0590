"""Kept journals: how they are written down, and how they are made anew.

Do so only after a change of the format that old journals survive: a kept journal that is made anew proves nothing about
the old ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from surefoot.core.events import Event
from surefoot.core.ids import RunId
from surefoot.core.kernel import apply
from surefoot.core.state import RunState
from surefoot.journal.codec import decode, encode
from surefoot.journal.record_json import written
from surefoot.ports.storage import Encoded

FOLDER = Path(__file__).parent
RUN = RunId("20260101-aaaaaa")


def text_of(events: Iterable[Event]) -> str:
    """Return events as text: a line of JSON for each."""
    rows = (encode(event) for event in events)
    lines = ({"kind": row.kind, "version": row.version, "body": json.loads(row.body)} for row in rows)
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def events_of(text: str) -> Iterator[Event]:
    """Yield the events of a kept journal."""
    for seq, line in enumerate(text.splitlines(), start=1):
        row = json.loads(line)
        yield decode(RUN, seq, Encoded(row["kind"], row["version"], json.dumps(row["body"]).encode()), "0.1.0")


def folded(text: str) -> RunState:
    """Return the state that a kept journal folds to."""
    state: RunState | None = None
    for event in events_of(text):
        state = apply(state, event)
    assert state is not None
    return state


def told(state: RunState) -> dict[str, Any]:
    """Return a state as JSON: all fields of the run but its first event, and each node."""
    run = {field.name: getattr(state, field.name) for field in fields(state) if field.name not in ("created", "nodes")}
    nodes = {name: json.loads(written(node)) for name, node in state.nodes.items()}
    return {"run": json.loads(written(run, RunState)), "nodes": nodes}


def lost(kept: Any, now: Any, place: str = "state") -> list[str]:
    """Return what the kept state says and today's does not; a field that is new today is no loss."""
    if isinstance(kept, dict) and isinstance(now, dict):
        return [text for name, one in kept.items() for text in lost(one, now.get(name), f"{place}.{name}")]
    if isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
        pairs = enumerate(zip(kept, now, strict=True))
        return [text for number, (one, other) in pairs for text in lost(one, other, f"{place}.{number}")]
    return [] if kept == now else [f"{place}: kept {kept!r}, now {now!r}"]


def main() -> None:
    """Write all of it anew."""
    from tests.golden.full_events import full_events
    from tests.golden.playing import JOURNALS, refused

    for name, play in JOURNALS.items():
        text = text_of(play())
        (FOLDER / f"{name}.jsonl").write_text(text, "utf-8")
        (FOLDER / f"{name}.state.json").write_text(json.dumps(told(folded(text)), indent=1) + "\n", "utf-8")
    (FOLDER / "refused.jsonl").write_text(text_of(refused()), "utf-8")
    (FOLDER / "every_kind.jsonl").write_text(text_of(full_events()), "utf-8")


if __name__ == "__main__":
    main()
