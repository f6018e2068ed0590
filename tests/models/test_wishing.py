"""Tools for models that take none: a schema of the reply, and what is read out of one."""

from __future__ import annotations

import json

import jsonschema
import pytest

from surefoot.core.agent_types import Fault
from surefoot.models.prompted_tools import calls_in, schema_of_calls
from surefoot.ports import Called, Message, ModelAnswer, ModelFault, Speaker, ToolSpec
from tests.models.conftest import READ, WORDS, Ask
from tests.models.server import Reply, Server

END = ToolSpec(name="finish", text="End.", schema={"type": "object", "properties": {"summary": {"type": "string"}}})
TREE = ToolSpec(
    name="plan",
    text="Plan.",
    schema={
        "type": "object",
        "properties": {"step": {"$ref": "#/$defs/Step"}},
        "$defs": {"Step": {"type": "object", "required": ["id"]}},
    },
)
GOOD = {"say": "I look.", "calls": [{"tool": "read", "arguments": {"path": "a"}}]}
TALK = (
    *WORDS,
    Message(
        speaker=Speaker.MODEL,
        text="I look.",
        calls=(Called(name="read", arguments={"path": "a"}, raw="", provider_id="1"),),
    ),
    Message(speaker=Speaker.TOOL, text="content of a", tool="read", provider_id="1"),
)


@pytest.mark.parametrize(
    ("reply", "fits"),
    [
        (GOOD, True),
        ({"say": "", "calls": []}, False),
        ({"say": "", "calls": [{"tool": "launch", "arguments": {}}]}, False),
        ({"say": "", "calls": [{"tool": "read", "arguments": {"path": 3}}]}, False),
        ({"calls": GOOD["calls"]}, False),
        ({"say": "", "calls": GOOD["calls"] * 9}, False),
        ({"say": "", "calls": [{"tool": "plan", "arguments": {"step": {}}}]}, False),
        ({"say": "", "calls": [{"tool": "plan", "arguments": {"step": {"id": "x"}}}]}, True),
    ],
)
def test_only_calls_of_the_tools_fit_the_schema(reply: dict[str, object], fits: bool) -> None:
    """A provider that holds a reply to it leaves a weak model no way to call what is not there."""
    schema = schema_of_calls((READ, END, TREE), needs_call=True)
    assert jsonschema.Draft202012Validator(schema).is_valid(reply) is fits


def test_no_call_fits_where_none_is_needed() -> None:
    """A model may also only say something."""
    schema = schema_of_calls((READ,), needs_call=False)
    assert jsonschema.Draft202012Validator(schema).is_valid({"say": "Done.", "calls": []})


@pytest.mark.parametrize(
    "text",
    ["", "I think I should read a.py", "[]", '{"say": "x", "calls": {}}', '{"calls": ["read"]}', '{"calls": [{}]}'],
)
def test_what_is_not_of_the_form_is_no_reply(text: str) -> None:
    """Half understood calls are not carried out."""
    assert calls_in(text) is None


@pytest.mark.parametrize("text", [json.dumps(GOOD), f"```json\n{json.dumps(GOOD)}\n```", f"\n {json.dumps(GOOD)}\n"])
def test_calls_are_read_out_of_a_reply(text: str) -> None:
    """Also between the fences that models like to put around JSON."""
    found = calls_in(text)
    assert found is not None
    assert (found[0], found[1][0].name, found[1][0].arguments) == ("I look.", "read", {"path": "a"})


def test_each_call_gets_a_name_of_its_own() -> None:
    """A conversation that goes on with another provider must not hold one name twice."""
    found = calls_in(json.dumps({"say": "", "calls": GOOD["calls"] * 2}))
    assert found is not None
    assert len({call.provider_id for call in found[1]}) == 2


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_a_model_without_tools_calls_them(ask: Ask, stream: bool) -> None:
    """Over HTTP, by the format that the provider holds it to."""
    with Server(Reply(text=json.dumps(GOOD))) as server:
        answer = await ask(server, "openai", stream=stream, native_tools=False, needs_call=True)
    assert isinstance(answer, ModelAnswer)
    assert (answer.text, answer.calls[0].arguments) == ("I look.", {"path": "a"})
    body = server.asked[0].body
    assert "tools" not in body
    assert body["response_format"]["json_schema"]["schema"]["properties"]["calls"]["minItems"] == 1


async def test_the_watcher_is_told_words_not_json(ask: Ask) -> None:
    """What such a model writes is a form; what it says stands in it."""
    said: list[str] = []
    with Server(Reply(text=json.dumps(GOOD))) as server:
        await ask(server, "openai", stream=True, said=said, native_tools=False)
    assert said == ["I look."]


async def test_a_model_without_tools_is_told_of_them_and_of_results(ask: Ask) -> None:
    """Tools in the system's words, its own replies in the form, results as messages."""
    with Server(Reply(text=json.dumps(GOOD))) as server:
        await ask(server, "openai", native_tools=False, messages=TALK)
    told = server.asked[0].body["messages"]
    assert [message["role"] for message in told] == ["system", "system", "user", "assistant", "user"]
    assert "- read: Read a file." in told[0]["content"]
    assert json.loads(told[3]["content"]) == GOOD
    assert told[4]["content"] == "Result of read:\ncontent of a"


async def test_a_reply_of_another_form_is_malformed(ask: Ask) -> None:
    """A server that does not hold the model to the format lets it say anything."""
    with Server(Reply(text="Sure! I will read the file.")) as server:
        found = await ask(server, "openai", native_tools=False)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.said) == (Fault.MALFORMED, "Sure! I will read the file.")
    assert found.usage is not None


async def test_where_the_provider_has_no_format_the_words_ask_for_it(ask: Ask) -> None:
    """As Anthropic's interface without that feature: the schema is told, and read all the same."""
    with Server(Reply(text=json.dumps(GOOD))) as server:
        answer = await ask(server, "anthropic", native_tools=False)
    assert isinstance(answer, ModelAnswer)
    assert "JSON Schema of the reply" in str(server.asked[0].body["system"])
