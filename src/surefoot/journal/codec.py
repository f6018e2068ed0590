"""Events to JSON and back.

Owns the journal's words on disk: one JSON object an event, whose kind and version stand beside it. Must never fill in
or drop a field: what is read equals what was written, and a field nobody knows is refused. Read
`surefoot.journal.chain` next.

pydantic is loaded and an event's adapter built at first use: listing runs needs neither.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, cast, get_args, get_type_hints

from surefoot.core.events import BY_KIND, Event
from surefoot.core.ids import BlobId, RunId
from surefoot.errors import JournalCorrupt, JournalTooNew

if TYPE_CHECKING:
    from pydantic import TypeAdapter

RELEASE = "0.1.0"
"""The release of Surefoot that writes. Rows keep it, so that an older one can say who wrote what it cannot read."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as it stands in a row."""

    kind: str
    version: int
    body: bytes


@cache
def _adapter(kind: type[Event]) -> TypeAdapter[Event | None]:
    from pydantic import ConfigDict, TypeAdapter

    # Unknown fields are refused so that the members of a union (the bodies, checks and probes of a plan) are told apart
    # by their fields. pydantic takes a configuration for plain dataclasses only through a type around them; that is
    # what the `| None` is for.
    return TypeAdapter(
        cast("type[Event | None]", kind | None), config=ConfigDict(extra="forbid", ser_json_inf_nan="constants")
    )


def encode(event: Event) -> Encoded:
    """Return the event as it is written."""
    adapter = _adapter(type(event))
    try:
        body = adapter.serializer.to_json(event)
    except ValueError:
        # A file name that is not UTF-8 holds lone surrogates: only the standard library writes those, as escapes.
        body = json.dumps(adapter.dump_python(event, mode="json"), separators=(",", ":")).encode("ascii")
    return Encoded(event.kind, event.version, body)


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
    event = None
    cause: ValueError | None = None
    try:
        event = _validated(kind, row.body)
    except ValueError as error:
        cause = error
    if event is None:
        raise JournalCorrupt(
            f"Event {seq} of run {run!r} does not hold a {row.kind!r}: the journal was damaged or edited. "
            f"See `surefoot audit {run}`, and put {run!r} back from a copy of the journal.",
            run=run,
            seq=seq,
        ) from cause
    return event


def _validated(kind: type[Event], body: bytes) -> Event | None:
    # `run_created` of version 1 is read here, too: it lacks `estimates`, which are empty by default.
    if rb"\ud" in body:  # perhaps a lone surrogate, which pydantic's own parser refuses
        return _adapter(kind).validate_python(json.loads(body))
    return _adapter(kind).validator.validate_json(body)


@cache
def _blob_fields(kind: type[Event]) -> tuple[str, ...]:
    hints = get_type_hints(kind)
    return tuple(each.name for each in fields(kind) if BlobId in (hints[each.name], *get_args(hints[each.name])))


def blobs_of(event: Event) -> list[BlobId]:
    """Return the blobs the event refers to."""
    named = (getattr(event, name) for name in _blob_fields(type(event)))
    return [blob for blob in named if blob is not None]
