"""A real model answers over real HTTP, far too weak for anything: what it says is a reply or a fault, never more.

Everything here depends on how replies end and what form they have, never on what a model of 98 MB thinks.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from surefoot.core.agent_types import Fault, Finish
from surefoot.models.client import Providers
from surefoot.ports import Message, ModelAnswer, ModelFault, ModelRequest, Speaker, ToolSpec
from tests.models.small_model import kill_servers, servers_below

pytestmark = pytest.mark.asyncio(loop_scope="module")

STORY = (Message(speaker=Speaker.USER, text="Tell a very long story."),)
ENDLESS = {
    "type": "object",
    "properties": {"story": {"type": "string", "minLength": 1500}},
    "required": ["story"],
}
"""With this it cannot come to an end before any limit of these tests."""
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "maximum": 99}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
TOOLS = (
    ToolSpec(
        name="read",
        text="Read a file.",
        schema={
            "type": "object",
            "properties": {"path": {"type": "string", "maxLength": 20}, "whole": {"type": "boolean"}},
            "required": ["path", "whole"],
            "additionalProperties": False,
        },
    ),
    ToolSpec(
        name="finish",
        text="Say that all is done.",
        schema={
            "type": "object",
            "properties": {"summary": {"type": "string", "maxLength": 20}},
            "required": ["summary"],
            "additionalProperties": False,
        },
    ),
)


def worked_s() -> float:
    """Return how long the model's server has been counting."""
    ticks = [int(Path(f"/proc/{pid}/stat").read_text().split()[13]) for pid in servers_below(os.getpid())]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


class Asking:
    """The small model, ready to be asked; `heard` holds the pieces of its last reply."""

    def __init__(self, model_file: Path) -> None:
        """Start nothing yet."""
        self.providers = Providers({}, {})
        self.model = f"local:{model_file}"
        self.heard: list[str] = []
        self.begun = asyncio.Event()
        """Set at the first piece of a reply."""

    async def __call__(self, streamed: bool, **changed: Any) -> ModelAnswer | ModelFault:
        """Ask for a story that is cut after eight tokens, where nothing else is said.

        Where its server has just closed the connection, which may happen to any idle one, it is asked again.
        """
        answer = await self.once(streamed, **changed)
        is_gone = isinstance(answer, ModelFault) and answer.fault is Fault.UNAVAILABLE
        return await self.once(streamed, **changed) if is_gone else answer

    async def once(self, streamed: bool, **changed: Any) -> ModelAnswer | ModelFault:
        """Ask, and take the answer as it comes."""
        self.heard.clear()
        self.begun.clear()
        usual: dict[str, Any] = {"model": self.model, "messages": STORY, "output_tokens_max": 8, "schema": ENDLESS}
        return await self.providers.ask(ModelRequest(**usual | changed), self._hear if streamed else None)

    async def begin(self) -> asyncio.Task[ModelAnswer | ModelFault]:
        """Ask for a long story, and return the request under way once its first piece has come.

        As everywhere, it is asked again where its server has just closed the connection.
        """
        for _ in range(2):
            self.begun.clear()
            asked = asyncio.create_task(self.once(STREAMED, output_tokens_max=400))
            first = asyncio.create_task(self.begun.wait())
            await asyncio.wait({asked, first}, return_when=asyncio.FIRST_COMPLETED)
            first.cancel()
            if self.begun.is_set():
                return asked
        raise AssertionError(f"it ended before its first piece: {asked.result()}")

    async def begin_whole(self) -> asyncio.Task[ModelAnswer | ModelFault]:
        """Ask for a long story in one piece, and return the request under way once its server works on it.

        As everywhere, it is asked again where its server has just closed the connection.
        """
        for _ in range(2):
            before = worked_s()
            asked = asyncio.create_task(self.once(WHOLE, output_tokens_max=400))
            while not asked.done():
                if worked_s() >= before + 0.1:
                    return asked
                await asyncio.sleep(0.01)
        raise AssertionError(f"it ended before its server worked on it: {asked.result()}")

    def _hear(self, piece: str) -> None:
        self.heard.append(piece)
        self.begun.set()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def ask(model_file: Path) -> AsyncIterator[Asking]:
    """Give the model, with one server for all tests of this file."""
    asking = Asking(model_file)
    yield asking
    await asking.providers.close()
    assert not servers_below(os.getpid())


