"""A real server on loopback that speaks two providers' interfaces, and says what a test tells it to say.

`Server` answers each request with the next of its replies, and keeps what it was asked. A `Reply` is put into the words
of the interface it is asked by, OpenAI's chat completions or Anthropic's messages, streamed where the request asks for
it. `Raw` says anything at all, and may be slow or cut off.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Raw:
    """An answer, byte for byte."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pieces: Sequence[bytes] = ()
    is_cut: bool = False
    """The connection ends before the body does."""
    waits: threading.Event | None = None
    """Nothing more is said after the first piece until this is set."""


@dataclass(frozen=True)
class Reply:
    """What a model says, before it is put into the words of an interface."""

    text: str = ""
    calls: Sequence[tuple[str, Mapping[str, Any] | str]] = ()
    finish: str | None = None
    """As the interface names it; None: by what the reply holds."""
    usage: tuple[int, int] | None = (11, 7)
    ends: bool = True
    """False: a stream stops before it says why."""


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


class Server:
    """Serves until it is left; `url` is its address with the version."""

    def __init__(self, *replies: Reply | Raw) -> None:
        """Answer with these, one after the other; the last one again and again."""
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for reply in self.replies:
            if isinstance(reply, Raw) and reply.waits is not None:
                reply.waits.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address without a version."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def next(self) -> Reply | Raw:
        """Take the reply that is due."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(size))
            headers = {key.lower(): value for key, value in self.headers.items()}
            server.asked.append(Asked(self.path, headers, body))
            reply = server.next()
            self._send(reply if isinstance(reply, Raw) else in_words_of(self.path, reply, body))

        def _send(self, raw: Raw) -> None:
            self.close_connection = True
            self.send_response(raw.status)
            length = sum(map(len, raw.pieces)) + raw.is_cut * 100
            for name, value in {
                "content-type": "application/json",
                "content-length": f"{length}",
                **raw.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in raw.pieces:
                self.wfile.write(piece)
                self.wfile.flush()
                if raw.waits is not None:
                    raw.waits.wait()

        def log_message(self, *_: object) -> None:
            """Stay silent: the output of a test is for its failures."""

    return Handler


def in_words_of(path: str, reply: Reply, body: Mapping[str, Any]) -> Raw:
    """Return a reply as the interface at that path says it, streamed if the request asks for it."""
    make, stream = _INTERFACES[path.rpartition("/")[2]]
    if not body.get("stream"):
        return Raw(pieces=[json.dumps(make(reply)).encode()])
    return Raw(headers={"content-type": "text/event-stream"}, pieces=list(stream(reply)))


def _text_of(arguments: Mapping[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def error(status: int, body: Mapping[str, Any] | str, **headers: str) -> Raw:
    """Return an answer that turns a request away."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Raw(status, named, [(body if isinstance(body, str) else json.dumps(body)).encode()])


def streamed(*events: bytes, is_cut: bool = False, waits: threading.Event | None = None) -> Raw:
    """Return an answer of those events."""
    return Raw(200, {"content-type": "text/event-stream"}, events, is_cut, waits)


def completions_reply(reply: Reply) -> dict[str, Any]:
    """Return the body of a chat completion."""
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": _text_of(arguments)}}
        for n, (name, arguments) in enumerate(reply.calls, 1)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if calls:
        message["tool_calls"] = calls
    finish = reply.finish or ("tool_calls" if calls else "stop")
    whole: dict[str, Any] = {
        "id": "c1", "object": "chat.completion", "created": 1700000000, "model": "served",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }  # fmt: skip
    return whole | ({"usage": _usage(reply)} if reply.usage else {})


def _usage(reply: Reply) -> dict[str, int]:
    sent, written = reply.usage or (0, 0)
    return {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}


def completions_stream(reply: Reply) -> Iterator[bytes]:
    """Yield the events of a streamed chat completion."""

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event(
            {
                "id": "c1",
                "object": "chat.completion.chunk",
                "created": 1700000000,
                "model": "served",
                "choices": [choice],
            }
        )

    yield chunk({"role": "assistant", "content": ""})
    for word in pieces_of(reply.text):
        yield chunk({"content": word})
    for n, (name, arguments) in enumerate(reply.calls):
        yield chunk(
            {
                "tool_calls": [
                    {"index": n, "id": f"call_{n + 1}", "type": "function", "function": {"name": name, "arguments": ""}}
                ]
            }
        )
        for piece in pieces_of(_text_of(arguments)):
            yield chunk({"tool_calls": [{"index": n, "function": {"arguments": piece}}]})
    if reply.ends:
        yield chunk({}, reply.finish or ("tool_calls" if reply.calls else "stop"))
        if reply.usage:
            yield event(
                {
                    "id": "c1",
                    "object": "chat.completion.chunk",
                    "created": 1700000000,
                    "model": "served",
                    "choices": [],
                    "usage": _usage(reply),
                }
            )
        yield b"data: [DONE]\n\n"


