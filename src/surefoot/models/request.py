"""A request to a model, translated for the provider library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from pydantic_ai.messages import (
    CachePoint,
    ModelMessage,
    ModelRequestPart,
    ModelResponsePart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.messages import ModelRequest as LibraryRequest
from pydantic_ai.messages import ModelResponse as LibraryResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from surefoot.core.record import record
from surefoot.models.prompted_tools import calls_as_text, result_as_text, schema_of_calls, told_tools
from surefoot.ports import Asker, Message, ModelRequest, Speaker, ToolSpec

ASKER = "asker"
"""Under this name the library keeps who asks."""


@record(kw_only=False)
class Abilities:
    """What the provider of a model can do, as far as it changes what is sent."""

    caches: bool = False
    """Whether it takes marks for its cache, as Anthropic's interface does."""
    follows_schema: bool = True
    """Whether it makes a reply follow a schema; else the schema is only told."""
    stores: bool = False
    """Whether it keeps what it was sent and has said, unless it is told not to, as OpenAI's newer interface does."""
    assumes_end: bool = False
    """Whether the library takes a stream that just ends for a whole reply."""


@record(kw_only=False)
class Spoken:
    """A request, ready for the library."""

    messages: list[ModelMessage]
    settings: ModelSettings
    """Limits of the reply."""
    parameters: ModelRequestParameters
    """Tools and the form of the reply."""


def spoken(request: ModelRequest, abilities: Abilities) -> Spoken:
    """Return the request in the library's words."""
    if request.tools and not request.native_tools:
        schema = schema_of_calls(request.tools, needs_call=request.needs_call)
        # A small model has little room: what its server holds it to need not be told, too.
        told = None if abilities.follows_schema else schema
        messages = tuple(_without_tools(request.messages, request.tools, told))
        # The schema is told in words, too: the library need not do that once more.
        parameters = _following(schema, abilities) if abilities.follows_schema else ModelRequestParameters()
    else:
        messages = request.messages
        parameters = ModelRequestParameters() if request.schema is None else _following(request.schema, abilities)
        parameters.function_tools = [
            ToolDefinition(name=tool.name, description=tool.text, parameters_json_schema=dict(tool.schema))
            for tool in request.tools
        ]
    return Spoken(
        messages=_messages(messages, abilities, request.asker),
        settings=_settings(request, abilities, has_tools=bool(parameters.function_tools)),
        parameters=parameters,
    )


def _following(schema: Mapping[str, object], abilities: Abilities) -> ModelRequestParameters:
    wanted = OutputObjectDefinition(json_schema=dict(schema), name="reply")
    mode = "native" if abilities.follows_schema else "prompted"
    return ModelRequestParameters(output_mode=mode, output_object=wanted)


def _settings(request: ModelRequest, abilities: Abilities, *, has_tools: bool) -> ModelSettings:
    # Keys of one provider alone are casts: to import their type would load that provider's whole library.
    settings: ModelSettings = {
        "max_tokens": request.output_tokens_max,
        "timeout": request.timeout_s,
        "max_retries": 0,
    }
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    if has_tools and request.needs_call:
        settings["tool_choice"] = "required"
    if abilities.stores:
        settings = cast("ModelSettings", {**settings, "openai_store": False})
    if abilities.caches and any(each.is_cache_end and each.speaker is Speaker.SYSTEM for each in request.messages):
        settings = cast("ModelSettings", {**settings, "anthropic_cache_instructions": True})
    return settings


def _messages(messages: Sequence[Message], abilities: Abilities, asker: Asker | None) -> list[ModelMessage]:
    """Put together what is said between two replies; the library holds it as one request."""
    found: list[ModelMessage] = []
    asked: list[ModelRequestPart] = []
    for message in messages:
        match message.speaker:
            case Speaker.SYSTEM:
                asked.append(SystemPromptPart(content=message.text))
            case Speaker.USER:
                asked.append(UserPromptPart(content=message.text))
            case Speaker.TOOL:
                asked.append(
                    ToolReturnPart(tool_name=message.tool, content=message.text, tool_call_id=message.provider_id)
                )
            case Speaker.MODEL:
                if asked:
                    found.append(LibraryRequest(parts=asked))
                    asked = []
                replied: list[ModelResponsePart] = [TextPart(content=message.text)] if message.text else []
                for call in message.calls:
                    arguments = call.raw if call.arguments is None else dict(call.arguments)
                    replied.append(ToolCallPart(tool_name=call.name, args=arguments, tool_call_id=call.provider_id))
                if replied:
                    found.append(LibraryResponse(parts=replied))
        # The mark of a system's words stands in the settings: the library cannot hold it beside them.
        if abilities.caches and message.is_cache_end and message.speaker is not Speaker.SYSTEM:
            asked.append(UserPromptPart(content=[CachePoint()]))
    if asked:
        found.append(LibraryRequest(parts=asked, metadata={ASKER: asker}))
    return found


def _without_tools(
    messages: Sequence[Message], tools: Sequence[ToolSpec], schema: Mapping[str, object] | None
) -> Iterator[Message]:
    """Yield what was said with the tools explained in words, their calls and results as texts."""
    # First of all, as it is the same in every conversation of a role: servers keep what they have read before.
    yield Message(speaker=Speaker.SYSTEM, text=told_tools(tools, schema))
    for message in messages:
        if message.speaker is Speaker.MODEL:
            text = calls_as_text(message.text, message.calls)
            yield Message(speaker=Speaker.MODEL, text=text, is_cache_end=message.is_cache_end)
        elif message.speaker is Speaker.TOOL:
            text = result_as_text(message.tool, message.text)
            yield Message(speaker=Speaker.USER, text=text, is_cache_end=message.is_cache_end)
        else:
            yield message