WHOLE, STREAMED = False, True
both = pytest.mark.parametrize(
    "streamed", [pytest.param(WHOLE, marks=pytest.mark.slow), STREAMED], ids=["whole", "streamed"]
)


@both
async def test_a_reply_that_was_cut_is_a_fault(ask: Asking, streamed: bool) -> None:
    """What it took is told all the same."""
    fault = await ask(streamed)
    assert isinstance(fault, ModelFault)
    assert fault.fault is Fault.CUT
    assert fault.usage is not None
    assert fault.usage.output_tokens == 8


@both
async def test_a_schema_is_followed_by_a_model_that_knows_of_none(ask: Asking, streamed: bool) -> None:
    """The server holds it to the grammar while it writes."""
    answer = await ask(streamed, schema=PERSON, output_tokens_max=100)
    assert isinstance(answer, ModelAnswer)
    assert set(json.loads(answer.text)) == {"name", "age"}
    assert answer.finish is Finish.STOP


@both
async def test_tools_are_called_by_a_model_that_takes_none(ask: Asking, streamed: bool) -> None:
    """Only such as there are, with such arguments as they take."""
    answer = await ask(streamed, tools=TOOLS, native_tools=False, needs_call=True, schema=None, output_tokens_max=900)
    assert isinstance(answer, ModelAnswer)
    assert {call.name for call in answer.calls} <= {"read", "finish"}
    assert all(call.arguments for call in answer.calls)


@both
async def test_a_schema_that_was_cut_is_no_answer(ask: Asking, streamed: bool) -> None:
    """Half an object is not taken for one."""
    fault = await ask(streamed, schema=PERSON, output_tokens_max=4)
    assert isinstance(fault, ModelFault)
    assert fault.fault is Fault.CUT


@both
async def test_a_request_that_is_too_long_is_told_from_others(ask: Asking, streamed: bool) -> None:
    """A shorter one is what helps."""
    fault = await ask(streamed, messages=(Message(speaker=Speaker.USER, text="word " * 9000),))
    assert isinstance(fault, ModelFault)
    assert (fault.fault, fault.is_unbilled) == (Fault.CONTEXT, True)


@both
async def test_a_reply_that_takes_too_long_is_given_up(ask: Asking, streamed: bool) -> None:
    """The model is free again at once: it does not go on writing for nobody."""
    fault = await ask(streamed, output_tokens_max=8000, timeout_s=0.3)
    assert isinstance(fault, ModelFault)
    assert fault.fault is Fault.TIMEOUT
    assert isinstance(await ask(streamed), ModelFault)


async def test_a_stream_is_heard_piece_by_piece(ask: Asking) -> None:
    """Together the pieces are the reply."""
    fault = await ask(STREAMED, output_tokens_max=60)
    assert isinstance(fault, ModelFault)
    assert len(ask.heard) > 1
    assert "".join(ask.heard).strip() == fault.said


async def test_a_server_killed_in_the_middle_of_a_stream_is_told(ask: Asking) -> None:
    """What had come is kept, and the next request has a new server."""
    asked = await ask.begin()
    await kill_servers(ask.providers._files)
    fault, again = await asked, await ask(STREAMED)
    assert isinstance(fault, ModelFault)
    assert isinstance(again, ModelFault)
    assert (fault.fault, bool(fault.said), again.fault) == (Fault.UNAVAILABLE, True, Fault.CUT)


async def test_a_server_killed_before_its_reply_is_told(ask: Asking) -> None:
    """It passes by itself, and nobody knows what it took."""
    await ask(WHOLE)
    asked = await ask.begin_whole()
    await kill_servers(ask.providers._files)
    fault = await asked
    assert isinstance(fault, ModelFault)
    assert (fault.fault, fault.is_unbilled) == (Fault.UNAVAILABLE, False)
