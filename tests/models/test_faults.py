"""Whatever a provider does wrong, or refuses, arrives as a fault of the right kind."""

from __future__ import annotations

import socket
import threading
from email.utils import formatdate
from time import time

import pytest

from surefoot.core.agent_types import Fault, Usage
from surefoot.models.client import Providers
from surefoot.ports import ModelAnswer, ModelFault, ModelRequest
from surefoot.settings import Endpoint
from tests.models.conftest import INTERFACES, WORDS, Ask
from tests.models.server import Raw, Reply, Server, completions_stream, error, event, messages_stream, streamed

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
EACH = pytest.mark.parametrize("kind", INTERFACES)
TURNED_AWAY = [
    (429, "Rate limit reached", Fault.RATE_LIMIT),
    (529, "Overloaded", Fault.OVERLOADED),
    (503, "Service unavailable", Fault.OVERLOADED),
    (402, "Payment required", Fault.QUOTA),
    (401, "Bad key", Fault.AUTH),
    (403, "Not allowed", Fault.AUTH),
    (404, "model: small", Fault.UNKNOWN_MODEL),
    (400, "tools.3 is wrong", Fault.BAD_REQUEST),
    (422, "tools.3 is wrong", Fault.BAD_REQUEST),
    (400, "This model's maximum context length is 8192 tokens", Fault.CONTEXT),
    (400, "prompt is too long: 210000 tokens > 200000 maximum", Fault.CONTEXT),
    (400, "the request exceeds the available context size", Fault.CONTEXT),
    (413, "Payload too large", Fault.CONTEXT),
]
FAILED = [(500, Fault.UNAVAILABLE), (502, Fault.UNAVAILABLE), (504, Fault.UNAVAILABLE)]
STREAMS = {"openai": completions_stream, "anthropic": messages_stream}


def body_of(kind: str, message: str, status: int) -> dict[str, object]:
    """Return the body of an error as the interface says it."""
    names = {429: "rate_limit_error", 529: "overloaded_error", 401: "authentication_error", 404: "not_found_error"}
    told = {"type": names.get(status, "invalid_request_error" if status < 500 else "api_error"), "message": message}
    return {"type": "error", "error": told} if kind == "anthropic" else {"error": told}


@EACH
@BOTH
@pytest.mark.parametrize(("status", "message", "fault"), TURNED_AWAY)
async def test_a_request_that_is_turned_away_costs_nothing(
    ask: Ask, kind: str, stream: bool, status: int, message: str, fault: Fault
) -> None:
    """Each answer is of its own kind; nobody has worked on the request."""
    with Server(error(status, body_of(kind, message, status))) as server:
        found = await ask(server, kind, stream=stream)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.is_unbilled, found.usage) == (fault, True, None)
    assert message in found.text


@EACH
@BOTH
@pytest.mark.parametrize(("status", "fault"), FAILED)
async def test_a_server_that_fails_may_have_worked(
    ask: Ask, kind: str, stream: bool, status: int, fault: Fault
) -> None:
    """What was reserved for the request counts as spent."""
    with Server(error(status, "<html>Bad gateway</html>")) as server:
        found = await ask(server, kind, stream=stream)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.is_unbilled) == (fault, False)


@EACH
@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
async def test_an_empty_account_is_not_a_rate_limit(ask: Ask, kind: str, code: str) -> None:
    """Both come as 429; waiting helps against one of them."""
    body = {"error": {"type": code, "code": code, "message": f"You exceeded your current quota: {code}"}}
    with Server(error(429, body)) as server:
        found = await ask(server, kind)
    assert isinstance(found, ModelFault)
    assert found.fault is Fault.QUOTA


