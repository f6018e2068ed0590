"""Schemas of tool arguments (a few keywords of JSON Schema), and their mistakes in words.

No argument is corrected: a model that is told precisely does better the next time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import cast

Shape = Mapping[str, object]
"""A JSON Schema of `type`, `properties`, `required`, `additionalProperties`, `items`, `enum` and limits."""
_SAID_MAX = 60
_TYPES: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "string": ("a text", lambda value: isinstance(value, str)),
    "integer": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "number": ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "array": ("a list", lambda value: isinstance(value, list | tuple)),
    "object": ("an object", lambda value: isinstance(value, Mapping)),
}


_EXAMPLES: Mapping[str, str] = {
    "path": "src/app.py",
    "old": "return total",
    "new": "return total + tax",
    "content": "print('done')\n",
    "command": "python -m pytest -q",
    "pattern": "def total",
    "summary": "total() adds the tax, and its tests pass.",
}
"""What stands in examples of calls, by the name of the argument."""


def text(said: str, *, may_be_empty: bool = False) -> Shape:
    """Return the shape of a text."""
    shape: dict[str, object] = {"type": "string", "description": said}
    return shape if may_be_empty else {**shape, "minLength": 1}


def one_of(words: Sequence[str], said: str) -> Shape:
    """Return the shape of one of a few words."""
    return {"type": "string", "enum": list(words), "description": said}


def whole(said: str, least: int, most: int | None = None) -> Shape:
    """Return the shape of a whole number."""
    shape: dict[str, object] = {"type": "integer", "description": said, "minimum": least}
    return shape if most is None else {**shape, "maximum": most}


def flag(said: str) -> Shape:
    """Return the shape of a switch."""
    return {"type": "boolean", "description": said}


def listed(items: Shape, said: str, least: int = 0, most: int | None = None) -> Shape:
    """Return the shape of a list."""
    shape: dict[str, object] = {"type": "array", "items": items, "description": said}
    shape |= {"minItems": least} if least else {}
    return shape if most is None else {**shape, "maxItems": most}


def texts(said: str) -> Shape:
    """Return the shape of a list of texts."""
    return listed({"type": "string", "minLength": 1}, said)


def record_of(properties: Mapping[str, Shape], *required: str, said: str = "") -> Shape:
    """Return the shape of an object with these keys and no others."""
    shape: dict[str, object] = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
    return {**shape, "description": said} if said else shape


def flaw_in(value: object, shape: Shape, name: str = "") -> str:
    """Say in a sentence what is wrong with a value; empty where nothing is. `name` is how the argument is called."""
    kinds = shape.get("type")
    wanted = (kinds,) if isinstance(kinds, str) else tuple(cast("Sequence[str]", kinds or ()))
    if wanted and not any(_TYPES[kind][1](value) for kind in wanted):
        expected = " or ".join(_TYPES[kind][0] for kind in wanted)
        return f"{_called(name)} has to be {expected}, but {_value_text(value)} was given"
    if "enum" in shape and value not in cast("Sequence[object]", shape["enum"]):
        words = ", ".join(json.dumps(word) for word in cast("Sequence[object]", shape["enum"]))
        return f"{_called(name)} has to be one of {words}, but {_value_text(value)} was given"
    if isinstance(value, Mapping):
        return _flaw_in_object(cast("Mapping[str, object]", value), shape, name)
    if isinstance(value, list | tuple):
        return _flaw_in_list(cast("Sequence[object]", value), shape, name)
    return _beyond(value, shape, name)


def example_of(shape: Shape, name: str = "") -> object:
    """Return a value that has the shape: the keys that must be there; where none must, the first one."""
    if "enum" in shape:
        return cast("Sequence[object]", shape["enum"])[0]
    kinds = shape.get("type")
    match kinds if isinstance(kinds, str) else cast("Sequence[str]", kinds or ("string",))[0]:
        case "object":
            known = cast("Mapping[str, Shape]", shape.get("properties", {}))
            wanted = cast("Sequence[str]", shape.get("required", ())) or tuple(known)[:1]
            return {key: example_of(known[key], key) for key in wanted}
        case "array":
            return [example_of(cast("Shape", shape.get("items", {})), name)]
        case "integer" | "number":
            return shape.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return _EXAMPLES.get(name, "some text")


def _flaw_in_object(value: Mapping[str, object], shape: Shape, name: str) -> str:
    known = cast("Mapping[str, Shape]", shape.get("properties", {}))
    required = cast("Sequence[str]", shape.get("required", ()))
    if shape.get("additionalProperties") is False:
        for key in value:
            if key not in known:
                near = get_close_matches(key, known, 1, 0.6)
                hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known) or 'none'}"
                where = f" in {_called(name)}" if name else ""
                return f"there is no argument {key!r}{where}; {hint}"
    for key in required:
        if value.get(key) is None:
            expected = _TYPES[cast("str", known[key]["type"])][0]
            return f"{_called(_below(name, key))} is missing; {expected} was expected"
    for key, inner in known.items():
        # Some providers have models write null for whatever they leave out.
        if value.get(key) is not None:
            flaw = flaw_in(value[key], inner, _below(name, key))
            if flaw:
                return flaw
    return ""


def _flaw_in_list(value: Sequence[object], shape: Shape, name: str) -> str:
    least, most = cast("int", shape.get("minItems", 0)), cast("int | None", shape.get("maxItems"))
    if len(value) < least:
        return f"{_called(name)} has to hold at least {least}, but {len(value)} were given"
    if most is not None and len(value) > most:
        return f"{_called(name)} may hold at most {most}, but {len(value)} were given"
    inner = cast("Shape", shape.get("items", {}))
    flaws = (flaw_in(each, inner, f"{name}[{at}]") for at, each in enumerate(value))
    return next((flaw for flaw in flaws if flaw), "")


def _beyond(value: object, shape: Shape, name: str) -> str:
    if isinstance(value, str) and len(value) < cast("int", shape.get("minLength", 0)):
        return f"{_called(name)} is empty; a text was expected"
    if isinstance(value, int | float) and not isinstance(value, bool):
        least, most = cast("float | None", shape.get("minimum")), cast("float | None", shape.get("maximum"))
        if least is not None and value < least:
            return f"{_called(name)} has to be at least {least}, but {_value_text(value)} was given"
        if most is not None and value > most:
            return f"{_called(name)} has to be at most {most}, but {_value_text(value)} was given"
    return ""


def _below(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _called(name: str) -> str:
    return f"`{name}`" if name else "the whole of the arguments"


def _value_text(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _SAID_MAX else f"{text[:_SAID_MAX]}…"
