"""Models are asked over real HTTP, by both interfaces, streamed and not."""

from __future__ import annotations

import pytest

from surefoot.core.agent_types import Fault, Finish, Usage
from surefoot.models.client import Providers
from surefoot.ports import Called, Message, ModelAnswer, ModelFault, ModelRequest, Speaker
from surefoot.settings import Endpoint
from tests.models.conftest import INTERFACES, WORDS, Ask
from tests.models.server import Reply, Server

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
EACH = pytest.mark.parametrize("kind", INTERFACES)
TALK = (
    *WORDS,
    Message(
        speaker=Speaker.MODEL,
        text="I look.",
        calls=(Called(name="read", arguments={"path": "a"}, raw='{"path": "a"}', provider_id="id1"),),
    ),
    Message(speaker=Speaker.TOOL, text="content of a", tool="read", provider_id="id1", is_cache_end=True),
)


@EACH
@BOTH
async def test_text_and_calls_of_a_reply_arrive(ask: Ask, kind: str, stream: bool) -> None:
    """What the model says and calls is told apart, arguments as data."""
    with Server(Reply(text="I look at it.", calls=[("read", {"path": "a.py"})])) as server:
        answer = await ask(server, kind, stream=stream)
    assert isinstance(answer, ModelAnswer)
    assert (answer.text, answer.finish, answer.model) == ("I look at it.", Finish.TOOLS, "served")
    assert [(call.name, call.arguments) for call in answer.calls] == [("read", {"path": "a.py"})]


@EACH
@BOTH
async def test_usage_is_what_the_provider_says(ask: Ask, kind: str, stream: bool) -> None:
    """Tokens are counted by who bills them."""
    with Server(Reply(text="done", usage=(123, 45))) as server:
        answer = await ask(server, kind, stream=stream)
    assert answer.usage == Usage(requests=1, input_tokens=123, output_tokens=45)


async def test_a_reply_without_usage_is_not_free(ask: Ask) -> None:
    """A server that counts nothing must not make a limit endless: its reply is estimated."""
    with Server(Reply(text="done", usage=None)) as server:
        answer = await ask(server, "openai")
    assert answer.usage is not None
    assert answer.usage.input_tokens > 20
    assert answer.usage.output_tokens > 0


@EACH
async def test_text_is_told_while_it_is_written(ask: Ask, kind: str) -> None:
    """Pieces arrive in order and are the text."""
    said: list[str] = []
    with Server(Reply(text="one two three four")) as server:
        await ask(server, kind, stream=True, said=said)
    assert len(said) > 1
    assert "".join(said) == "one two three four"


@EACH
@BOTH
async def test_arguments_that_are_no_object_are_kept_as_written(ask: Ask, kind: str, stream: bool) -> None:
    """The model can be told what it wrote."""
    written = '["a.py"]' if kind == "openai" or stream else {}
    with Server(Reply(calls=[("read", written)])) as server:
        answer = await ask(server, kind, stream=stream)
    assert isinstance(answer, ModelAnswer)
    expected = (None, '["a.py"]') if written else ({}, "{}")
    assert (answer.calls[0].arguments, answer.calls[0].raw) == expected


async def test_broken_arguments_are_kept_as_written(ask: Ask) -> None:
    """Half an object is none."""
    with Server(Reply(calls=[("read", '{"path": "a')])) as server:
        answer = await ask(server, "openai", stream=True)
    assert isinstance(answer, ModelAnswer)
    assert (answer.calls[0].arguments, answer.calls[0].raw) == (None, '{"path": "a')


async def test_calls_without_arguments_have_none_of_them(ask: Ask) -> None:
    """An empty text stands for no arguments, as several servers write it."""
    with Server(Reply(calls=[("read", "")])) as server:
        answer = await ask(server, "openai")
    assert isinstance(answer, ModelAnswer)
    assert answer.calls[0].arguments == {}


async def test_a_conversation_is_told_in_the_words_of_chat_completions(ask: Ask) -> None:
    """System, user, reply with its call, and the call's result, each where it belongs."""
    with Server(Reply(text="done")) as server:
        await ask(server, "openai", messages=TALK)
    told = server.asked[0].body["messages"]
    assert [message["role"] for message in told] == ["system", "user", "assistant", "tool"]
    assert told[2]["tool_calls"][0]["function"] == {"name": "read", "arguments": '{"path":"a"}'}
    assert told[3] == {"role": "tool", "tool_call_id": "id1", "content": "content of a"}