@EACH
@pytest.mark.parametrize(
    ("headers", "body", "waits"),
    [
        ({"retry_after": "7"}, {}, 7.0),
        ({"retry_after": "0.25"}, {}, 0.25),
        ({"retry_after_ms": "1500"}, {}, 1.5),
        ({}, {"retry_after": 12}, 12.0),
        ({}, {"error": {"message": "slow down", "retry_after_seconds": 0.5}}, 0.5),
        ({}, {}, None),
        ({"retry_after": "soon"}, {}, None),
    ],
)
async def test_how_long_to_wait_is_taken_from_where_it_stands(
    ask: Ask, kind: str, headers: dict[str, str], body: dict[str, object], waits: float | None
) -> None:
    """In a header or in the body; where nothing is said, nothing is made up."""
    with Server(error(429, body, **headers)) as server:
        found = await ask(server, kind)
    assert isinstance(found, ModelFault)
    assert found.retry_after_s == waits


async def test_how_long_to_wait_may_be_said_as_a_date(ask: Ask) -> None:
    """As the standard of HTTP allows."""
    with Server(error(429, {}, retry_after=formatdate(time() + 90, usegmt=True))) as server:
        found = await ask(server, "openai")
    assert isinstance(found, ModelFault)
    assert found.retry_after_s is not None
    assert 60 < found.retry_after_s <= 90


@EACH
@BOTH
async def test_a_reply_that_reached_its_limit_is_cut(ask: Ask, kind: str, stream: bool) -> None:
    """Also with a call in it: nobody knows what is missing from its arguments."""
    finish = "length" if kind == "openai" else "max_tokens"
    with Server(Reply(text="I wri", calls=[("read", {"path": "a"})], finish=finish)) as server:
        found = await ask(server, kind, stream=stream)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.usage) == (Fault.CUT, Usage(requests=1, input_tokens=11, output_tokens=7))
    assert found.said == 'I wri\nread {"path": "a"}'


@EACH
@BOTH
async def test_a_refusal_is_told_as_one(ask: Ask, kind: str, stream: bool) -> None:
    """By its reason to stop, whatever text stands beside it."""
    finish = "content_filter" if kind == "openai" else "refusal"
    with Server(Reply(text="I cannot", finish=finish)) as server:
        found = await ask(server, kind, stream=stream)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.said, found.usage is None) == (Fault.REFUSED, "I cannot", False)


@EACH
@BOTH
async def test_an_empty_reply_is_none(ask: Ask, kind: str, stream: bool) -> None:
    """Neither text nor call: its tokens were used all the same."""
    with Server(Reply(text="")) as server:
        found = await ask(server, kind, stream=stream)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.usage) == (Fault.EMPTY, Usage(requests=1, input_tokens=11, output_tokens=7))


@EACH
async def test_a_stream_that_ends_without_a_reason_is_cut(ask: Ask, kind: str) -> None:
    """The connection is closed in good order; the reply is not whole, and nobody knows what it took."""
    with Server(Reply(text="I was about to", ends=False)) as server:
        found = await ask(server, kind, stream=True)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.said, found.usage) == (Fault.CUT, "I was about to", None)


@EACH
async def test_a_stream_that_breaks_keeps_what_had_come(ask: Ask, kind: str) -> None:
    """The connection is at fault, not what the model wrote; it was billed for all that."""
    events = list(STREAMS[kind](Reply(text="I was about to", ends=False)))
    with Server(streamed(*events, is_cut=True)) as server:
        found = await ask(server, kind, stream=True)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.said, found.is_unbilled) == (Fault.UNAVAILABLE, "I was about to", False)


@EACH
async def test_a_body_that_breaks_off_is_no_reply(ask: Ask, kind: str) -> None:
    """Nothing of it can be used."""
    with Server(Raw(pieces=[b'{"id": "x", "choi'], is_cut=True)) as server:
        found = await ask(server, kind)
    assert isinstance(found, ModelFault)
    assert found.fault is Fault.UNAVAILABLE


