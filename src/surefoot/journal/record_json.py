"""Records to JSON and back, by the annotations of their fields.

A dataclass is an object of all its fields, tuples are lists, enum members their values. Where an annotation allows
several dataclasses, the object names its class under `is`; so such a class keeps its name. A value that does not fit is
refused, and so is an unknown field; only a field with a default may be missing.

A library that validates takes longer to load than the journal of most runs to read.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from enum import Enum
from functools import cache, partial
from inspect import get_annotations
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from surefoot.core.record import fields_of, is_record

Reader = Callable[[Any], Any]
"""Takes what JSON holds and returns the value, or raises one of `REFUSALS`."""
REFUSALS = (ValueError, TypeError, KeyError, RecursionError)


_LONG = 100_000
TAG = "is"
"""Where an object says of which class it is; no field can have this name."""


def written(record: object, kind: type[object] | None = None) -> bytes:
    """Return a dataclass as JSON, or a mapping with fields of a dataclass of this `kind`. Its numbers are finite."""
    import orjson  # only who writes loads it

    tagged = _tagged(type(record) if kind is None else kind)
    unfolded = partial(_unfolded, tagged)
    try:
        if not tagged:
            return orjson.dumps(record)
        return orjson.dumps(record, unfolded, orjson.OPT_PASSTHROUGH_DATACLASS)
    except orjson.JSONEncodeError:  # a file name that is not UTF-8 holds lone surrogates: those can only be escaped
        return json.dumps(record, separators=(",", ":"), check_circular=False, default=unfolded).encode()


def read(kind: type[object], body: bytes) -> Any:
    """Return the dataclass that was written.

    Raises:
        ValueError: the bytes hold no such thing; or another of `REFUSALS`.
    """
    return reader_of(kind)(_parsed(body))


def read_fields(kind: type[object], lines: bytes) -> list[dict[str, Any]]:
    """Return fields of dataclasses that were written as mappings, one a line, perhaps not all fields of each.

    Raises:
        ValueError: the bytes hold no such thing; or another of `REFUSALS`.
    """
    readers = _readers(kind)
    told = _parsed(b"[%s]" % lines.replace(b"\n", b","))
    return [{name: readers[name](each) for name, each in _exactly(dict, one).items()} for one in told]


def _unfolded(tagged: frozenset[type[object]], record: object) -> dict[str, object]:
    kind = type(record)
    told = {name: getattr(record, name) for name in fields_of(kind)}
    return {TAG: kind.__name__, **told} if kind in tagged else told


def _parsed(body: bytes) -> Any:
    if len(body) > _LONG:
        import orjson  # which takes longer to load than a short body to parse

        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:  # lone surrogates, or what is no JSON at all
            pass
    return json.loads(body)


@cache
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    """Return the annotations of a class: many stand below most kinds of events, and to evaluate them takes long."""
    return {name: hint for one in reversed(kind.__mro__) for name, hint in get_annotations(one, eval_str=True).items()}


def _bare(hint: Any) -> Any:
    """Return an annotation without its marks, and without the name of its own that a type may have."""
    inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return getattr(inner, "__supertype__", inner)


@cache
def _tagged(kind: type[object]) -> frozenset[type[object]]:
    """Return the dataclasses below this one that stand where an annotation allows several."""
    found, seen, todo = set[type[object]](), set[Any](), [cast("Any", kind)]
    while todo:
        hint = todo.pop()
        hint = _bare(hint)
        if hint in seen:
            continue
        seen.add(hint)
        inner = [one for one in get_args(hint) if one is not Ellipsis] if get_origin(hint) is not Literal else []
        if get_origin(hint) in (Union, types.UnionType):
            records = [one for one in inner if is_record(one)]
            found.update(cast("list[type[object]]", records) if len(records) > 1 else ())
        todo += inner
        if is_record(hint):
            todo += _hints(hint).values()
    return frozenset(found)


@cache
def reader_of(hint: Any) -> Reader:
    """Return the reader for an annotation."""
    hint = types.NoneType if hint is None else _bare(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if hint is object:
        return lambda value: value
    if hint is float:
        return _number
    if origin in (Union, types.UnionType):
        return _union(inner)
    if origin is Literal:
        return _member({value: value for value in inner})
    if origin is tuple:
        return _row(inner)
    if origin is list:
        one = reader_of(inner[0])
        return lambda value: [one(each) for each in _exactly(list, value)]
    if origin in (Mapping, dict):
        one = reader_of(inner[1])
        return lambda value: {key: one(each) for key, each in _exactly(dict, value).items()}
    if is_record(hint):
        return _record(cast("type[Any]", hint))
    if issubclass(hint, Enum):
        return _member({member.value: member for member in hint})
    return lambda value: _exactly(hint, value)


def _exactly(kind: type[Any], value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{kind.__name__} expected")
    return value


def _number(value: Any) -> float:
    return value if type(value) is float else float(_exactly(int, value))


def _member(members: Mapping[Any, Any]) -> Reader:
    return lambda value: members[value]


def _row(inner: tuple[Any, ...]) -> Reader:
    if inner[-1] is Ellipsis:
        one = reader_of(inner[0])
        return lambda value: tuple([one(each) for each in _exactly(list, value)]) if value else ()
    each = [reader_of(hint) for hint in inner]
    return lambda value: tuple([one(item) for one, item in zip(each, _exactly(list, value), strict=True)])


@cache
def _readers(kind: type[Any]) -> Mapping[str, Reader]:
    hints = _hints(kind)
    return {name: reader_of(hints[name]) for name in fields_of(kind)}


def _record(kind: type[Any]) -> Reader:
    def record_of(value: Any) -> Any:
        if type(value) is dict and TAG in value:
            told = dict(cast("dict[str, Any]", value))
            if told.pop(TAG) != kind.__name__:
                raise ValueError("another class")
            value = told
        readers, usual = _readers(kind), _usual(kind)  # made when there is such a record: most journals hold few kinds
        told = _exactly(dict, value).items()
        return kind(**{name: readers[name](each) for name, each in told if usual.get(name, _NONE) != each})

    return record_of


_NONE = object()


@cache
def _usual(kind: type[Any]) -> Mapping[str, object]:
    """Return how the defaults of fields are written; what is so need not be read: most of a long plan is."""
    return {
        name: _plain(one.default if one.default_factory is MISSING else one.default_factory())
        for name, one in fields_of(kind).items()
    }


def _plain(value: Any) -> object:
    """Return a default as JSON holds it; what JSON cannot hold equals nothing in it."""
    kind = cast("type[Any]", type(value))
    if is_record(kind):
        return {name: _plain(getattr(value, name)) for name in fields_of(kind)}
    if isinstance(value, tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    return value


def _union(members: tuple[Any, ...]) -> Reader:
    """Read what one member takes. Of several records it is the one that is named."""
    kinds = [cast("type[Any]", member) for member in members if is_record(member)]
    records = {kind.__name__: reader_of(kind) for kind in kinds}
    readers = [reader_of(member) for member in members if member is not types.NoneType]

    def one_of(value: Any) -> Any:
        if len(records) > 1 and type(value) is dict:
            return records[cast("dict[str, Any]", value)[TAG]](value)
        for reader in readers:
            try:
                return reader(value)
            except REFUSALS:
                continue
        raise ValueError("no member of the union")

    choice = readers[0] if len(readers) == 1 else one_of
    return (lambda value: None if value is None else choice(value)) if types.NoneType in members else choice
