"""Traces of other agents, read as acts: our neutral format, spans of OpenTelemetry, mini-swe-agent, OpenHands."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from surefoot.core.agent_acts import Act, news_of, says_missing, steady
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.errors import UsageError

_FAILED_EXIT = regex(r"<returncode>\s*[1-9-]|exit code:? [1-9-]|^traceback \(most recent call last\)", 2 | 8)
_COMMAND = regex(r"```(?:bash|sh|mswea_bash_command)?\n(.*?)\n```", 16)
_WANTED = (
    "a trace was expected: JSON lines with `steps`, OpenTelemetry spans as JSON (`resourceSpans`), a trajectory of "
    "mini-swe-agent (`messages`) or of OpenHands (`history`)"
)
Json = Mapping[str, Any]


@record
class Trace:
    """What an agent of others did."""

    name: str
    """Its id, or the name of its file."""
    acts: tuple[Act, ...]
    """Each at the index of its step."""


@record
class _Piece:
    """One entry of a trace: words, a call or a result."""

    index: int
    agent: str
    kind: str
    """`message`, `tool_call` or `tool_result`."""
    name: str = ""
    text: str = ""
    is_error: bool = False
    call: str = ""
    """What joins a result with its call; empty: the order does."""


def read_traces(path: Path) -> list[Trace]:
    """Read all traces of a file; `.gz` is unpacked.

    Raises:
        UsageError: the file cannot be read, or is no trace; the message names the line.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); a readable file was expected") from None
    try:
        whole: Any = json.loads(text)
    except ValueError:
        whole = None
    found = [(1, whole)] if whole is not None else list(_lines(path, text))
    traces: list[Trace] = []
    for line, one in found:
        reader = next((read for marks, read in _FORMATS if marks(one)), None)
        if reader is None:
            raise UsageError(f"{path}:{line}: this is no trace; {_WANTED}")
        name = str(_mapping(one).get("id") or path.name)
        try:
            traces.append(Trace(name=name, acts=_acts_of(list(reader(one)))))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise UsageError(f"{path}:{line}: the trace does not have its form ({error!r}); {_WANTED}") from None
    if not traces:
        raise UsageError(f"{path}:1: the file is empty; {_WANTED}")
    return traces


def _lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise UsageError(f"{path}:{number}: this is no JSON ({error}); {_WANTED}") from None


# --- pieces to acts


def _acts_of(pieces: list[_Piece]) -> tuple[Act, ...]:
    """Join calls with their results; a result without a call is an act of its own."""
    results = _results(pieces)
    joined = {one.index for one in results.values()}
    acts: list[Act] = []
    seen: set[str] = set()
    for turn, piece in enumerate((one for one in pieces if one.index not in joined), start=1):
        acts.append(_act(piece, results.get(piece.index), turn, seen))
        seen |= {news_of(acts[-1].asked, acts[-1].given), piece.text}
    return tuple(acts)


def _results(pieces: list[_Piece]) -> dict[int, _Piece]:
    """Return the result of each call, by the index of the call."""
    results: dict[int, _Piece] = {}
    waiting: list[_Piece] = []
    for piece in pieces:
        if piece.kind == "tool_call":
            waiting.append(piece)
        elif piece.kind == "tool_result":
            same = [one for one in waiting if (one.call == piece.call if piece.call else one.name == piece.name)]
            if call := next(iter(same or waiting), None):
                waiting.remove(call)
                results[call.index] = piece
    return results


def _act(piece: _Piece, result: _Piece | None, turn: int, seen: set[str]) -> Act:
    is_call = piece.kind != "message"
    given = steady(result.text if result is not None else "")
    ok = not (is_call and (result or piece).is_error)
    return Act(
        at=piece.index,
        agent=piece.agent,
        tool=(piece.name or "tool") if is_call else "",
        asked=steady(piece.text),
        given=given,
        turn=turn,
        ok=ok,
        names_nothing=is_call and not ok and says_missing(given),
        is_new=(news_of(steady(piece.text), given) if is_call else piece.text) not in seen,
    )


def _plain(value: object) -> str:
    """Return words as they are, and anything else as JSON."""
    if isinstance(value, str) or value is None:
        return value or ""
    if isinstance(value, list):
        parts = [one.get("text") or one.get("content") for one in map(_mapping, cast("list[object]", value)) if one]
        texts = [one for one in parts if isinstance(one, str)]
        if texts and len(texts) == len(parts):
            return "\n".join(texts)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _mapping(value: object) -> Json:
    """Return a mapping as it is; what is none is empty."""
    return cast("Json", value) if isinstance(value, dict) else {}


# --- formats