@EACH
async def test_an_error_in_the_middle_of_a_stream_is_of_its_kind(ask: Ask, kind: str) -> None:
    """Providers say there what they would have said at the beginning; what was written is billed."""
    told = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    failed = event(told, "error") if kind == "anthropic" else event({"error": {**told["error"], "code": "overloaded"}})
    events = [*STREAMS[kind](Reply(text="I was about to", ends=False)), failed]
    with Server(streamed(*events)) as server:
        found = await ask(server, kind, stream=True)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.is_unbilled) == (Fault.OVERLOADED, False)


@EACH
@BOTH
@pytest.mark.parametrize(
    "raw",
    [
        Raw(pieces=[b"<html>It works!</html>"], headers={"content-type": "text/html"}),
        Raw(pieces=[b"<html>It works!</html>"]),
        Raw(pieces=[b"{}"]),
        Raw(pieces=[b"[1, 2]"]),
        Raw(pieces=[b'{"choices": [], "content": null}']),
        Raw(pieces=[b'{"choices": [{"message": null}], "content": [{"type": "text"}]}']),
        Raw(pieces=[b""]),
    ],
    ids=["page", "page as JSON", "empty object", "list", "no choices", "no message", "nothing"],
)
async def test_what_is_no_reply_at_all_is_malformed(ask: Ask, kind: str, stream: bool, raw: Raw) -> None:
    """Such as the page of a proxy: nothing of it breaks anything."""
    with Server(raw) as server:
        found = await ask(server, kind, stream=stream)
    assert isinstance(found, ModelFault)
    assert found.fault in (Fault.MALFORMED, Fault.CUT, Fault.EMPTY)


@EACH
async def test_a_chunk_that_is_no_json_is_malformed(ask: Ask, kind: str) -> None:
    """In the middle of a stream."""
    events = [*STREAMS[kind](Reply(text="I was", ends=False)), b"event: message_delta\ndata: {not json\n\n"]
    with Server(streamed(*events)) as server:
        found = await ask(server, kind, stream=True)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.said) == (Fault.MALFORMED, "I was")


@EACH
@BOTH
async def test_silence_is_a_time_out(ask: Ask, kind: str, stream: bool) -> None:
    """Counted from the request to the end of the reply, whatever comes in between."""
    events = list(STREAMS[kind](Reply(text="I was", ends=False)))
    raw = streamed(*events, waits=threading.Event()) if stream else Raw(pieces=[b" ", b" "], waits=threading.Event())
    with Server(Reply(text="warm"), raw) as server:
        await ask(server, kind)
        found = await ask(server, kind, stream=stream, timeout_s=0.2)
    assert isinstance(found, ModelFault)
    assert (found.fault, found.is_unbilled) == (Fault.TIMEOUT, False)


@EACH
async def test_nobody_at_the_address_costs_nothing(kind: str) -> None:
    """A connection that is refused has reached nobody."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    endpoint = Endpoint(name="served", base_url=f"http://127.0.0.1:{port}/v1", kind=kind)
    providers = Providers({"served": endpoint}, {})
    found = await providers.ask(ModelRequest(model="served:small", messages=WORDS))
    await providers.close()
    assert isinstance(found, ModelFault)
    assert (found.fault, found.is_unbilled) == (Fault.UNAVAILABLE, True)


@EACH
async def test_an_unknown_tool_is_for_the_kernel(ask: Ask, kind: str) -> None:
    """The model is told which tools it has; that is no fault of the reply."""
    with Server(Reply(calls=[("launch", {"what": "rockets"})])) as server:
        answer = await ask(server, kind)
    assert isinstance(answer, ModelAnswer)
    assert answer.calls[0].name == "launch"


async def test_a_fault_holds_no_key() -> None:
    """Also where the provider says it back."""
    with Server(error(401, {"error": {"message": "Incorrect API key provided."}})) as server:
        endpoint = Endpoint(name="mine", base_url=server.url + "/v1", key_env="MY_KEY")
        providers = Providers({"mine": endpoint}, {"MY_KEY": "sk-very-secret-value"})
        found = await providers.ask(ModelRequest(model="mine:small", messages=WORDS))
        await providers.close()
    assert "sk-very" not in repr(found)
