"""A stand-in for providers of models, in the wires that real agents speak; it has them write a file or run a command.

Started as `python agent_provider.py SCRIPT LOG`; it prints its port. The script has two lists of deeds, `first`, and
`after` for an attempt that was told of a failure: `["read", PATH]`, `["write", PATH, TEXT]`, `["run", COMMAND]`,
`["hold", PATH]` (for a file to come), `["stop", TEXT]` (end the turn, until told that text). Which deed is next is
told by how many results of tools a request holds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SCRIPT: dict[str, list[list[str]]] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
LOG = Path(sys.argv[2])
CLAUDE = {"read": ("Read", "file_path"), "write": ("Write", "file_path", "content"), "run": ("Bash", "command")}
GEMINI = {
    "read": ("read_file", "file_path"),
    "write": ("write_file", "file_path", "content"),
    "run": ("run_shell_command", "command"),
}
CODEX = dict.fromkeys(("read", "write", "run"), ("exec_command", "cmd"))
OPENCODE = {"read": ("read", "filePath"), "write": ("write", "filePath", "content"), "run": ("bash", "command")}


def call_of(asked: Any, results: int, names: Mapping[str, tuple[str, ...]]) -> tuple[str, dict[str, str]] | None:
    """Return the next tool call, by its name and arguments; None: all is done."""
    said = json.dumps(asked)
    deeds = SCRIPT["after" if "What failed before" in said and "after" in SCRIPT else "first"]
    deeds[:] = [deed for deed in deeds if deed[0] != "stop" or deed[1] not in said]
    if results < len(deeds) and deeds[results][0] == "hold":
        place = Path(deeds.pop(results)[1])
        place.with_suffix(".held").touch()
        while not place.exists():
            time.sleep(0.05)
    if results >= len(deeds) or deeds[results][0] == "stop":
        return None
    kind, *values = deeds[results]
    name, *keys = names[kind]
    if names is CODEX:
        return name, for_shell(kind, *values)
    given = dict(zip(keys, values, strict=True))
    return name, {**given, **({"description": "as the script says"} if kind == "run" else {})}


def for_shell(kind: str, *values: str) -> dict[str, str]:
    """Return a deed as arguments of the one tool that Codex has; what shall reach others leaves its own sandbox."""
    match kind, values:
        case "read", (path,):
            return {"cmd": f"cat {path}"}
        case "write", (path, text):
            held = Path(path).read_text("utf-8")
            lines = "".join(
                f"{mark}{line}\n" for mark, side in (("-", held), ("+", text)) for line in side.splitlines()
            )
            patch = f"*** Begin Patch\n*** Update File: {path}\n@@\n{lines}*** End Patch"
            return {"cmd": f"apply_patch <<'EOF'\n{patch}\nEOF"}
        case _:
            return {"cmd": values[0], "sandbox_permissions": "require_escalated", "justification": "May it?"}


def messages(asked: Any) -> Iterator[tuple[str, Any]]:
    """Answer as Anthropic's messages do."""
    blocks = [block for one in asked["messages"] if isinstance(one["content"], list) for block in one["content"]]
    results = sum(block.get("type") == "tool_result" for block in blocks)
    offered = {tool.get("name") for tool in asked.get("tools", [])}
    call = call_of(asked, results, CLAUDE) if "Bash" in offered else None
    usage = {"input_tokens": 100, "output_tokens": 10}
    head = {"id": "m1", "type": "message", "role": "assistant", "model": asked["model"], "content": [], "usage": usage}
    yield "message_start", {"type": "message_start", "message": {**head, "stop_reason": None, "stop_sequence": None}}
    if call is None:
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "Done."}
    else:
        block = {"type": "tool_use", "id": f"toolu_{results}", "name": call[0], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])}
    yield "content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}
    yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    stop = {"stop_reason": "end_turn" if call is None else "tool_use", "stop_sequence": None}
    yield "message_delta", {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 10}}
    yield "message_stop", {"type": "message_stop"}