def messages_reply(reply: Reply) -> dict[str, Any]:
    """Return the body of a message."""
    blocks: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    blocks += [
        {"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": arguments}
        for n, (name, arguments) in enumerate(reply.calls, 1)
    ]
    sent, written = reply.usage or (0, 0)
    return {
        "id": "m1", "type": "message", "role": "assistant", "model": "served", "content": blocks,
        "stop_reason": reply.finish or ("tool_use" if reply.calls else "end_turn"), "stop_sequence": None,
        "usage": {"input_tokens": sent, "output_tokens": written},
    }  # fmt: skip


def messages_stream(reply: Reply) -> Iterator[bytes]:
    """Yield the events of a streamed message."""
    sent, written = reply.usage or (0, 0)
    start = messages_reply(Reply(usage=(sent, 1))) | {"content": [], "stop_reason": None}
    yield event({"type": "message_start", "message": start}, "message_start")
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if reply.text:
        deltas = [{"type": "text_delta", "text": word} for word in pieces_of(reply.text)]
        blocks.append(({"type": "text", "text": ""}, deltas))
    for n, (name, arguments) in enumerate(reply.calls, 1):
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces_of(_text_of(arguments))]
        blocks.append(({"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": {}}, deltas))
    for index, (block, deltas) in enumerate(blocks):
        yield event({"type": "content_block_start", "index": index, "content_block": block}, "content_block_start")
        for delta in deltas:
            yield event({"type": "content_block_delta", "index": index, "delta": delta}, "content_block_delta")
        yield event({"type": "content_block_stop", "index": index}, "content_block_stop")
    if reply.ends:
        stop = {"stop_reason": reply.finish or ("tool_use" if reply.calls else "end_turn"), "stop_sequence": None}
        yield event({"type": "message_delta", "delta": stop, "usage": {"output_tokens": written}}, "message_delta")
        yield event({"type": "message_stop"}, "message_stop")


def responses_reply(reply: Reply) -> dict[str, Any]:
    """Return the body of a response, OpenAI's newer interface."""
    items: list[dict[str, Any]] = []
    if reply.text:
        part = {"type": "output_text", "text": reply.text, "annotations": []}
        items.append({"type": "message", "id": "msg", "role": "assistant", "status": "completed", "content": [part]})
    items += [
        {"type": "function_call", "id": f"fc_{n}", "call_id": f"call_{n}", "name": name, "status": "completed",
         "arguments": _text_of(arguments)}
        for n, (name, arguments) in enumerate(reply.calls, 1)
    ]  # fmt: skip
    sent, written = reply.usage or (0, 0)
    usage = {"input_tokens": sent, "output_tokens": written, "total_tokens": sent + written}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {
        "id": "r1", "object": "response", "created_at": 1700000000, "model": "served", "output": items,
        "status": "incomplete" if reply.finish else "completed", "error": None, "parallel_tool_calls": True,
        "incomplete_details": {"reason": reply.finish} if reply.finish else None, "tools": [], "tool_choice": "auto",
        "usage": usage | details,
    }  # fmt: skip


def responses_stream(reply: Reply) -> Iterator[bytes]:
    """Yield the events of a streamed response."""
    whole = responses_reply(reply)

    def told(kind: str, **fields: Any) -> bytes:
        return event({"type": kind, "sequence_number": 0, **fields}, kind)

    yield told("response.created", response=whole | {"output": [], "status": "in_progress", "usage": None})
    for index, item in enumerate(whole["output"]):
        place = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "message":
            yield told("response.output_item.added", output_index=index, item=item | {"content": []})
            for piece in pieces_of(reply.text):
                yield told("response.output_text.delta", **place, content_index=0, delta=piece, logprobs=[])
        else:
            yield told("response.output_item.added", output_index=index, item=item | {"arguments": ""})
            for piece in pieces_of(item["arguments"]):
                yield told("response.function_call_arguments.delta", **place, delta=piece)
        yield told("response.output_item.done", output_index=index, item=item)
    if reply.ends:
        yield told(f"response.{whole['status']}", response=whole)


_INTERFACES = {
    "completions": (completions_reply, completions_stream),
    "messages": (messages_reply, messages_stream),
    "responses": (responses_reply, responses_stream),
}


def event(body: Mapping[str, Any], name: str = "") -> bytes:
    """Return one server-sent event."""
    return (f"event: {name}\n" if name else "").encode() + f"data: {json.dumps(body)}\n\n".encode()


def pieces_of(text: str, size: int = 7) -> list[str]:
    """Cut a text into what a stream brings at once."""
    return [text[at : at + size] for at in range(0, len(text), size)]
