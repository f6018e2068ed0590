"""One event of every kind with all of its fields filled, and one more for each member of a union in there."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from surefoot.core.events import EVENTS, Event

VARIANTS = 10
"""As many as the largest union has members."""
_DEPTH_MAX = 8


def full_events() -> Iterator[Event]:
    """Yield the events, in the order of the table of events; equal ones once."""
    for kind in EVENTS:
        known: list[Event] = []
        for number in range(VARIANTS):
            event = _full(kind, number, 0)
            if event not in known:
                known.append(event)
                yield event


def _full(hint: Any, number: int, depth: int) -> Any:
    """Return a value of an annotation that is no default; `number` chooses among the members of unions and enums."""
    hint = getattr(hint, "__supertype__", hint)
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin in (Union, types.UnionType):
        members = [one for one in inner if one is not types.NoneType]
        return _full(members[number % len(members)], number, depth)
    if origin is Literal:
        return inner[number % len(inner)]
    if origin is tuple:
        parts = inner[:1] if inner[-1] is Ellipsis else inner
        return () if depth > _DEPTH_MAX else tuple(_full(one, number, depth + 1) for one in parts)
    if origin in (Mapping, dict):
        return {"key": _full(inner[1], number, depth + 1)}
    if is_dataclass(hint):
        kind = cast("type[Any]", hint)
        hints = get_type_hints(kind)
        return kind(**{field.name: _full(hints[field.name], number, depth + 1) for field in fields(kind)})
    assert issubclass(hint, Enum), hint
    return list(hint)[number % len(hint)]


_PLAIN: Mapping[Any, object] = {str: "text", int: 7, float: 1.5, bool: True, object: {"any": ["thing", None]}}