def _neutral(trace: Json) -> Iterator[_Piece]:
    for number, step in enumerate(cast("list[Json]", trace["steps"])):
        kind = step.get("kind") or "message"
        text = _plain(step.get("args")) if kind == "tool_call" and step.get("args") else _plain(step.get("content"))
        yield _Piece(
            index=int(step.get("index", number)),
            agent=str(step.get("agent") or ""),
            kind=kind,
            name=str(step.get("name") or ""),
            text=text,
            is_error=bool(step.get("error")),
        )


def _mini_swe(trace: Json) -> Iterator[_Piece]:
    """Read messages of a chat: calls stand as such, or as a block of shell in the words of the agent."""
    is_waiting = False
    for index, message in enumerate(cast("list[Json]", trace["messages"])):
        role, text = str(message.get("role") or ""), _plain(message.get("content"))
        calls: list[Json] = message.get("tool_calls") or []
        block = _COMMAND.search(text) if role == "assistant" else None
        if calls:
            asked = calls[0]["function"]
            yield _Piece(index=index, agent=role, kind="tool_call", name=asked["name"], text=_plain(asked["arguments"]))
        elif block is not None:
            yield _Piece(index=index, agent=role, kind="tool_call", name="bash", text=block[1])
        elif role == "tool" or (role == "user" and is_waiting):
            is_error = _FAILED_EXIT.search(text) is not None
            yield _Piece(index=index, agent=role, kind="tool_result", text=text, is_error=is_error)
        else:
            yield _Piece(index=index, agent=role, kind="message", text=text)
        is_waiting = bool(calls) or block is not None


def _open_hands(trace: Any) -> Iterator[_Piece]:
    """Read actions and observations; an observation names the action that caused it."""
    events = cast("list[Json]", trace if isinstance(trace, list) else trace["history"])
    for index, event in enumerate(events):
        agent = str(event.get("source") or "agent")
        if "observation" in event:
            text, extras = _plain(event.get("content")), _mapping(event.get("extras"))
            code = _mapping(extras.get("metadata")).get("exit_code", extras.get("exit_code", 0))
            is_error = event["observation"] == "error" or code not in (0, None, -1)
            cause = str(event.get("cause", ""))
            yield _Piece(index=index, agent=agent, kind="tool_result", text=text, is_error=is_error, call=cause)
        elif event.get("action") in ("message", "system", "finish", "think"):
            args = _mapping(event.get("args"))
            text = _plain(args.get("content") or args.get("thought") or event.get("message"))
            yield _Piece(index=index, agent=agent, kind="message", text=text)
        elif event.get("action"):
            args = {key: value for key, value in _mapping(event.get("args")).items() if key != "thought"}
            call, name = str(event.get("id", "")), str(event["action"])
            yield _Piece(index=index, agent=agent, kind="tool_call", name=name, text=_plain(args), call=call)


def _spans(trace: Json) -> Iterator[_Piece]:
    """Read the spans of agents and tools in the order of their starts (GenAI conventions of OpenTelemetry)."""
    scopes = [scope for resource in trace["resourceSpans"] for scope in resource.get("scopeSpans") or ()]
    spans: list[Json] = [span for scope in scopes for span in scope.get("spans") or ()]
    index = 0
    for span in sorted(spans, key=lambda one: int(one.get("startTimeUnixNano") or 0)):
        said = _attributes(span)
        agent = str(said.get("gen_ai.agent.name") or said.get("gen_ai.request.model") or "")
        is_error = _mapping(span.get("status")).get("code") in (2, "STATUS_CODE_ERROR") or "error.type" in said
        operation = said.get("gen_ai.operation.name")
        if operation == "execute_tool":
            name, call = str(said.get("gen_ai.tool.name") or span.get("name")), f"span {index}"
            asked, given = said.get("gen_ai.tool.call.arguments"), said.get("gen_ai.tool.call.result")
            yield _Piece(index=index, agent=agent, kind="tool_call", name=name, text=_plain(asked), call=call)
            text = _plain(given)
            yield _Piece(index=index + 1, agent=agent, kind="tool_result", text=text, is_error=is_error, call=call)
            index += 2
        elif operation in ("chat", "text_completion", "generate_content"):
            yield _Piece(index=index, agent=agent, kind="message", text=_plain(said.get("gen_ai.output.messages")))
            index += 1


def _attributes(span: Json) -> dict[str, Any]:
    given: list[Json] = span.get("attributes") or []
    return {one["key"]: next(iter(one["value"].values()), None) for one in given}


def _has(key: str) -> Callable[[Any], bool]:
    return lambda one: isinstance(_mapping(one).get(key), list)


def _is_events(one: Any) -> bool:
    events = cast("list[object]", one) if isinstance(one, list) else []
    return bool(events) and all(isinstance(event, dict) for event in events)


_FORMATS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Iterator[_Piece]]], ...] = (
    (_has("steps"), _neutral),
    (_has("resourceSpans"), _spans),
    (_has("messages"), _mini_swe),
    (_has("history"), _open_hands),
    (_is_events, _open_hands),
)
"""By what each is known, in order."""
