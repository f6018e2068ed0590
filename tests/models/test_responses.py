"""OpenAI's newer interface, by which its own models are asked."""

from __future__ import annotations

import pytest

from surefoot.core.agent_types import Fault, Finish
from surefoot.models.client import Providers
from surefoot.ports import ModelAnswer, ModelFault, ModelRequest
from tests.models.conftest import READ, WORDS
from tests.models.server import Reply, Server
from tests.models.test_asking import TALK

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


async def asked(server: Server, *, stream: bool, **fields: object) -> ModelAnswer | ModelFault:
    """Ask the server as `openai:` asks OpenAI."""
    variables = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "sk-x"}
    providers = Providers({}, variables)
    request = ModelRequest(**{"model": "openai-responses:gpt-6.1-sol", "messages": WORDS, "tools": (READ,), **fields})
    answer = await providers.ask(request, (lambda _: None) if stream else None)
    await providers.close()
    return answer


@BOTH
async def test_text_calls_and_usage_arrive(stream: bool) -> None:
    """As by the other interfaces."""
    with Server(Reply(text="I look.", calls=[("read", {"path": "a"})], usage=(20, 5))) as server:
        answer = await asked(server, stream=stream)
    assert isinstance(answer, ModelAnswer)
    assert (answer.text, answer.finish, answer.calls[0].arguments) == ("I look.", Finish.TOOLS, {"path": "a"})
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (20, 5)


@BOTH
@pytest.mark.parametrize(("finish", "fault"), [("max_output_tokens", Fault.CUT), ("content_filter", Fault.REFUSED)])
async def test_why_a_reply_ends_is_looked_at(stream: bool, finish: str, fault: Fault) -> None:
    """Whatever stands in it by then."""
    with Server(Reply(text="I lo", finish=finish)) as server:
        found = await asked(server, stream=stream)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.said) == (fault, "I lo")


async def test_a_stream_that_just_ends_is_cut() -> None:
    """Nobody said that it was whole."""
    with Server(Reply(text="I lo", ends=False)) as server:
        found = await asked(server, stream=True)
    assert isinstance(found, ModelFault)
    assert found.fault is Fault.CUT


async def test_a_whole_conversation_is_told_and_nothing_is_to_be_kept() -> None:
    """The provider is asked not to store it; each request says everything anew."""
    with Server(Reply(text="done")) as server:
        await asked(server, stream=False, messages=TALK, output_tokens_max=77)
    body = server.asked[0].body
    assert (body["store"], body["max_output_tokens"]) == (False, 77)
    kinds = [item.get("type", item.get("role")) for item in body["input"]]
    assert kinds[-2:] == ["function_call", "function_call_output"]
    assert "previous_response_id" not in body
