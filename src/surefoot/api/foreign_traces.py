"""Traces of other agents, read as acts: our neutral format, spans of OpenTelemetry, mini-swe-agent, OpenHands."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from surefoot.core.agent_acts import Act, news_of, says_missing, steady
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.errors import UsageError, why_unreadable

_FAILED_EXIT = regex(
    r"<returncode>\s*[1-9-]|exit code:? [1-9-]|^traceback \(most recent call last\)", re.IGNORECASE | re.MULTILINE
)
_COMMAND = regex(r"```(?:bash|sh|mswea_bash_command)?\n(.*?)\n```", re.DOTALL)
_MISUSED = regex(
    r"(?:unknown|invalid|no such|not a valid|unsupported) (?:tool|function|action)\b"
    r"|tool \S+ (?:not found|does not exist)"
    r"|invalid (?:tool )?(?:arguments?|parameters?|input)\b|missing (?:\d+ )?required|unexpected keyword argument"
    r"|validation errors? for|error validating|failed to (?:parse|validate) (?:the )?(?:tool|arguments|action)"
    r"|is a required property|additional properties are not allowed|exactly one (?:action|tool call)",
    re.IGNORECASE,
)
"""What tools say of calls that are not as they have to be."""
_COMPLAINT_MAX = 400
_RUNS_PROGRAMS = regex(r"bash|shell|terminal|command|python|exec|run|code", re.IGNORECASE)
_ERROR_CODES = (2, "STATUS_CODE_ERROR", "ERROR")
_WANTED = (
    "a trace was expected: JSON lines with `steps`, OpenTelemetry spans as JSON (`resourceSpans`), a trajectory of "
    "mini-swe-agent (`messages`) or of OpenHands (`history`, or its events)"
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
    reply: str = ""
    """What joins the calls of one reply; empty: it stands alone."""


def read_traces(path: Path) -> list[Trace]:
    """Read all traces of a file; `.gz` is unpacked.

    Raises:
        UsageError: the file cannot be read, or is no trace; the message names the line.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f"{path}: it cannot be read ({why_unreadable(error)}); name a file with traces") from None
    try:
        whole: Any = json.loads(text)
    except ValueError:
        whole = None
    found = _by_trace([(1, whole)] if whole is not None else list(_lines(path, text)))
    traces: list[Trace] = []
    for line, one in found:
        reader = next((read for marks, read in _FORMATS if marks(one)), None)
        if reader is None:
            raise UsageError(f"{path}:{line}: this is no trace; {_WANTED}")
        name = str(_mapping(one).get("id") or path.name)
        try:
            pieces = list(reader(one))
            if not pieces:
                raise UsageError(f"{path}:{line}: the trace holds no step that is known here; {_WANTED}")
            traces.append(Trace(name=name, acts=_acts_of(pieces)))
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


