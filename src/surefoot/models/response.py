"""The reply of a model, translated: usable, or the reason why not.

Why the model stopped is looked at first: a reply that arrived may be cut off or refused.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import cast

from pydantic_ai.messages import ModelMessagesTypeAdapter, TextPart, ToolCallPart
from pydantic_ai.messages import ModelResponse as LibraryResponse

from surefoot.core.agent_types import Fault, Finish, Usage
from surefoot.core.token_estimate import tokens_of
from surefoot.models.prompted_tools import calls_in, object_in
from surefoot.models.whole_files import call_in
from surefoot.ports import Called, ModelAnswer, ModelFault, ModelRequest

_LIBRARY = "pydantic-ai-slim"
_SHOWN = 300


def heard(request: ModelRequest, response: LibraryResponse, *, is_whole: bool = True) -> ModelAnswer | ModelFault:
    """Return what the library's reply says; `is_whole` tells whether the provider said that it ends there."""
    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    calls = tuple(_called(part) for part in response.parts if isinstance(part, ToolCallPart))
    # A stream that was cut has told at most what it took by then.
    usage = usage_of(response) if is_whole else None
    fault = _fault(request, response, text, calls) if is_whole else (Fault.CUT, "the stream ended before the reply did")
    if fault is not None:
        kind, why = fault
        return ModelFault(fault=kind, text=f"{request.model}: {why}.", usage=usage, said=_raw_text(text, calls))
    if request.tools and not request.native_tools:
        wished = calls_in(text)
        if wished is None:
            why = f"the reply is not of the form that was asked for: {text[:_SHOWN]!r}."
            return ModelFault(fault=Fault.MALFORMED, text=f"{request.model}: {why}", usage=usage, said=text)
        text, calls = wished
    if request.whole_files and not calls:
        given = call_in(text, request.whole_files)
        if given is None:
            why = f"there is no whole file in the reply: {text[:_SHOWN]!r}."
            return ModelFault(fault=Fault.MALFORMED, text=f"{request.model}: {why}", usage=usage, said=text)
        text, calls = "", (given,)
    library = json.dumps({"library": _LIBRARY, "version": version(_LIBRARY)}).encode()[:-1]
    return ModelAnswer(
        text=text,
        calls=calls,
        finish=Finish.TOOLS if calls else Finish.STOP,
        usage=usage or _guessed(request, text, calls),
        model=response.model_name or request.model,
        raw=library + b', "messages": ' + ModelMessagesTypeAdapter.dump_json([response]) + b"}",
    )


def usage_of(response: LibraryResponse) -> Usage | None:
    """Return what a reply took, where the provider has said so."""
    took = response.usage
    if not took.input_tokens and not took.output_tokens:
        return None
    return Usage(
        requests=1,
        input_tokens=took.input_tokens,
        output_tokens=took.output_tokens,
        cache_read_tokens=took.cache_read_tokens,
        cache_write_tokens=took.cache_write_tokens,
    )


def _fault(
    request: ModelRequest, response: LibraryResponse, text: str, calls: tuple[Called, ...]
) -> tuple[Fault, str] | None:
    """Return why a reply cannot be used, as far as its end and its form tell."""
    reason = response.finish_reason or (response.provider_details or {}).get("finish_reason")
    if reason in ("length", "max_tokens"):
        # Also with calls in it: the last one may lack an argument and still be JSON.
        return Fault.CUT, f"the reply was cut at {request.output_tokens_max} tokens, or at the end of what it takes"
    if reason == "content_filter":
        refused = (response.provider_details or {}).get("refusal")
        return Fault.REFUSED, f"it will not answer{f' ({refused})' if refused else ''}; say it another way"
    if reason == "error":
        return Fault.MALFORMED, "the provider could not read what the model wrote"
    if response.state != "complete":
        return Fault.CUT, "the reply ended before it was complete"
    if not text.strip() and not calls:
        return Fault.EMPTY, "there is neither text nor a tool call in the reply"
    if request.schema is not None and not calls and object_in(text) is None:
        return Fault.MALFORMED, f"the reply is no JSON object: {text[:_SHOWN]!r}"
    return None


def _called(part: ToolCallPart) -> Called:
    if isinstance(part.args, str):
        raw, arguments = part.args, object_in(part.args) if part.args.strip() else {}
    else:
        arguments = cast("dict[str, object]", part.args or {})
        raw = json.dumps(arguments, ensure_ascii=False)
    return Called(name=part.tool_name, arguments=arguments, raw=raw, provider_id=part.tool_call_id)


def _raw_text(text: str, calls: tuple[Called, ...]) -> str:
    return "\n".join([text, *(f"{call.name} {call.raw}" for call in calls)]).strip()


def _guessed(request: ModelRequest, text: str, calls: tuple[Called, ...]) -> Usage:
    """Estimate what a reply took: one that says nothing must not pass for one that costs nothing."""
    sent = sum(
        tokens_of(message.text) + sum(tokens_of(call.raw) for call in message.calls) for message in request.messages
    )
    told = sum(tokens_of(tool.text) + tokens_of(json.dumps(tool.schema)) for tool in request.tools)
    return Usage(requests=1, input_tokens=sent + told, output_tokens=tokens_of(_raw_text(text, calls)))