async def test_a_conversation_is_told_in_the_words_of_messages(ask: Ask) -> None:
    """The end of what will be said again is marked for the provider's cache."""
    with Server(Reply(text="done")) as server:
        await ask(server, "anthropic", messages=TALK)
    *_, replied, result = server.asked[0].body["messages"]
    assert [block["type"] for block in replied["content"]] == ["text", "tool_use"]
    assert result["content"][0]["tool_use_id"] == "id1"
    assert result["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "5m"}


async def test_a_system_text_that_comes_again_is_marked_for_the_cache(ask: Ask) -> None:
    """Tools stand before it, so that they are kept with it."""
    system = Message(speaker=Speaker.SYSTEM, text="You are it.", is_cache_end=True)
    with Server(Reply(text="done")) as server:
        await ask(server, "anthropic", messages=(system, *WORDS[1:]))
    assert "cache_control" in server.asked[0].body["system"][0]


async def test_no_marks_are_sent_where_nobody_knows_them(ask: Ask) -> None:
    """Chat completions have no such field."""
    with Server(Reply(text="done")) as server:
        await ask(server, "openai", messages=TALK)
    assert "cache" not in str(server.asked[0].body)


@pytest.mark.parametrize(("kind", "choice"), [("openai", "required"), ("anthropic", {"type": "any"})])
async def test_a_call_is_demanded_where_it_is_needed(ask: Ask, kind: str, choice: object) -> None:
    """The provider itself holds the model to it."""
    with Server(Reply(calls=[("read", {"path": "a"})])) as server:
        await ask(server, kind, needs_call=True)
    assert server.asked[0].body["tool_choice"] == choice


@EACH
async def test_the_longest_reply_is_said_to_the_provider(ask: Ask, kind: str) -> None:
    """In the field that every server of the interface knows."""
    with Server(Reply(text="done")) as server:
        await ask(server, kind, output_tokens_max=77)
    assert server.asked[0].body["max_tokens"] == 77


async def test_a_schema_goes_to_the_provider(ask: Ask) -> None:
    """Where the provider can hold a reply to it, it does."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    with Server(Reply(text='{"a": 1}')) as server:
        answer = await ask(server, "openai", tools=(), schema=schema)
    assert isinstance(answer, ModelAnswer)
    sent = server.asked[0].body["response_format"]["json_schema"]["schema"]
    assert sent["properties"]["a"] == {"type": "integer"}


async def test_the_reply_is_kept_as_the_library_holds_it(ask: Ask) -> None:
    """With the library's name and version, for whoever has to read it later."""
    with Server(Reply(text="done")) as server:
        answer = await ask(server, "openai")
    assert isinstance(answer, ModelAnswer)
    assert answer.raw.startswith(b'{"library": "pydantic-ai-slim", "version": ')


async def test_nothing_is_asked_twice(ask: Ask) -> None:
    """Clients of providers try again by themselves, unless they are told not to."""
    with Server(Reply(text="")) as server:
        for status in (429, 500, 529):
            server.replies = [*(reply for reply in [_turned_away(status)])]
            await ask(server, "openai")
            await ask(server, "anthropic")
    assert len(server.asked) == 6


def _turned_away(status: int):  # noqa: ANN202 - the server's own kind of answer
    from tests.models.server import error

    return error(status, {"error": {"message": "no"}})


async def test_a_key_is_taken_from_the_variable_that_is_named() -> None:
    """And sent as the interface wants it."""
    with Server(Reply(text="done")) as server:
        endpoint = Endpoint(name="mine", base_url=server.url + "/v1", key_env="MY_KEY")
        providers = Providers({"mine": endpoint}, {"MY_KEY": "sk-mine"})
        await providers.ask(ModelRequest(model="mine:small", messages=WORDS))
        await providers.close()
    assert server.asked[0].headers["authorization"] == "Bearer sk-mine"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("anthropic:claude", "ANTHROPIC_API_KEY"),
        ("openai:gpt", "OPENAI_API_KEY"),
        ("mine:small", "MY_KEY"),
    ],
)
async def test_a_missing_key_is_named(name: str, word: str) -> None:
    """Nobody is asked then, so that nothing is billed."""
    endpoint = Endpoint(name="mine", base_url="http://127.0.0.1:9/v1", key_env="MY_KEY")
    fault = await Providers({"mine": endpoint}, {}).ask(ModelRequest(model=name, messages=WORDS))
    assert isinstance(fault, ModelFault)
    assert (fault.fault, fault.is_unbilled, word in fault.text) == (Fault.AUTH, True, True)


@pytest.mark.parametrize(
    ("name", "cure"), [("google:gemini-x", "surefoot[google]"), ("nowhere:small", "[providers.nowhere]")]
)
async def test_a_provider_that_is_not_there_comes_with_a_cure(name: str, cure: str) -> None:
    """The extra to install, or the table to write."""
    fault = await Providers({}, {}).ask(ModelRequest(model=name, messages=WORDS))
    assert isinstance(fault, ModelFault)
    assert (fault.fault, cure in fault.text) == (Fault.UNKNOWN_MODEL, True)


@pytest.mark.parametrize("path", ["/v1/chat/completions"])
async def test_the_address_of_openai_can_be_set_by_its_variable(path: str) -> None:
    """What stands there is asked by chat completions, which all such servers speak; a key is not needed."""
    with Server(Reply(text="done")) as server:
        providers = Providers({}, {"OPENAI_BASE_URL": server.url + "/v1"})
        answer = await providers.ask(ModelRequest(model="openai:small", messages=WORDS))
        await providers.close()
    assert isinstance(answer, ModelAnswer)
    assert server.asked[0].path == path


async def test_the_address_of_anthropic_can_be_set_by_its_variable() -> None:
    """With the key that goes with it."""
    with Server(Reply(text="done")) as server:
        providers = Providers({}, {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "sk-x"})
        answer = await providers.ask(ModelRequest(model="anthropic:small", messages=WORDS))
        await providers.close()
    assert isinstance(answer, ModelAnswer)
    assert server.asked[0].path == "/v1/messages"
    assert "sk-x" in str(server.asked[0].headers)