def _by_trace(found: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """Return spans of OpenTelemetry by the trace they belong to, whatever lines they stand in; others as they are."""
    spans: dict[str, tuple[int, list[Json]]] = {}
    others: list[tuple[int, Any]] = []
    for line, one in found:
        if not _is_spans(one):
            others.append((line, one))
            continue
        for span in _spans_in(one):
            trace = str(span.get("traceId") or _mapping(span.get("context")).get("trace_id") or "")
            spans.setdefault(trace, (line, []))[1].append(span)
    return [*others, *((line, {"id": trace, "spans": those}) for trace, (line, those) in spans.items())]


# --- pieces to acts


def _acts_of(pieces: list[_Piece]) -> tuple[Act, ...]:
    """Join calls with their results; a result without a call is an act of its own."""
    results = _results(pieces)
    joined = {id(one) for one in results.values()}
    acts: list[Act] = []
    seen: set[str] = set()
    turn, reply = 0, ""
    for piece in (one for one in pieces if id(one) not in joined):
        turn += not piece.reply or piece.reply != reply
        reply = piece.reply
        acts.append(_act(piece, results.get(id(piece)), turn, seen))
        seen |= {news_of(acts[-1].asked, acts[-1].given), piece.text}
    return tuple(acts)


def _results(pieces: list[_Piece]) -> dict[int, _Piece]:
    """Return the result of each call, by the identity of the call."""
    results: dict[int, _Piece] = {}
    waiting: list[_Piece] = []
    for piece in pieces:
        if piece.kind == "tool_call":
            waiting.append(piece)
        elif piece.kind == "tool_result":
            same = [one for one in waiting if (one.call == piece.call if piece.call else one.name == piece.name)]
            if call := next(iter(same or waiting), None):
                waiting = [one for one in waiting if one is not call]
                results[id(call)] = piece
    return results


def _act(piece: _Piece, result: _Piece | None, turn: int, seen: set[str]) -> Act:
    is_call = piece.kind != "message"
    text = result.text if result is not None else ""
    given = steady(text)
    ok = not (result or piece).is_error
    return Act(
        at=piece.index,
        agent=piece.agent,
        tool=(piece.name or "tool") if is_call else "",
        asked=steady(piece.text),
        given=given,
        turn=turn,
        ok=ok,
        is_misuse=is_call and not ok and _is_misused(piece.name, text),
        names_nothing=is_call and not ok and says_missing(given),
        is_new=(news_of(steady(piece.text), given) if is_call else piece.text) not in seen,
    )


def _is_misused(tool: str, given: str) -> bool:
    """Tell whether a tool says that it was called wrongly; what a program prints that a tool runs is no such word."""
    return _RUNS_PROGRAMS.search(tool) is None and _MISUSED.search(given[:_COMPLAINT_MAX]) is not None


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
        calls = list(_calls_in(index, role, text, message))
        if calls:
            yield from calls
        elif role == "tool" or (role == "user" and is_waiting):
            code = _mapping(message.get("extra")).get("returncode")
            is_error = _FAILED_EXIT.search(text) is not None if code is None else code != 0
            call = str(message.get("tool_call_id") or "")
            yield _Piece(index=index, agent=role, kind="tool_result", text=text, is_error=is_error, call=call)
        else:
            is_complaint = index > 1 and role == "user" and _MISUSED.search(text) is not None
            yield _Piece(index=index, agent=role, kind="message", text=text, is_error=is_complaint)
        is_waiting = bool(calls) or (is_waiting and role == "tool")


def _calls_in(index: int, role: str, text: str, message: Json) -> Iterator[_Piece]:
    """Yield the calls of a message: those that stand as such, else the one in its words."""
    calls: list[Json] = message.get("tool_calls") or []
    for call in calls:
        asked, reply = call["function"], f"message {index}"
        name, words, own = asked["name"], _plain(asked["arguments"]), str(call.get("id") or "")
        yield _Piece(index=index, agent=role, kind="tool_call", name=name, text=words, call=own, reply=reply)
    block = _COMMAND.search(text) if role == "assistant" and not calls else None
    if block is not None:
        yield _Piece(index=index, agent=role, kind="tool_call", name="bash", text=block[1])


def _open_hands(trace: Any) -> Iterator[_Piece]:
    """Read actions and observations, one by one or in pairs; an observation names the action that caused it."""
    events = cast("list[object]", trace if isinstance(trace, list) else trace["history"])
    flat = (one for event in events for one in (cast("list[object]", event) if isinstance(event, list) else [event]))
    for index, one in enumerate(flat):
        event = _mapping(one)
        agent = str(event.get("source") or "agent")
        read = _sdk_event if "kind" in event else _old_event
        if (piece := read(index, agent, event)) is not None:
            yield piece


def _old_event(index: int, agent: str, event: Json) -> _Piece | None:
    """Read an event as OpenHands wrote it before its SDK; None: it is no step."""
    name, args = str(event.get("action") or ""), _mapping(event.get("args"))
    if "observation" in event:
        extras = _mapping(event.get("extras"))
        code = _mapping(extras.get("metadata")).get("exit_code", extras.get("exit_code", 0))
        is_error = event["observation"] == "error" or code not in (0, None, -1)
        text, cause = _plain(event.get("content")), str(event.get("cause", ""))
        return _Piece(index=index, agent=agent, kind="tool_result", text=text, is_error=is_error, call=cause)
    if name in ("message", "system", "finish", "think"):
        text = _plain(args.get("content") or args.get("thought") or event.get("message"))
        return _Piece(index=index, agent=agent, kind="message", text=text)
    if not name:
        return None
    text = _plain({key: value for key, value in args.items() if key != "thought"})
    return _Piece(index=index, agent=agent, kind="tool_call", name=name, text=text, call=str(event.get("id", "")))


def _sdk_event(index: int, agent: str, event: Json) -> _Piece | None:
    """Read an event of the SDK of OpenHands; None: it is no step."""
    kind, call, name = event["kind"], str(event.get("tool_call_id") or ""), str(event.get("tool_name") or "")
    action = _mapping(event.get("action"))
    if kind == "MessageEvent":
        text = _plain(_mapping(event.get("llm_message")).get("content"))
        return _Piece(index=index, agent=agent, kind="message", text=text)
    if name in ("finish", "think"):
        text = _plain(action.get("message") or action.get("thought") or event.get("thought"))
        return _Piece(index=index, agent=agent, kind="message", text=text) if kind == "ActionEvent" else None
    if kind == "ActionEvent":
        given = {key: value for key, value in action.items() if key != "kind"}
        text = _plain(given or _mapping(_mapping(event.get("tool_call")).get("function")).get("arguments"))
        reply = str(event.get("llm_response_id") or "")
        return _Piece(index=index, agent=agent, kind="tool_call", name=name, text=text, call=call, reply=reply)
    if kind == "ObservationEvent":
        text, is_error = _observed(_mapping(event.get("observation")))
    elif kind in ("AgentErrorEvent", "UserRejectObservation"):
        text, is_error = _plain(event.get("error") or event.get("rejection_reason")), True
    else:
        return None
    return _Piece(index=index, agent=agent, kind="tool_result", name=name, text=text, is_error=is_error, call=call)


def _observed(seen: Json) -> tuple[str, bool]:
    """Return what came of an action, and whether it is an error."""
    code = seen.get("exit_code", _mapping(seen.get("metadata")).get("exit_code", 0))
    is_error = bool(seen.get("is_error") or seen.get("error")) or code not in (0, None, -1)
    return _plain(seen.get("content") or seen.get("output") or seen.get("error")), is_error


def _spans(trace: Json) -> Iterator[_Piece]:
    """Read the spans of agents and tools in the order of their starts (GenAI conventions of OpenTelemetry)."""
    for index, span in enumerate(sorted(cast("list[Json]", trace["spans"]), key=_started)):
        said = _attributes(span)
        agent = str(said.get("gen_ai.agent.name") or said.get("gen_ai.request.model") or "")
        status = _mapping(span.get("status"))
        is_error = (status.get("code") or status.get("status_code")) in _ERROR_CODES or "error.type" in said
        operation = said.get("gen_ai.operation.name")
        if operation == "execute_tool":
            name, call = str(said.get("gen_ai.tool.name") or span.get("name")), f"span {index}"
            asked, given = said.get("gen_ai.tool.call.arguments"), said.get("gen_ai.tool.call.result")
            yield _Piece(index=index, agent=agent, kind="tool_call", name=name, text=_plain(asked), call=call)
            text = _plain(given or status.get("message") or status.get("description"))
            yield _Piece(index=index, agent=agent, kind="tool_result", text=text, is_error=is_error, call=call)
        elif operation in ("chat", "text_completion", "generate_content"):
            yield _Piece(index=index, agent=agent, kind="message", text=_plain(said.get("gen_ai.output.messages")))


def _is_spans(one: Any) -> bool:
    """Tell whether it holds spans as the protocol sends them, or is one as the SDK of Python prints it."""
    return _has("resourceSpans")(one) or ("attributes" in _mapping(one) and "context" in _mapping(one))


def _spans_in(one: Json) -> Iterator[Json]:
    for resource in one.get("resourceSpans") or ():
        for scope in resource.get("scopeSpans") or ():
            yield from scope.get("spans") or ()
    if "context" in one:
        yield one


def _started(span: Json) -> tuple[int, str]:
    """Return the start of a span, in nanoseconds or as text."""
    return int(span.get("startTimeUnixNano") or 0), str(span.get("start_time") or "")


def _attributes(span: Json) -> dict[str, Any]:
    given: Any = span.get("attributes") or []
    if isinstance(given, dict):
        return cast("dict[str, Any]", given)
    return {one["key"]: next(iter(one["value"].values()), None) for one in given}


def _has(key: str) -> Callable[[Any], bool]:
    return lambda one: isinstance(_mapping(one).get(key), list)


def _is_events(one: Any) -> bool:
    events = cast("list[object]", one) if isinstance(one, list) else []
    return bool(events) and all(isinstance(event, dict | list) for event in events)


_FORMATS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Iterator[_Piece]]], ...] = (
    (_has("steps"), _neutral),
    (_has("spans"), _spans),
    (_has("messages"), _mini_swe),
    (_has("history"), _open_hands),
    (_is_events, _open_hands),
)
"""By what each is known, in order."""
