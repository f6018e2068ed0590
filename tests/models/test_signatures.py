"""What a tool takes is said in a line, so that a small model has room for its work."""

from __future__ import annotations

import pytest

from surefoot.core.agent_types import Role
from surefoot.core.token_estimate import tokens_of
from surefoot.models.prompted_tools import schema_of_calls, told_tools
from surefoot.models.signatures import signature_of
from surefoot.tools import specs_of

TEXT = {"type": "string", "description": "Explained at length."}


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"path": TEXT}, '{"path": text}'),
        ({"path": TEXT, "first": {"type": "integer"}}, '{"path": text, "first"?: number}'),
        ({"path": {"enum": ["a", "b"]}}, '{"path": "a"|"b"}'),
        ({"path": {"const": "a"}}, '{"path": "a"}'),
        ({"path": {"type": "boolean"}}, '{"path": true or false}'),
        ({"path": {"anyOf": [TEXT, {"type": "null"}, TEXT]}}, '{"path": text or null}'),
        ({"path": {"type": "array", "items": TEXT}}, '{"path": [text, …]}'),
        (
            {"path": {"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}}},
            '{"path": [{"a"?: text}, …]}',
        ),
        ({"path": {"$ref": "#/$defs/Name"}}, '{"path": text}'),
        ({"path": {}}, '{"path": anything}'),
    ],
)
def test_arguments_are_said_in_short(properties: dict[str, object], said: str) -> None:
    """Those with a question mark may be left out."""
    schema = {"type": "object", "properties": properties, "required": ["path"], "$defs": {"Name": TEXT}}
    assert signature_of(schema) == said


def test_a_schema_that_refers_to_itself_has_an_end() -> None:
    """What lies deeper is left to the schema."""
    inner = {"type": "object", "properties": {"more": {"$ref": "#/$defs/Inner"}}}
    assert "…" in signature_of({"$ref": "#/$defs/Inner", "$defs": {"Inner": inner}})


@pytest.mark.parametrize("role", list(Role))
def test_tools_take_less_than_a_third_of_what_their_schema_takes(role: Role) -> None:
    """Every tool and every argument is named all the same."""
    specs = specs_of(role)
    told, schema = told_tools(specs, None), schema_of_calls(specs, needs_call=False)
    assert tokens_of(told) < tokens_of(told_tools(specs, schema)) / 3
    assert all(f'"{name}"' in told for spec in specs for name in spec.schema["properties"])
