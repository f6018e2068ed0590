"""Events to JSON and back: one JSON object an event, with kind and version beside it.

Owns the journal's words on disk. Must never fill in or drop a field: what is read equals what was written, and an
unknown field is refused.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, cast, get_args, get_type_hints

from surefoot.core.events import (
    BY_KIND,
    CheckAnswered,
    ConversationStarted,
    Event,
    ModelResponded,
    PermissionAsked,
    ToolCallFinished,
)
from surefoot.core.ids import BlobId, RunId
from surefoot.core.tool_payload import Planned, Understood
from surefoot.errors import JournalCorrupt, JournalTooNew
from surefoot.journal.record_json import REFUSALS, read, written
from surefoot.ports.storage import Encoded
from surefoot.release import RELEASE


def encode(event: Event) -> Encoded:
    """Return the event as it is written."""
    return Encoded(event.kind, event.version, written(event))


def decode(run: RunId, seq: int, row: Encoded, release: str) -> Event:
    """Return the event that a row of `run` at `seq`, written by `release`, holds.

    Raises:
        JournalTooNew: this release does not know the kind, or only an older version of it.
        JournalCorrupt: the row does not hold what its kind says.
    """
    kind = BY_KIND.get(row.kind)
    if kind is None or row.version > kind.version:
        raise JournalTooNew(
            f"Event {seq} of run {run!r} is a {row.kind!r}, version {row.version}, written by Surefoot {release}; "
            f"this is Surefoot {RELEASE}, which does not know it. Use Surefoot {release} or newer.",
            run=run,
            seq=seq,
            kind=row.kind,
            version=row.version,
            release=release,
        )
    try:
        # `run_created` of version 1 is read here, too: it lacks `estimates`, which are empty by default.
        return read(kind, row.body)
    except REFUSALS as error:
        raise JournalCorrupt(
            f"Event {seq} of run {run!r} does not hold a {row.kind!r}: the journal was damaged or edited. "
            f"See `surefoot audit {run}`, and put {run!r} back from a copy of the journal.",
            run=run,
            seq=seq,
        ) from error


@cache
def _blob_fields(kind: type[Any]) -> tuple[str, ...]:
    hints = get_type_hints(kind)
    return tuple(each.name for each in fields(kind) if BlobId in (hints[each.name], *get_args(hints[each.name])))


def blobs_of(event: object) -> list[BlobId]:
    """Return the blobs an event refers to, by itself or by a record in it."""
    named = (getattr(event, name) for name in _blob_fields(type(event)))
    found = [blob for blob in named if blob is not None]
    for name in HOLDERS.get(type(event), ()):
        held: object = getattr(event, name)
        for one in cast("tuple[object, ...]", held) if isinstance(held, tuple) else (held,):
            found += [] if one is None else blobs_of(one)
    return found


HOLDERS: dict[type[object], tuple[str, ...]] = {
    CheckAnswered: ("told",),
    ModelResponded: ("calls",),
    ConversationStarted: ("guidance", "shown"),
    ToolCallFinished: ("payload",),
    PermissionAsked: ("call",),
    Understood: ("made",),
    Planned: ("made",),
}
"""Events and records whose records refer to blobs, and the fields that hold these."""