def contents(asked: Any) -> Iterator[tuple[str, Any]]:
    """Answer as Gemini's `streamGenerateContent` does."""
    parts = [part for one in asked["contents"] for part in one.get("parts", [])]
    results = sum("functionResponse" in part for part in parts)
    tools = [tool for one in asked.get("tools", []) for tool in one.get("functionDeclarations", [])]
    call = call_of(asked, results, GEMINI) if any(tool["name"] == "run_shell_command" for tool in tools) else None
    part = {"text": "Done."} if call is None else {"functionCall": {"name": call[0], "args": call[1]}}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110}
    yield "", {"candidates": [candidate], "usageMetadata": usage}


def completions(asked: Any) -> Iterator[tuple[str, Any]]:
    """Answer as OpenAI's chat completions do."""
    results = sum(one["role"] == "tool" for one in asked["messages"])
    offered = {tool["function"]["name"] for tool in asked.get("tools", [])}
    names = OPENCODE if "bash" in offered else GEMINI
    call = call_of(asked, results, names) if offered & {"bash", "run_shell_command"} else None
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": asked["model"]}
    if call is None:
        delta, stop = {"role": "assistant", "content": "Done."}, "stop"
    else:
        function = {"name": call[0], "arguments": json.dumps(call[1])}
        called = {"index": 0, "id": f"call_{results}", "type": "function", "function": function}
        delta, stop = {"role": "assistant", "tool_calls": [called]}, "tool_calls"
    yield "", {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    yield "", {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": stop}], "usage": usage}


def responses(asked: Any) -> Iterator[tuple[str, Any]]:
    """Answer as OpenAI's responses do; this agent writes files by its shell."""
    results = sum(one.get("type", "").endswith("_output") for one in asked["input"])
    call = call_of(asked, results, CODEX) if asked.get("tools") else None
    if call is None:
        part = {"type": "output_text", "text": "Done.", "annotations": []}
        item = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [part]}
    else:
        given = json.dumps(call[1])
        item = {"type": "function_call", "id": "f1", "call_id": f"call_{results}", "name": call[0], "arguments": given}
    usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
    head = {"id": "r1", "object": "response", "model": asked["model"], "output": []}
    yield "response.created", {"type": "response.created", "response": {**head, "status": "in_progress"}}
    yield "response.output_item.added", {"type": "response.output_item.added", "output_index": 0, "item": item}
    yield "response.output_item.done", {"type": "response.output_item.done", "output_index": 0, "item": item}
    done = {**head, "status": "completed", "output": [item], "usage": usage}
    yield "response.completed", {"type": "response.completed", "response": done}


class Provider(BaseHTTPRequestHandler):
    """Answers each request in its own wire."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Know nothing."""
        self._send(b"{}", "application/json")

    def do_POST(self) -> None:
        """Answer a request for a reply."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        with LOG.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"path": self.path, "asked": asked}) + "\n")
        path = self.path.partition("?")[0]
        if path.endswith("/count_tokens"):
            self._send(b'{"input_tokens": 100}', "application/json")
        elif path.endswith(":generateContent"):  # asks which model suits the question
            choice = {
                "reasoning": "simple",
                "model_choice": "flash",
                "complexity_reasoning": "s",
                "complexity_score": 1,
            }
            candidate = {"content": {"role": "model", "parts": [{"text": json.dumps(choice)}]}, "finishReason": "STOP"}
            self._send(json.dumps({"candidates": [candidate]}).encode(), "application/json")
        else:
            wires = {"messages": messages, "completions": completions, "responses": responses}
            wire = wires.get(path.rpartition("/")[2], contents)
            rows = [
                f"event: {name}\ndata: {json.dumps(one)}\n\n" if name else f"data: {json.dumps(one)}\n\n"
                for name, one in wire(asked)
            ]
            rows += ["data: [DONE]\n\n"] if wire is completions else []
            self._send("".join(rows).encode(), "text/event-stream")

    def do_CONNECT(self) -> None:
        """Be a proxy that leads to nobody but this provider, whatever its name."""
        with LOG.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"asked": f"CONNECT {self.path}"}) + "\n")
        self.send_response(200)
        self.end_headers()

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
