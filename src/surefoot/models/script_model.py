"""A script as a model of the provider library, so that it takes every path a provider's model takes."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from pydantic_ai import exceptions as library
from pydantic_ai.messages import (
    FinishReason,
    ModelMessage,
    ModelResponsePart,
    ModelResponseStreamEvent,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.messages import ModelRequest as LibraryRequest
from pydantic_ai.messages import ModelResponse as LibraryResponse
from pydantic_ai.models import ModelRequestParameters, StreamedResponse
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext
from pydantic_ai.usage import RequestUsage

from surefoot.core.agent_types import Fault
from surefoot.core.token_estimate import tokens_of
from surefoot.models.request import ASKER
from surefoot.models.scripts import Script, ScriptedReply, ScriptedRequest, reply_of, request_of
from surefoot.ports import Called, Message, Speaker

_STATUSES: Mapping[Fault, tuple[int, type[library.ModelAPIError]]] = {
    Fault.RATE_LIMIT: (429, library.ModelRateLimitError),
    Fault.OVERLOADED: (529, library.ModelOverloadedError),
    Fault.QUOTA: (402, library.ModelQuotaExceededError),
    Fault.AUTH: (401, library.ModelAuthenticationError),
    Fault.UNKNOWN_MODEL: (404, library.ModelNotFoundError),
    Fault.BAD_REQUEST: (400, library.ModelRequestRejectedError),
    Fault.CONTEXT: (400, library.ModelContextWindowExceededError),
}
_PIECE = 24
"""So many characters come at once while a text is streamed."""


class Played(FunctionModel):
    """A model whose replies a script makes."""

    def __init__(self, script: Script, name: str) -> None:
        """Play the script under a name."""
        super().__init__(self._reply, model_name=name)
        self._script = script

    async def _reply(self, messages: list[ModelMessage], info: AgentInfo) -> LibraryResponse:
        asker = next((one.metadata[ASKER] for one in messages[-1:] if one.metadata), None)
        request = request_of([*_messages(messages)], [tool.name for tool in info.function_tools], asker)
        reply = await self._played(request)
        if reply.delay_s:
            await asyncio.sleep(reply.delay_s)
        parts: list[ModelResponsePart] = [TextPart(content=reply.say)] if reply.say else []
        for number, (tool, arguments) in enumerate(reply.calls, start=1):
            given = arguments if isinstance(arguments, str) else dict(arguments)
            parts.append(ToolCallPart(tool_name=tool, args=given, tool_call_id=f"call_{request.turn}_{number}"))
        finish: FinishReason = "tool_call" if reply.calls else "stop"
        if reply.fault is not None:
            finish, parts = _gone_wrong(reply, reply.fault, parts, self.model_name)
        return LibraryResponse(
            parts=parts, usage=_usage(reply, request), model_name=self.model_name, finish_reason=finish
        )

    async def _played(self, request: ScriptedRequest) -> ScriptedReply:
        try:
            answered = self._script(request)
            if inspect.isawaitable(answered):
                answered = await answered
            return reply_of(answered)
        except Exception as error:
            text = f"the script of {self.model_name} raised {type(error).__name__}: {error}; correct it, then resume"
            raise library.UserError(text) from error

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,  # noqa: ARG002 - the library's own interface
    ) -> AsyncGenerator[StreamedResponse]:
        """Play a reply piece by piece."""
        whole = await self.request(messages, model_settings, model_request_parameters)
        yield _Stream(model_request_parameters, whole)


@dataclass
class _Stream(StreamedResponse):
    """A reply that comes in pieces."""

    whole: LibraryResponse
    _at: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        for number, part in enumerate(self.whole.parts):
            if isinstance(part, TextPart):
                for at in range(0, len(part.content), _PIECE):
                    piece = part.content[at : at + _PIECE]
                    for event in self._parts_manager.handle_text_delta(vendor_part_id=number, content=piece):
                        yield event
                    await asyncio.sleep(0)
            else:
                yield self._parts_manager.handle_part(vendor_part_id=number, part=part)
        self._usage = self.whole.usage
        self.finish_reason = self.whole.finish_reason

    async def close_stream(self) -> None:
        """Do nothing: there is no connection."""

    @property
    def model_name(self) -> str:
        """The name it is played under."""
        return self.whole.model_name or ""

    @property
    def provider_name(self) -> str | None:
        """None: there is no provider."""
        return None

    @property
    def provider_url(self) -> str | None:
        """None: there is no address."""
        return None

    @property
    def timestamp(self) -> datetime:
        """When it was played."""
        return self._at


def _messages(messages: Sequence[ModelMessage]) -> list[Message]:
    """Return what was said so far in our own words."""
    found: list[Message] = []
    for message in messages:
        if isinstance(message, LibraryRequest):
            found += [_message(part) for part in message.parts]
            continue
        text = "".join(part.content for part in message.parts if isinstance(part, TextPart))
        calls = tuple(_called(part) for part in message.parts if isinstance(part, ToolCallPart))
        found.append(Message(speaker=Speaker.MODEL, text=text, calls=calls))
    return found


def _message(part: object) -> Message:
    if isinstance(part, SystemPromptPart):
        return Message(speaker=Speaker.SYSTEM, text=part.content)
    if isinstance(part, ToolReturnPart):
        text = part.model_response_str()
        return Message(speaker=Speaker.TOOL, text=text, provider_id=part.tool_call_id, tool=part.tool_name)
    assert isinstance(part, UserPromptPart)
    return Message(speaker=Speaker.USER, text=str(part.content))


def _called(part: ToolCallPart) -> Called:
    raw = part.args_as_json_str()
    return Called(name=part.tool_name, arguments=part.args_as_dict(), raw=raw, provider_id=part.tool_call_id)


def _gone_wrong(
    reply: ScriptedReply, fault: Fault, parts: list[ModelResponsePart], name: str
) -> tuple[FinishReason, list[ModelResponsePart]]:
    """Return the reply that shows a fault, or raise what the library raises for it."""
    why = reply.why or f"the script plays {fault.value}"
    if fault in _STATUSES:
        status, category = _STATUSES[fault]
        raise library.ModelHTTPError.for_category(
            cast("Any", category),
            status_code=status,
            model_name=name,
            body={"message": why},
            retry_after=reply.retry_after_s,
        )
    if fault is Fault.UNAVAILABLE:
        raise library.ModelConnectionError(name, why, phase="connect", retry_after=reply.retry_after_s)
    if fault is Fault.TIMEOUT:
        raise library.ModelTimeoutError(name, why)
    if fault is Fault.MALFORMED:
        raise library.UnexpectedModelBehavior(why)
    if fault is Fault.EMPTY:
        return "stop", []
    return ("content_filter" if fault is Fault.REFUSED else "length"), parts


def _usage(reply: ScriptedReply, request: ScriptedRequest) -> RequestUsage:
    took = reply.usage
    if took is None:
        written = reply.say + "".join(tool + json.dumps(arguments) for tool, arguments in reply.calls)
        return RequestUsage(input_tokens=tokens_of(request.text), output_tokens=tokens_of(written))
    return RequestUsage(
        input_tokens=took.input_tokens,
        output_tokens=took.output_tokens,
        cache_read_tokens=took.cache_read_tokens,
        cache_write_tokens=took.cache_write_tokens,
    )
