"""The line to an agent of others: messages of the Agent Client Protocol over the standard streams of its process."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any, cast

MESSAGE_BYTES_MAX = 10_000_000
"""No message of an agent is longer: such agents send whole files and pictures, and no more."""
_STRAY_MAX = 20
_STRAY_LENGTH_MAX = 300


class Link:
    """Messages to a program and from it, one a line; what the program prints beside is kept, to be told."""

    def __init__(self, reading: asyncio.StreamReader, transports: tuple[asyncio.BaseTransport, ...]) -> None:
        """Use what `open_link` has made."""
        self._reading = reading
        self._transports = transports
        self.stray: list[str] = []
        """The first lines that were no message."""
        self.flaw = ""
        """Why nothing more is read from the program, where that is its own doing."""

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message; one that the program does not read waits in memory."""
        writing = self._transports[1]
        assert isinstance(writing, asyncio.WriteTransport)
        if writing.is_closing():
            raise ConnectionError("the agent has ended")
        writing.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    async def receive(self) -> dict[str, Any] | None:
        """Return the next message; None when nothing more will come."""
        while True:
            try:
                line = await self._reading.readline()
            except ValueError:  # the buffer is full
                self.flaw = f"it sent a message of more than {MESSAGE_BYTES_MAX:,} bytes"
                return None
            if not line:
                return None
            message = _message_in(line)
            if message is not None:
                return message
            text = line.decode("utf-8", "replace").strip()
            if text and len(self.stray) < _STRAY_MAX:
                self.stray.append(text[:_STRAY_LENGTH_MAX])

    async def close(self) -> None:
        """Let go of the streams."""
        for transport in self._transports:
            transport.close()


def _message_in(line: bytes) -> dict[str, Any] | None:
    """Return the message that a line is; None: it is none."""
    try:
        message: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    message = cast("dict[str, Any]", message)
    method, number = message.get("method"), message.get("id")
    is_message = isinstance(method, str) or isinstance(number, int | str)
    return message if is_message and isinstance(method, str | None) else None


async def open_link(reading: int, writing: int) -> Link:
    """Return the line over two descriptors, which it owns from here on."""
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader(limit=MESSAGE_BYTES_MAX)
    source, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb", buffering=0)
    )
    target, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(writing, "wb", buffering=0))
    return Link(stream, (source, target))
