"""Masking of records: every text of an event, except those declared raw (`surefoot.core.raw`).

Owns what reaches the journal unmasked: a new field is masked by default. Facts of workers are masked here. The kernel
decides from masked facts and from the plan as its author wrote it.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from surefoot.core.policy_types import CommandFacts
from surefoot.core.raw import Raw
from surefoot.masking import Masker

T = TypeVar("T")
_Masking = Callable[[Any, Masker], Any]

UNREADABLE = "a part of it looks like a secret and is masked, so that no rule can read it"
"""What is said of a command whose words had to be masked."""


def masked(record: T, masker: Masker) -> T:
    """Return a dataclass with every secret in its texts masked, however deep these stand."""
    masking = _masking_of(type(record))
    return record if masking is None else masking(record, masker)


@cache
def _masking_of(hint: Any) -> _Masking | None:
    """Return how a value of this annotation is masked; None where there is nothing to mask in it."""
    if hint is str:
        return lambda value, masker: masker.text(value)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return None if isinstance(inner[1], Raw) else _masking_of(inner[0])
    if origin in (Union, types.UnionType):
        return _by_value if any(_masking_of(one) for one in inner) else None
    if origin is tuple:
        return _each if any(_masking_of(one) for one in inner if one is not Ellipsis) else None
    if origin in (Mapping, dict):
        return _pairs if any(map(_masking_of, inner)) else None
    if is_dataclass(hint) and not isinstance(getattr(hint, "raw", None), Raw):
        return _record(cast("type[Any]", hint))
    return None  # ids, members of an enum, numbers, raw records


def _by_value(value: Any, masker: Masker) -> Any:
    """Mask a value whose annotation is a union."""
    if isinstance(value, tuple):
        return _each(cast("tuple[Any, ...]", value), masker)
    if isinstance(value, Mapping):
        return _pairs(cast("Mapping[Any, Any]", value), masker)
    masking = _masking_of(cast("type[Any]", type(value)))
    return value if masking is None else masking(value, masker)


def _each(values: tuple[Any, ...], masker: Masker) -> tuple[Any, ...]:
    return tuple([_by_value(value, masker) for value in values])


def _pairs(values: Mapping[Any, Any], masker: Masker) -> dict[Any, Any]:
    return {_by_value(key, masker): _by_value(value, masker) for key, value in values.items()}


def _record(kind: type[Any]) -> _Masking | None:
    hints = get_type_hints(kind, include_extras=True)
    named = [(field.name, _masking_of(hints[field.name])) for field in fields(kind)]
    inner = [(name, way) for name, way in named if way is not None]
    if not inner:
        return None

    def mask(record: Any, masker: Masker) -> Any:
        changes: dict[str, Any] = {}
        for name, masking in inner:
            value = getattr(record, name)
            other = masking(value, masker)
            if other != value:
                changes[name] = other
        if not changes:
            return record
        record = dataclasses.replace(record, **changes)
        if isinstance(record, CommandFacts) and record.unclear is None:
            return replace(record, unclear=UNREADABLE)
        return record

    return mask
