"""The JSON Schema of plan files, for editors.

It never refuses what a reader takes; what only a reader can judge (needs, files, graph) is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from surefoot.core.plan import TRAIN_MOST
from surefoot.core.plan_keys import DURATION, TIME, Key, Kind, Table, Value
from surefoot.core.plan_schema import TABLES

FILE_NAME = "surefoot.schema.json"
"""What the file is called beside a plan."""
EDITOR_LINE = f"# yaml-language-server: $schema={FILE_NAME}"
"""The comment by which editors find it."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Shape = Mapping[str, object]

_TEXT: Shape = {"type": "string", "minLength": 1}
_LITERAL: Shape = {"type": ["string", "number"]}
_SCALAR: Shape = {"type": ["string", "number", "boolean", "null"]}
_DURATION: Shape = {
    "type": "string",
    "pattern": r"^\s*(?=.*\d)([\d.]+d)?([\d.]+h)?([\d.]+m)?([\d.]+s)?([\d.]+ms)?\s*$",
    "examples": ["90s", "30m", "2h"],
}


def _ref(name: str) -> Shape:
    return {"$ref": f"#/$defs/{name}"}


_ITEMS: Shape = {"type": "array", "items": _LITERAL}
_FOR_EACH: Shape = {
    "anyOf": [
        _ITEMS,
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": {"anyOf": [_ITEMS, _ref("glob"), _ref("lines")]},
        },
    ]
}
_SHAPES: Mapping[str, Shape] = {
    "any_text": {"type": "string"},
    "literal": _LITERAL,
    "version": _LITERAL,
    "port": _LITERAL,
    "sha256": _LITERAL,
    "scalar": _SCALAR,
    "plain": {},
    "flag": {"type": "boolean"},
    "train": {"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1, "maximum": TRAIN_MOST}]},
    "network": {"anyOf": [{"type": "boolean"}, {"const": "loopback"}]},
    "count": {"type": "integer", "minimum": 1},
    "number": {"type": "number", "minimum": 0},
    "condition": {"type": "string"},
    "coefficient": {"type": "number", "minimum": 1},
    "rows_number": {"type": "integer", "minimum": 0},
    "status": {"type": "integer", "minimum": 100, "maximum": 599},
    "time": _DURATION,
    "duration": _DURATION,
    "variables": {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
        "additionalProperties": _LITERAL,
    },
    "function": {
        "type": "string",
        "pattern": r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$",
        "examples": ["package.module:function"],
    },
    "model": {**_TEXT, "pattern": r"^[A-Za-z][\w.-]*:"},
    "worker": {**_TEXT, "pattern": r"^acp:\S", "examples": ["acp:claude"]},
    "web_address": {**_TEXT, "pattern": "^https?://"},
    "pattern": {**_TEXT, "format": "regex"},
    "pattern_by_line": {**_TEXT, "format": "regex"},
    "expected_outputs": {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
        "additionalProperties": {**_TEXT, "format": "regex"},
    },
    "argv": {"type": "array", "items": _LITERAL, "minItems": 1},
    "values_by_path": {"type": "object"},
    "for_each": _FOR_EACH,
    "answer": _ref("answer"),
    "rows": {"anyOf": [_ref("rows"), _SCALAR]},
    "limits": _ref("limits"),
    "retry": _ref("retry"),
    "resources": {
        "type": "object",
        "additionalProperties": {"anyOf": [{"type": "integer", "minimum": 1}, _ref("resource")]},
    },
}
"""By the kinds of `surefoot.core.plan_keys.Value`; any other is a text."""


@cache
def plan_schema() -> Shape:
    """Return the schema of a plan file."""
    tables = {name: _table(table) for name, table in TABLES.items()}
    nested = [kind for table in TABLES.values() for kind in table.kinds if kind.is_nested]
    tables |= {
        kind.keys[0].value.table: _mapping({key.name: _property(key, kind.type) for key in kind.within}, kind.within)
        for kind in nested
    }
    plan = tables.pop("plan")
    return {"$schema": _DIALECT, "title": "A plan of Surefoot", **plan, "$defs": tables}


def _table(table: Table) -> dict[str, object]:
    choice = table.one_of or [kind.name for kind in table.kinds]
    keys = {
        kind.name: _property(kind.keys[0], None, f" {table.verdicts[0].capitalize()}: {kind.verdicts[0]}")
        for kind in table.kinds
    }
    keys |= {name: _shared(rows) for name, rows in table.beside.items()}
    keys |= {key.name: _property(key, table.type) for key in table.keys}
    shape = _mapping({name: keys[name] for name in table.names}, table.keys)
    return {**shape, "oneOf": [{"required": [key]} for key in choice]} if choice else shape


def _mapping(properties: Mapping[str, Shape], keys: Iterable[Key]) -> dict[str, object]:
    shape: dict[str, object] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    required = [key.name for key in keys if key.need]
    return {**shape, "required": required} if required else shape


def _property(key: Key, kind: type[object] | None, more: str = "") -> Shape:
    """Return the shape of a key. The default stands in the words: many of them are no value that could be written."""
    unit = " With a unit, as in 90s." if key.value in (TIME, DURATION) else ""
    usual = "" if kind is None else key.usual_in(kind)
    said = f"{key.plain_meaning}{unit}{more}" + (f" Default: {usual}." if usual else "")
    return {**shape_of(key.value), "description": said}


def _shared(rows: Sequence[tuple[Kind, Key]]) -> Shape:
    """Return the shape of a key that one kind has, or several."""
    shapes = [_property(key, kind.type) for kind, key in rows]
    said = " ".join(f"With `{kind.name}`: {one['description']}" for (kind, _), one in zip(rows, shapes, strict=True))
    plain = [{name: value for name, value in one.items() if name != "description"} for one in shapes]
    choices = [one for at, one in enumerate(plain) if one not in plain[:at]]
    return {**(choices[0] if len(choices) == 1 else {"anyOf": choices}), "description": said}


def shape_of(value: Value) -> Shape:
    """Return the shape of what a key takes."""
    if value.is_many:
        one = shape_of(value._replace(is_many=False))
        return {"anyOf": [one, {"type": "array", "items": one}]}
    match value.kind:
        case "word":
            found: dict[str, object] = (
                {"const": "ok"} if value.words == ("ok",) else {"enum": [str(word) for word in value.words]}
            )
        case "record" if value.table in TABLES and (alone := TABLES[value.table].alone):
            found = {"anyOf": [shape_of(TABLES[value.table].key(alone).value), _ref(value.table)]}
        case "record":
            found = dict(_ref(value.table))
        case "list":
            found = {"type": "array", "items": _ref(value.table)}
            found |= {"minItems": 1} if value.table == "step" else {}
        case "named":
            found = {"type": "object", "additionalProperties": _ref(value.table)}
        case "undo":
            found = {"anyOf": [{"type": "string"}, _ref(value.table)]}
        case "on_failure":
            tables = dict.fromkeys(("rollback", value.table))
            found = {"anyOf": [shape_of(value._replace(kind="word")), *map(_ref, tables)]}
        case _:
            found = dict(_SHAPES.get(value.kind, _TEXT))
    return found
