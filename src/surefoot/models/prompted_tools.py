"""Tools for models without tool calls: a schema that the reply has to follow.

Where the provider enforces the schema while writing, even a weak model cannot call a tool that does not exist.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import cast

from surefoot.models.signatures import signature_of
from surefoot.ports import Called, ToolSpec

CALLS_MAX = 2
"""No reply holds more calls: a weak model left to itself repeats until it is cut, and acts before it sees a result."""
SAID_MAX = 300
"""So many characters may stand before the calls of a reply, for the same reason."""


def schema_of_calls(tools: Sequence[ToolSpec], *, needs_call: bool) -> dict[str, object]:
    """Return the schema of a reply: what is said, and the calls, each of one of the tools."""
    definitions: dict[str, object] = {}
    actions: list[dict[str, object]] = []
    for tool in tools:
        arguments = dict(tool.schema)
        # References look from the root of the whole schema.
        definitions.update(cast("dict[str, object]", arguments.pop("$defs", {})))
        actions.append(_object({"tool": {"const": tool.name, "type": "string"}, "arguments": arguments}))
    calls: dict[str, object] = {
        "type": "array",
        "items": actions[0] if len(actions) == 1 else {"anyOf": actions},
        "minItems": int(needs_call),
        "maxItems": CALLS_MAX,
    }
    schema = _object({"say": {"type": "string", "maxLength": SAID_MAX}, "calls": calls})
    if definitions:
        schema["$defs"] = definitions
    return schema


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def told_tools(tools: Sequence[ToolSpec], schema: Mapping[str, object] | None) -> str:
    """Explain the tools and the form of a reply, and its schema where nobody else holds the model to it."""
    described = [f"- {tool.name}: {tool.text}" for tool in tools]
    if schema is None:
        signatures = (signature_of(tool.schema) for tool in tools)
        described = [f"{line} Arguments: {signature}" for line, signature in zip(described, signatures, strict=True)]
    lines = [
        "You act by calling tools. Reply with one JSON object and nothing else:",
        '{"say": "a sentence or two about what you do next", "calls": [{"tool": NAME, "arguments": {...}}, ...]}',
        f"At most {CALLS_MAX} calls; their results come with the next message. The tools:",
        *described,
    ]
    if schema is not None:
        lines.append(f"JSON Schema of the reply: {json.dumps(schema)}")
    return "\n".join(lines)


def calls_as_text(said: str, calls: Sequence[Called]) -> str:
    """Return an earlier reply in the form of this schema."""
    found = [{"tool": call.name, "arguments": call.raw if call.arguments is None else call.arguments} for call in calls]
    return json.dumps({"say": said, "calls": found}, ensure_ascii=False)


def result_as_text(tool: str, text: str) -> str:
    """Return what came of a call as something a person might say."""
    return f"Result of {tool}:\n{text}"


def calls_in(text: str) -> tuple[str, tuple[Called, ...]] | None:
    """Return what a reply says and calls; None: it is not of the form asked for."""
    reply = object_in(text)
    if reply is None:
        return None
    calls = reply.get("calls", [])
    if not isinstance(calls, list):
        return None
    found = [_called(call) for call in cast("list[object]", calls)]
    called = tuple(call for call in found if call is not None)
    return None if len(called) < len(found) else (str(reply.get("say") or ""), called)


def _called(call: object) -> Called | None:
    if not isinstance(call, dict):
        return None
    fields = cast("dict[str, object]", call)
    tool, arguments = fields.get("tool"), fields.get("arguments", {})
    if not isinstance(tool, str):
        return None
    usable = cast("Mapping[str, object]", arguments) if isinstance(arguments, dict) else None
    raw = json.dumps(arguments, ensure_ascii=False)
    return Called(name=tool, arguments=usable, raw=raw, provider_id=f"call_{secrets.token_hex(12)}")


def object_in(text: str) -> dict[str, object] | None:
    """Return the JSON object that a text is, also between the fences of a code block; None: it is none."""
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```"):
        stripped = stripped[3:-3].removeprefix("json").strip()
    try:
        value: object = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None
