"""`port` probes: whether something listens on a port."""

from __future__ import annotations

import asyncio
import errno
import socket

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import PortProbe, place_of
from surefoot.probes.reply import ProbeReply

TIMEOUT_S = 5.0
"""So long a connection may take, in seconds."""
_LOOPBACK = ("127.0.0.1", "::1")
_NOT_HERE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""This machine has no such loopback, so that nothing can listen there."""


async def ask_port(kind: PortProbe) -> ProbeReply:
    """Connect: accepted anywhere is *applied*, refused everywhere *not applied*; silence says nothing."""
    place = place_of(kind.port)
    if place is None:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{kind.port!r} is neither PORT nor HOST:PORT")
    host, port = place
    addresses = _LOOPBACK
    try:
        if host:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(str(address[0]) for *_, address in found))
    except (OSError, UnicodeError) as error:  # the latter for what cannot be a name
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{host}: {error}")
    refused: list[str] = []
    unclear: list[str] = []
    for address in addresses:
        try:
            await _connect(address, port)
        except ConnectionRefusedError:
            refused.append(address)
        except OSError as error:
            if address not in _LOOPBACK or error.errno not in _NOT_HERE:
                unclear.append(f"{address}: {error.strerror or 'no answer'}")
        else:
            return ProbeReply(answer=Applied.APPLIED, text=f"{address} accepts connections on port {port}")
    if unclear or not refused:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"port {port} cannot be reached: {'; '.join(unclear)}")
    return ProbeReply(answer=Applied.NOT_APPLIED, text=f"{' and '.join(refused)} refused a connection to port {port}")


async def _connect(address: str, port: int) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        _, writer = await asyncio.open_connection(address, port)
    writer.close()
    # An abrupt end by the other side is its own affair: it had accepted.
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)
