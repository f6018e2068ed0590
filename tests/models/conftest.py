"""What the tests of models share: requests, and ways to ask them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from surefoot.models.client import Providers
from surefoot.models.local import LocalServers
from surefoot.ports import Message, ModelAnswer, ModelFault, ModelRequest, Speaker, ToolSpec
from surefoot.settings import Endpoint
from tests.models.server import Server
from tests.models.small_model import fetched

READ = ToolSpec(
    name="read",
    text="Read a file.",
    schema={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
WORDS = (
    Message(speaker=Speaker.SYSTEM, text="You are the WORKER."),
    Message(speaker=Speaker.USER, text="Begin."),
)
INTERFACES = ("openai", "anthropic")

Ask = Callable[..., Awaitable[ModelAnswer | ModelFault]]
"""Ask a server by an interface, streamed or not: `ask(server, kind, stream=..., **fields of the request)`."""


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Ask a server once; what is streamed goes to the list `said`, if one is given."""
    opened: list[Providers] = []

    async def asked(
        server: Server, kind: str, *, stream: bool = False, said: list[str] | None = None, **fields: object
    ) -> ModelAnswer | ModelFault:
        url = server.url + ("" if kind == "anthropic" else "/v1")
        providers = Providers({"served": Endpoint(name="served", base_url=url, kind=kind)}, {})
        opened.append(providers)
        request = ModelRequest(**{"model": "served:small", "messages": WORDS, "tools": (READ,), **fields})
        on_text = (said if said is not None else []).append if stream else None
        return await providers.ask(request, on_text)

    yield asked
    for providers in opened:
        await providers.close()


@pytest.fixture(scope="session")
def model_file() -> Path:
    """Return the file of a small model."""
    found = fetched()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture
async def servers() -> AsyncIterator[LocalServers]:
    """Give the means to run model files, and end what was started."""
    found = LocalServers()
    yield found
    await found.close()
