"""The signature of a tool in one line, a fifth of the length of its JSON Schema, for small models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

_WORDS = {"string": "text", "integer": "number", "number": "number", "boolean": "true or false", "null": "null"}
_DEPTH_MAX = 8

Schema = Mapping[str, object]


def signature_of(schema: Schema) -> str:
    """Return the arguments of a tool in a line; those with a question mark may be left out."""
    return _form(schema, cast("Schema", schema.get("$defs", {})), _DEPTH_MAX)


def _form(schema: Schema, known: Schema, depth: int) -> str:
    if isinstance(reference := schema.get("$ref"), str):
        schema = cast("Schema", known.get(reference.rpartition("/")[2], {}))
    if depth == 0:
        return "…"
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return "|".join(json.dumps(one) for one in cast("list[object]", schema["enum"]))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            forms = (_form(one, known, depth) for one in cast("list[Schema]", schema[word]))
            return " or ".join(dict.fromkeys(forms))
    if schema.get("type") == "array":
        return f"[{_form(cast('Schema', schema.get('items', {})), known, depth - 1)}, …]"
    if schema.get("type") == "object":
        properties = cast("Mapping[str, Schema]", schema.get("properties", {}))
        required = cast("list[str]", schema.get("required", []))
        forms = [
            f'"{name}"{"" if name in required else "?"}: {_form(one, known, depth - 1)}'
            for name, one in properties.items()
        ]
        return f"{{{', '.join(forms)}}}"
    return _WORDS.get(str(schema.get("type")), "anything")
