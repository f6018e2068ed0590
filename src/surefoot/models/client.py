"""The client: one request to a provider at a time, streamed or not, with our own time-out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from surefoot.models.gguf import LOCAL
from surefoot.models.local import LocalServers, path_of
from surefoot.models.scripts import Script
from surefoot.ports import ModelAnswer, ModelFault, ModelRequest
from surefoot.settings import Endpoint

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse as LibraryResponse
    from pydantic_ai.models import StreamedResponse

    from surefoot.models.providers import Provided
    from surefoot.models.request import Abilities

OnText = Callable[[str], None]


class Providers:
    """Asks models by their `provider:name`; keeps the connections of those it has asked."""

    def __init__(
        self, endpoints: Mapping[str, Endpoint], environ: Mapping[str, str], script: Script | None = None
    ) -> None:
        """Know the addresses that settings name, and the variables that hold keys; a script plays every model."""
        self._endpoints = endpoints
        self._environ = environ
        self._script = script
        self._known: dict[tuple[str, str], Provided] = {}
        self._opening = asyncio.Lock()
        self._open = AsyncExitStack()
        self._files = LocalServers()

    async def ask(self, request: ModelRequest, on_text: OnText | None = None) -> ModelAnswer | ModelFault:
        """Ask once; `on_text` is told what is written, piece by piece."""
        said: list[str] = []
        try:
            provided = await self._provided(request.model)
            if isinstance(provided, ModelFault):
                return provided
            async with asyncio.timeout(request.timeout_s):
                return await _asked(provided, request, on_text, said)
        except Exception as error:  # noqa: BLE001 - libraries raise anything over a reply; to the kernel it is a fault
            from surefoot.models.model_faults import fault_of
            from surefoot.models.providers import NotProvidedError

            if isinstance(error, NotProvidedError):
                return ModelFault(fault=error.fault, text=f"{error}.", is_unbilled=True)
            return fault_of(error, request.model, "".join(said))

    async def close(self) -> None:
        """Let go of all connections, and end the servers of model files."""
        self._known.clear()
        await self._open.aclose()
        await self._files.close()

    async def _provided(self, name: str) -> Provided | ModelFault:
        address = ""
        if name.startswith(LOCAL) and self._script is None:
            found = await self._files.address(path_of(name))
            if isinstance(found, ModelFault):
                return found
            address = found
        async with self._opening:
            # A server that was started anew has another address.
            if (name, address) not in self._known:
                provided = await asyncio.to_thread(self._make, name, address)
                await self._open.enter_async_context(provided.model)
                self._known[name, address] = provided
            return self._known[name, address]

    def _make(self, name: str, address: str) -> Provided:
        from surefoot.models.providers import at, played, provided

        if self._script is not None:
            return played(self._script, name)
        if address:
            return at(Endpoint(name="local", base_url=address), name)
        return provided(name, self._endpoints, self._environ)


async def _asked(
    provided: Provided, request: ModelRequest, on_text: OnText | None, said: list[str]
) -> ModelAnswer | ModelFault:
    """Ask once; `said` takes what of a streamed reply has come so far."""
    from pydantic_ai.direct import model_request, model_request_stream

    from surefoot.models.request import spoken
    from surefoot.models.response import heard

    told = spoken(request, provided.abilities)
    if on_text is None:
        response = await model_request(
            provided.model, told.messages, model_settings=told.settings, model_request_parameters=told.parameters
        )
        return heard(request, response)
    shows = request.native_tools or not request.tools
    async with model_request_stream(
        provided.model, told.messages, model_settings=told.settings, model_request_parameters=told.parameters
    ) as stream:
        async for piece in _pieces(stream):
            said.append(piece)
            if shows:
                on_text(piece)
        response = stream.get()
    answer = heard(request, response, is_whole=_has_ended(response, provided.abilities))
    if not shows and isinstance(answer, ModelAnswer) and answer.text:
        on_text(answer.text)
    return answer


async def _pieces(stream: StreamedResponse) -> AsyncIterator[str]:
    """Yield the text of a reply as it comes; what a model thinks and the arguments of its calls are no text."""
    from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta

    async for event in stream:
        if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart) and event.part.content:
            yield event.part.content
        elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta) and event.delta.content_delta:
            yield event.delta.content_delta


def _has_ended(response: LibraryResponse, abilities: Abilities) -> bool:
    """Tell whether the provider itself said why the reply ends: a connection can end, too."""
    if "finish_reason" in (response.provider_details or {}):
        return True
    # Where a stream of chat completions names no reason the library assumes one.
    is_assumed = abilities.assumes_end and response.finish_reason == "stop"
    return response.finish_reason is not None and not is_assumed
